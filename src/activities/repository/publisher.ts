import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import type { IndexRecord } from '../../domain/apk/apk';
import { fileName } from '../../domain/apk/file-name';
import { indexRecord } from '../../domain/apk/index-text';
import type { Digest } from '../../domain/digest';
import type { GateRecord } from '../../domain/release/release';
import { firstDifference, nextIndexes, withdrawalName } from '../../domain/repository/index-rules';
import type { Indexes, Withdrawal } from '../../domain/repository/index-rules';
import type { Manifest } from '../../domain/repository/manifest';
import { formatProblem } from '../../domain/result';
import { fullVersion } from '../../domain/version/version';
import { readIndexArchive, writeIndexArchive } from '../apk/index-archive';
import { readApk } from '../apk/read';
import type { GenerationAdvisories } from '../advisories/generation';
import type { PublishRequest, PublisherActivities, SignedPackage, WithdrawRequest } from '../contract';
import { readGateRecord } from '../signing/gate-record';
import type { Store } from '../store/store';
import { newestGeneration, showNewest } from './current';
import { codeOf, localDisk } from './disk';
import type { Disk } from './disk';
import { Conflict, IndexRefused } from './errors';
import { GENERATIONS_WITH_LINKS, INDEX, MANIFEST, OSV, repositoryPaths } from './layout';
import { createRepositoryReader } from './reader';
import { readWithdrawals } from './withdrawals';

export interface PublisherDeps {
  readonly store: Store;
  /** Folder of the repository. */
  readonly root: string;
  /** Those of millrace.yaml: each has an index in every generation. */
  readonly architectures: readonly string[];
  readonly clock: () => Date;
  readonly disk?: Disk;
  /** Absent where the factory keeps no advisories. */
  readonly advisories?: GenerationAdvisories;
}

/** A package that may be published, with its record. */
interface Checked {
  readonly signed: SignedPackage;
  readonly record: IndexRecord;
}

/** How many links are made at once: the kernel serialises them anyhow, this only hides the way there and back. */
const AT_ONCE = 64;

