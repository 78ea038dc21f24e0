import { createHash } from 'node:crypto';
import type { Advisory } from '../../domain/advisory/advisory';
import { findingsOf, type Finding, type PublishedPackage } from '../../domain/advisory/detect';
import { addAdvisory, newDocument } from '../../domain/advisory/edit';
import { mintId } from '../../domain/advisory/id';
import type { PackageMapping } from '../../domain/advisory/mapping';
import type { OsvRecord } from '../../domain/advisory/osv';
import { validateChange } from '../../domain/advisory/validate';
import { BRANCH_PREFIX } from '../../domain/change/branch';
import type { Indexes } from '../../domain/repository/index-rules';
import type { Problem } from '../../domain/result';
import type { Forge } from '../forge/forge';
import type { RepositoryReader } from '../repository/reader';
import type { Store } from '../store/store';
import { createAdvisoryReader, type AdvisorySnapshot } from './documents';
import { AdvisoriesRefused, RecordRefused } from './errors';
import { readOsvRecord } from './osv-record';
import { originsOf } from './packages';
import { keepOsvRecord } from './records';

export interface AdvisoryDeps {
  /** Of the advisory repository. */
  readonly forge: Forge;
  readonly store: Store;
  /** The published repository. */
  readonly published: RepositoryReader;
  readonly branch: string;
  readonly directory: string;
  readonly prefix: string;
  readonly mapping: PackageMapping;
  readonly clock: () => Date;
}

/** A record with the place that it came from. */
export interface OfferedRecord {
  readonly file: string;
  readonly value: unknown;
}

export interface Ingested {
  readonly records: readonly {
    readonly id: string;
    /** False: a newer one of the same id was there, and decides. */
    readonly kept: boolean;
    readonly findings: readonly (Finding & { readonly advisory?: string })[];
  }[];
  /** Of the advisory branch, where advisories were opened. */
  readonly commit?: string;
}

export interface AdvisoryActivities {
  /**
   * Keeps OSV records, and opens a `detection` advisory for each package whose newest published version they say is affected, in one commit on the advisory branch.
   * All records are read before anything is kept. Ingesting again opens nothing again. Throws `RecordRefused`, `AdvisoriesRefused`.
   */
  ingest(input: { readonly records: readonly OfferedRecord[] }): Promise<Ingested>;
}

/** How often another writer of the same documents may come first. */
const RACES = 10;

