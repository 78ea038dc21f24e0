import { readFile } from 'node:fs/promises';
import { recordsByName } from '../../domain/advisory/osv';
import type { ExportedOsv } from '../../domain/advisory/osv-export';
import { severityOf } from '../../domain/advisory/severity';
import { fileName } from '../../domain/apk/file-name';
import type { IndexRecord } from '../../domain/apk/apk';
import { imageCheck } from '../../domain/image/gate';
import type { ImagePackage } from '../../domain/image/lock';
import { countedBySeverity, findingText, scanImage } from '../../domain/image/scan';
import type { ScannedPackage } from '../../domain/image/scan';
import { readOsvRecords } from '../advisories/records';
import { OSV, repositoryPaths } from '../repository/layout';
import { createRepositoryReader } from '../repository/reader';
import type { Store } from '../store/store';
import { LockStale } from './lock-stale';
import { shortened } from './verdicts';
import type { Look } from './verdicts';

/**
 * What the advisories of the lock's own generation say of an image. It fails where the generation has a fixed version and the image an older one; what is open without a fix is told.
 * Packages are known by checksum: one of another repository may have the name of one of ours. Throws `LockStale` where the generation's feed is gone.
 */
export async function scanVerdict(
  variant: string,
  packages: readonly ImagePackage[],
  generation: number,
  deps: { readonly store: Store; readonly published: string },
): Promise<Look> {
  const check = imageCheck('image-scan', variant);
  const skipped = (reason: string): Look => ({ check, outcome: 'skipped', summary: reason, details: [] });
  const reader = createRepositoryReader({ root: deps.published });
  const manifest = generation > 0 ? await reader.readManifest(generation) : undefined;
  if (!manifest) return skipped('nothing was published yet when the image was locked: no advisory speaks of what is in it');
  if (!manifest.advisories) return skipped('this factory keeps no advisories: name their repository in millrace.yaml (advisories)');

  const indexes = new Map<string, readonly IndexRecord[]>();
  for (const architecture of new Set(packages.map((item) => item.architecture)))
    indexes.set(architecture, await reader.readIndex(architecture, generation));
  const own = ownPackages(packages, indexes);
  if (own.length === 0) return skipped('none of its packages is of this factory: its advisories say nothing of them');

  const feed = await readFeed(deps.published, generation);
  const recordsOf = recordsByName(await readOsvRecords(deps.store));
  const versions = new Map<string, string[]>();
  for (const [architecture, records] of indexes)
    for (const { name, version } of records) {
      const key = `${name} ${architecture}`;
      versions.set(key, [...(versions.get(key) ?? []), version]);
    }
  const { fixable, open } = scanImage(
    own,
    feed,
    (name, architecture) => versions.get(`${name} ${architecture}`) ?? [],
    (names) =>
      severityOf(
        names
          .flatMap(recordsOf)
          .filter(({ withdrawn }) => withdrawn === undefined)
          .flatMap(({ severity }) => severity),
      ),
  );
  const others = new Set(packages.map(({ name }) => name)).size - new Set(own.map(({ name }) => name)).size;
  const details = shortened([
    ...fixable.map((finding) => `to be had fixed: ${findingText(finding)}, fixed in ${finding.fixedIn}`),
    ...open.map(
      (finding) =>
        `open: ${findingText(finding)}${finding.fixedIn === undefined ? '' : `, fixed in ${finding.fixedIn}, which generation ${generation} has not`}`,
    ),
    ...(others > 0 ? [`${others} packages of other repositories: our advisories say nothing of them`] : []),
  ]);
  const told = open.length === 0 ? 'nothing open' : `${open.length} open without a published fix: ${countedBySeverity(open)}`;
  if (fixable.length === 0)
    return { check, outcome: 'passed', summary: `nothing that generation ${generation} has fixed; ${told}`, details };
  const more = fixable.length > 1 ? `, and ${fixable.length - 1} more that generation ${generation} has fixed` : '';
  return { check, outcome: 'failed', summary: `${findingText(fixable[0]!)} is fixed in ${fixable[0]!.fixedIn}${more}; ${told}`, details };
}

function ownPackages(packages: readonly ImagePackage[], indexes: ReadonlyMap<string, readonly IndexRecord[]>): readonly ScannedPackage[] {
  return [...indexes].flatMap(([architecture, records]) => {
    const origins = new Map(records.map(({ name, version, checksum, origin }) => [`${fileName(name, version)} ${checksum}`, origin]));
    return packages.flatMap((item) => {
      const origin = item.architecture === architecture ? origins.get(`${fileName(item.name, item.version)} ${item.checksum}`) : undefined;
      return origin === undefined ? [] : [{ name: item.name, version: item.version, architecture, origin }];
    });
  });
}

/** How many records are read at once. */
const AT_ONCE = 64;

async function readFeed(published: string, generation: number): Promise<readonly ExportedOsv[]> {
  const folder = `${repositoryPaths(published).generation(generation)}/${OSV}`;
  const text = await readFile(`${folder}/all.json`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new LockStale(`generation ${generation} has no feed of advisories any more`);
    throw error;
  });
  const ids = (JSON.parse(text) as readonly { readonly id: string }[]).map(({ id }) => id);
  const feed: ExportedOsv[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE)
    feed.push(
      ...(await Promise.all(
        ids.slice(at, at + AT_ONCE).map(async (id) => JSON.parse(await readFile(`${folder}/${id}.json`, 'utf8')) as ExportedOsv),
      )),
    );
  return feed;
}