/** The only writer of the published repository; it holds no key. Throws `IndexRefused`, `GateRefused`, `Conflict`, `RepositoryFull`. */
export function createPublisherActivities(deps: PublisherDeps): PublisherActivities {
  const { store, root, architectures, clock, disk = localDisk, advisories } = deps;
  const paths = repositoryPaths(root);
  const reader = createRepositoryReader({ root });

  const readIndexes = async (generation: number): Promise<Indexes> => {
    const manifest = generation === 0 ? undefined : await reader.readManifest(generation);
    const names = Object.keys(manifest?.indexes ?? {});
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await reader.readIndex(name, generation)] as const)));
  };

  /** Everything that can be wrong with a request is found before a byte is written. */
  const checkPublish = async (request: PublishRequest, withdrawals: readonly Withdrawal[]): Promise<readonly Checked[]> => {
    const gate = await readGateRecord(await store.object(request.gate), `gate record ${request.gate}`);
    const what = `${gate.package} ${fullVersion(gate.version, gate.epoch)}`;
    if (gate.package !== request.package)
      throw new IndexRefused(`${request.package}: gate record ${request.gate} is one of ${gate.package}`);
    const back = withdrawals.find((item) => item.package === gate.package && item.version === fullVersion(gate.version, gate.epoch));
    if (back)
      throw new IndexRefused(`${what} was withdrawn by ${back.by} (${back.reason}) and does not come back: raise the epoch of its spec`);
    const key = (architecture: string, name: string) => `${architecture}/${name}`;
    const offered = new Map(request.packages.map((item) => [key(item.architecture, item.file), item]));
    const wanted = gate.builds.flatMap((build) => build.packages.map((built) => ({ ...built, architecture: build.architecture })));
    if (request.packages.length !== wanted.length)
      throw new IndexRefused(
        `${what}: ${request.packages.length} signed packages are offered, but its gate names ${wanted.length} for ${gate.builds.map((build) => build.architecture).join(', ')}: all or none`,
      );
    return Promise.all(
      wanted.map(async (built) => {
        const signed = offered.get(key(built.architecture, built.file));
        if (!signed)
          throw new IndexRefused(`${what}: ${built.file} for ${built.architecture} is not among the signed packages: all or none`);
        if (!architectures.includes(built.architecture))
          throw new IndexRefused(`${what}: ${built.architecture} is not an architecture of millrace.yaml (${architectures.join(', ')})`);
        return { signed, record: await checkPackage(signed, built.checksum, gate) };
      }),
    );
  };

  const checkPackage = async (signed: SignedPackage, checksum: string, gate: GateRecord): Promise<IndexRecord> => {
    const object = await store.object(signed.signed);
    const actual = await digestOf(object);
    if (actual !== signed.signed) throw new IndexRefused(`${signed.file}: object ${signed.signed} is damaged, its content is ${actual}`);
    const apk = await readApk(object);
    const named = fileName(apk.info.name, apk.info.version);
    if (named !== signed.file || apk.info.version !== fullVersion(gate.version, gate.epoch) || apk.info.origin !== gate.package)
      throw new IndexRefused(`${signed.file}: the package in it is ${named} of ${apk.info.origin}`);
    if (apk.info.architecture !== signed.architecture)
      throw new IndexRefused(`${signed.file}: it is for ${apk.info.architecture}, not for ${signed.architecture}`);
    if (apk.checksum !== checksum)
      throw new IndexRefused(`${signed.file} for ${signed.architecture}: its checksum is ${apk.checksum}, but the gate passed ${checksum}`);
    return indexRecord(apk.info, apk.checksum, apk.size);
  };

  /** Exclusive: the link fails where there is a file, and then both must be the same. */
  const writeObject = async ({ signed }: Checked): Promise<void> => {
    const folder = `${paths.objects}/${signed.architecture}`;
    const target = paths.object(signed.architecture, signed.file);
    const temporary = `${paths.staging}/${randomUUID()}`;
    await disk.folder(folder);
    await disk.folder(paths.staging);
    try {
      await disk.copy(await store.object(signed.signed), temporary);
      await disk.link(temporary, target);
      await disk.sync(folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const there = await digestOf(target);
      if (there !== signed.signed)
        throw new IndexRefused(
          `${target} is there with other content (${there}, not ${signed.signed}): a published file is never overwritten; raise the epoch of its spec`,
        );
    } finally {
      await disk.remove(temporary);
    }
  };

  const prepareGeneration: PublisherActivities['prepareGeneration'] = async ({ publish, withdraw }) => {
    const previous = await newestGeneration(root);
    await showNewest(root, disk);
    await finishAdvisories(previous);
    const before = await readIndexes(previous);
    const recorded = await readWithdrawals(store);
    // A withdrawal of the same group may be recorded by an earlier try of it: this publication came before it then, and is no error now.
    const earlier = recorded.filter(
      (item) => !withdraw.some((request) => request.package === item.package && request.version === item.version),
    );
    const checked = (await Promise.all(publish.map((request) => checkPublish(request, earlier)))).flat();
    const added: Record<string, IndexRecord[]> = {};
    for (const { signed, record } of checked) (added[signed.architecture] ??= []).push(record);
    const taken = newWithdrawals(withdraw, [before, added], recorded, clock());
    const next = nextIndexes(before, added, [...recorded, ...taken], architectures);
    if (!next.ok) throw new IndexRefused(formatProblem(next.error));

    for (const item of checked) await writeObject(item);
    for (const item of taken) await store.writeRecord('withdrawal', withdrawalName(item.package, item.version), item);
    if (previous > 0 && firstDifference(before, next.value) === undefined) {
      const { indexes = {} } = (await reader.readManifest(previous)) ?? {};
      return { generation: previous, previous, indexes, changed: false };
    }
    const indexes: Record<string, Digest> = {};
    for (const [architecture, records] of Object.entries(next.value))
      indexes[architecture] = await store.putBytes(await writeIndexArchive(records, `generation ${previous + 1}`));
    const candidate = { generation: previous + 1, previous, indexes, changed: true };
    return advisories ? { ...candidate, advisories: await advisories.prepare(candidate.generation, next.value) } : candidate;
  };

  /** After the switch: what a generation says of advisories comes to their branch. Repeated when whoever should have done it was stopped. */
  const finishAdvisories = async (generation: number): Promise<void> => {
    const published = (generation > 0 ? await reader.readManifest(generation) : undefined)?.advisories;
    if (published) await advisories?.finish(published);
  };

  const commitGeneration: PublisherActivities['commitGeneration'] = async ({
    generation,
    previous,
    signed,
    contains,
    advisories: commit,
  }) => {
    if (generation !== previous + 1) throw new Conflict(`generation ${generation} cannot follow ${previous}`);
    if (await isCommitted(generation, signed)) return { generation };
    const newest = await newestGeneration(root);
    if (newest !== previous)
      throw new Conflict(`generation ${generation} would follow ${previous}, but the newest is ${newest}: prepare it again`);

    const staging = `${paths.staging}/generation-${generation}-${randomUUID()}`;
    try {
      await layOutGeneration(staging, { generation, previous, signed, contains, ...(commit ? { advisories: commit } : {}) });
      await disk.folder(paths.generations);
      await disk.rename(staging, paths.generation(generation));
    } catch (error) {
      // Whatever it was, the first error counts; what cannot be removed now is removed at the next start.
      await disk.remove(staging).catch(() => undefined);
      const lost = codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST';
      if (lost && (await isCommitted(generation, signed))) return { generation };
      throw error;
    }
    await disk.sync(paths.generations);
    await showNewest(root, disk);
    await finishAdvisories(generation);
    // Also the one before: this may have been cut short the last time.
    for (const old of [generation - GENERATIONS_WITH_LINKS - 1, generation - GENERATIONS_WITH_LINKS]) if (old > 0) await removeLinks(old);
    return { generation };
  };

  /** An old generation keeps its manifest and indexes, for history; its links would fill the disk with names: one for each package, each time. */
  const removeLinks = async (generation: number): Promise<void> => {
    await disk.remove(`${paths.generation(generation)}/${OSV}`);
    for (const architecture of Object.keys((await reader.readManifest(generation))?.indexes ?? {})) {
      const folder = `${paths.generation(generation)}/${architecture}`;
      const links = (await readdir(folder)).filter((name) => name !== INDEX);
      for (let at = 0; at < links.length; at += AT_ONCE)
        await Promise.all(links.slice(at, at + AT_ONCE).map((name) => disk.remove(`${folder}/${name}`)));
    }
  };

  const layOutGeneration = async (
    folder: string,
    {
      generation,
      previous,
      signed,
      contains,
      advisories: commit,
    }: Omit<Parameters<PublisherActivities['commitGeneration']>[0], 'withdrawn'>,
  ): Promise<void> => {
    await disk.folder(folder);
    const indexes: Record<string, readonly IndexRecord[]> = {};
    for (const [architecture, digest] of Object.entries(signed)) {
      const bytes = await readFile(await store.object(digest));
      const { records } = await readIndexArchive(bytes, `the signed index of ${architecture} (${digest})`);
      indexes[architecture] = records;
      await layOut(`${folder}/${architecture}`, architecture, bytes, records);
    }
    if (advisories && commit) await layOutFeeds(folder, previous, await advisories.feeds(commit.commit, indexes));
    const manifest: Manifest = {
      generation,
      previous,
      time: clock().toISOString(),
      contains,
      withdrawn: droppedBy(await readWithdrawals(store), await readIndexes(previous), indexes),
      indexes: signed,
      ...(advisories && commit ? { advisories: commit } : {}),
    };
    await disk.write(`${folder}/${MANIFEST}`, `${JSON.stringify(manifest, null, 2)}\n`);
    await disk.sync(folder);
  };

  /** True when this generation was committed with this content; `Conflict` when with another. Finishes the switch in the first case. */
  const isCommitted = async (generation: number, signed: Readonly<Record<string, Digest>>): Promise<boolean> => {
    const manifest = await reader.readManifest(generation);
    if (!manifest) return false;
    const same = Object.keys(signed).length === Object.keys(manifest.indexes).length;
    if (!same || Object.entries(signed).some(([architecture, digest]) => manifest.indexes[architecture] !== digest))
      throw new Conflict(
        `generation ${generation} was committed by another publisher at ${manifest.time} with other content: prepare the next one`,
      );
    await showNewest(root, disk);
    await finishAdvisories(generation);
    return true;
  };

  /** Most of what a feed says it said before: such a file is the same one under another name. */
  const layOutFeeds = async (folder: string, previous: number, files: ReadonlyMap<string, string>): Promise<void> => {
    const write = async ([path, content]: readonly [string, string]): Promise<void> => {
      const before = `${paths.generation(previous)}/${path}`;
      const known = await readFile(before, 'utf8').catch((error: unknown) =>
        codeOf(error) === 'ENOENT' ? undefined : Promise.reject(error),
      );
      await (known === content ? disk.link(before, `${folder}/${path}`) : disk.write(`${folder}/${path}`, content));
    };
    await disk.folder(`${folder}/${OSV}`);
    const all = [...files];
    for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(write));
    await disk.sync(`${folder}/${OSV}`);
  };

  /** One architecture's folder: the index, and a link to each package's object, which must be there. */
  const layOut = async (folder: string, architecture: string, index: Buffer, records: readonly IndexRecord[]): Promise<void> => {
    await disk.folder(folder);
    const there = new Set(
      await readdir(`${paths.objects}/${architecture}`).catch((error: unknown) =>
        codeOf(error) === 'ENOENT' ? [] : Promise.reject(error),
      ),
    );
    const files = records.map((record) => fileName(record.name, record.version));
    const missing = files.find((file) => !there.has(file));
    if (missing !== undefined)
      throw new IndexRefused(`the index of ${architecture} names ${missing}, but ${paths.object(architecture, missing)} is missing`);
    for (let at = 0; at < files.length; at += AT_ONCE)
      await Promise.all(
        files.slice(at, at + AT_ONCE).map((file) => disk.symlink(`../../../objects/${architecture}/${file}`, `${folder}/${file}`)),
      );
    await disk.write(`${folder}/${INDEX}`, index);
    await disk.sync(folder);
  };

  return { prepareGeneration, commitGeneration };
}