export function createAdvisoryActivities(deps: AdvisoryDeps): AdvisoryActivities {
  const { forge, store, published, branch, directory, prefix, mapping, clock } = deps;
  const reader = createAdvisoryReader({ forge, directory });

  const readIndexes = async (): Promise<Indexes> => {
    const generation = await published.currentGeneration();
    const architectures = Object.keys((await published.readManifest(generation))?.indexes ?? {});
    return Object.fromEntries(
      await Promise.all(architectures.map(async (name) => [name, await published.readIndex(name, generation)] as const)),
    );
  };

  /** What the records mean at this state of the advisories: the findings of each, and the documents with what is opened. */
  const open = (snapshot: AdvisorySnapshot, records: readonly OsvRecord[], packages: readonly PublishedPackage[], now: string) => {
    const texts = new Map(snapshot.texts);
    const ids = new Set([...snapshot.documents.values()].flatMap(({ advisories }) => advisories.map(({ id }) => id)));
    const opened = new Map<string, Advisory[]>();
    const known = (name: string) => [...(snapshot.documents.get(reader.pathOf(name))?.advisories ?? []), ...(opened.get(name) ?? [])];
    const findings = records.map((record) =>
      findingsOf(record, packages, known, mapping).map((finding) => {
        if (finding.outcome !== 'opens') return finding;
        const advisory = detectionOf(record, finding, now, (id) => ids.has(id));
        const path = reader.pathOf(finding.name);
        const text = texts.get(path);
        const edited = text === undefined ? undefined : addAdvisory(text, path, advisory);
        if (edited && !edited.ok) throw new AdvisoriesRefused(edited.error);
        texts.set(path, edited ? edited.value : newDocument(finding.name, advisory));
        ids.add(advisory.id);
        opened.set(finding.name, [...(opened.get(finding.name) ?? []), advisory]);
        return { ...finding, advisory: advisory.id };
      }),
    );
    const changed = [...texts].filter(([path, text]) => snapshot.texts.get(path) !== text);
    return { findings, texts, changed: Object.fromEntries(changed), opened };
  };

  const detectionOf = (
    record: OsvRecord,
    finding: Finding & { readonly outcome: 'opens' },
    now: string,
    taken: (id: string) => boolean,
  ): Advisory => ({
    id: mintId({ prefix, package: finding.name, vulnerability: finding.aliases[0]! }, hash, taken),
    aliases: finding.aliases,
    events: [
      {
        timestamp: now,
        type: 'detection',
        detection: {
          type: 'scan/v1',
          data: {
            subpackageName: finding.name,
            componentID: hash(JSON.stringify([record.id, finding.name, finding.version])).slice(0, 16),
            componentName: finding.name,
            componentVersion: finding.version,
            componentType: 'apk',
            componentLocation: '/.PKGINFO',
            scanner: 'millrace',
          },
        },
      },
    ],
  });

  const ingest: AdvisoryActivities['ingest'] = async ({ records: offered }) => {
    const problems: Problem[] = [];
    const records: OsvRecord[] = [];
    for (const { file, value } of offered) {
      const read = readOsvRecord(value, file);
      if (read.ok) records.push(read.value);
      else problems.push(...read.error);
    }
    if (problems.length > 0) throw new RecordRefused(problems);
    // Asked for before anything is kept: a repository that is not there leaves nothing half done.
    await forge.head(branch);
    const kept: boolean[] = [];
    for (const [index, record] of records.entries()) kept.push(await keepOsvRecord(store, record, offered[index]!.value));
    const deciding = records.filter((_, index) => kept[index]);

    const origins = originsOf(await readIndexes());
    let reason = '';
    for (let race = 0; race < RACES; race += 1) {
      const snapshot = await reader.read(await forge.head(branch));
      const now = timestamp(clock());
      const { findings, texts, changed, opened } = open(snapshot, deciding, origins.newest, now);
      let decided = 0;
      const answer = records.map(({ id }, index) => ({ id, kept: kept[index]!, findings: kept[index] ? findings[decided++]! : [] }));
      if (Object.keys(changed).length === 0) return { records: answer };
      const wrong = validateChange({ before: snapshot.documents, after: reader.parse(texts), now, published: origins.versions });
      if (wrong.length > 0) throw new AdvisoriesRefused(wrong);
      const message = messageOf(opened, deciding);
      const side = `${BRANCH_PREFIX}advisories-${hash(JSON.stringify([snapshot.commit, changed])).slice(0, 12)}`;
      const { commit } = await forge.propose({ branch: side, base: snapshot.commit, files: changed, message, date: now });
      const merged = await forge.merge({
        target: branch,
        branch: side,
        commit,
        base: snapshot.commit,
        unchanged: Object.keys(changed),
        message,
        date: now,
      });
      await forge.close(side);
      if (merged.merged) return { records: answer, commit: merged.commit };
      reason = merged.reason;
    }
    throw new Error(`the advisories could not be written to ${branch} of ${forge.url}: ${reason} (ingest the records again)`);
  };

  return { ingest };
}

/** A time as advisories write it. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function messageOf(opened: ReadonlyMap<string, readonly Advisory[]>, records: readonly OsvRecord[]): string {
  const names = [...opened.keys()].sort();
  const title = names.length === 1 ? `${names[0]} advisories` : `Advisories of ${names.length} packages`;
  const lines = names.flatMap((name) =>
    opened.get(name)!.map(({ id, aliases }) => `Detected: ${name} ${id} ${aliases.join(' ')}${severityOf(aliases, records)}`),
  );
  return `${title}: detection\n\n${lines.join('\n')}\n`;
}

function severityOf(aliases: readonly string[], records: readonly OsvRecord[]): string {
  const record = records.find(({ id, aliases: others }) => [id, ...others].some((name) => aliases.includes(name)));
  const [worst] = record?.severity ?? [];
  return worst ? ` (${worst.score.replace(/\s+/g, ' ').slice(0, 120)})` : '';
}