/** The requests that take something back which is published or about to be; repeated ones are left out. */
function newWithdrawals(
  requests: readonly WithdrawRequest[],
  indexes: readonly Indexes[],
  recorded: readonly Withdrawal[],
  now: Date,
): readonly Withdrawal[] {
  const taken = new Map<string, Withdrawal>();
  for (const { package: origin, version, by, reason } of requests) {
    const name = withdrawalName(origin, version);
    if (taken.has(name) || recorded.some((item) => withdrawalName(item.package, item.version) === name)) continue;
    if (by.trim() === '' || reason.trim() === '') throw new IndexRefused(`${origin} ${version}: a withdrawal needs a name and a reason`);
    const published = indexes.some((index) =>
      Object.values(index).some((records) => records.some((record) => record.origin === origin && record.version === version)),
    );
    if (!published) throw new IndexRefused(`${origin} ${version} is not published: \`millrace show ${origin}\` lists its versions`);
    taken.set(name, { package: origin, version, by, reason, at: now.toISOString() });
  }
  return [...taken.values()];
}

function droppedBy(withdrawals: readonly Withdrawal[], before: Indexes, after: Indexes): readonly Withdrawal[] {
  const versions = (indexes: Indexes) =>
    new Set(Object.values(indexes).flatMap((records) => records.map((record) => withdrawalName(record.origin, record.version))));
  const [was, is] = [versions(before), versions(after)];
  return withdrawals.filter((item) => {
    const name = withdrawalName(item.package, item.version);
    return was.has(name) && !is.has(name);
  });
}

async function digestOf(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
