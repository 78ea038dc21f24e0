import { createHash } from 'node:crypto';
import type { Config } from '../../config/config';
import { briefTrace } from '../../domain/change/brief-trace';
import { differencesOf, removalCause } from '../../domain/change/differences';
import { belongsTo, packagesAmong, specPath } from '../../domain/change/files';
import type { Digest } from '../../domain/digest';
import type { GateRecord } from '../../domain/release/release';
import { gateName } from '../../domain/repository/index-rules';
import { formatProblem } from '../../domain/result';
import type { Spec } from '../../domain/spec/spec';
import type { Candidate, UpdateDecision } from '../../domain/update/candidate';
import { chooseVersion } from '../../domain/update/choose';
import { upstreamOf } from '../../domain/update/upstream';
import { formatProblems, readSpecFile, specAt } from '../change/spec-at';
import type { Assessment, ControlActivities } from '../contract';
import type { Forge } from '../forge/forge';
import type { RepositoryReader } from '../repository/reader';
import type { UpstreamSources } from '../sources/upstreams';
import type { Store } from '../store/store';

export interface AssessmentDependencies {
  readonly forge: Forge;
  readonly store: Store;
  readonly upstreams: UpstreamSources;
  readonly reader: Pick<RepositoryReader, 'newestPublished'>;
  readonly config: Pick<Config, 'specs' | 'distribution'>;
  readonly clock: () => Date;
}

export type AssessmentActivities = Pick<ControlActivities, 'assess' | 'sweep'>;

/** Packages that a sweep looks at at the same time. */
const AT_ONCE = 8;
/** What one sweep returns at most, so that its result stays small whatever happened; the next sweep goes on after the last hint. */
const HINTS = 300;
const PROBLEMS = 50;
const PROBLEM_LENGTH = 500;
/** Lines of the explanation of a choice that an assessment carries; an upstream can have thousands of tags. */
const TRACE = 60;

/** What the last sweep left for the next one. */
interface SweepRecord {
  readonly packages: readonly string[];
  /** Name after which the next sweep starts to hint. */
  readonly after: string;
}

/** Looks at packages: what upstream offers, what main says, what is published. Reads only. Throws what the forge throws; an upstream that fails is a problem of that package. */
export function createAssessmentActivities(deps: AssessmentDependencies): AssessmentActivities {
  const { forge, store, upstreams, reader, clock } = deps;
  const { branch, directory } = deps.config.specs;

  /** The commit that a published version was built from, if main still contains it. */
  const publishedFrom = async (name: string, version: string | undefined, head: string) => {
    const gate = version === undefined ? undefined : await store.readRecord<GateRecord>('gate', gateName(name, version));
    return gate && (await forge.descends(head, gate.commit)) ? gate.commit : undefined;
  };

  const lookUpstream = async (spec: Spec, asked?: string): Promise<{ readonly update: UpdateDecision } | { readonly problem: string }> => {
    const rules = spec.update;
    const closed = !rules?.enabled || rules.manual || rules.excludeReason;
    if (closed) return { update: chooseVersion(spec, []) };
    const upstream = upstreamOf(spec);
    if (!upstream.ok) return { problem: formatProblem(upstream.error) };
    try {
      const { candidates } = await upstreams.candidatesOf(upstream.value);
      return { update: asked === undefined ? chooseVersion(spec, candidates) : chooseAsked(spec, candidates, asked) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { problem: error.message };
    }
  };

  const assess: AssessmentActivities['assess'] = async ({ package: name, upstream, version }) => {
    const head = await forge.head(branch);
    const newest = await reader.newestPublished(name);
    const from = await publishedFrom(name, newest, head);
    const builtFrom = from && (await forge.read(from, specPath(directory, name)));
    const published = newest === undefined ? {} : { published: { version: newest, ...(builtFrom ? { spec: digestOf(builtFrom) } : {}) } };
    const found = await specAt(forge, directory, name, head);
    if (!found) return { package: name, ...published };
    if (!('spec' in found)) return { package: name, ...published, problem: formatProblems(found) };
    const { spec, text } = found;
    const assessment: Assessment = {
      package: name,
      spec: { version: spec.version.value, epoch: spec.epoch.value, digest: digestOf(text), commit: head },
      ...published,
    };
    if (!upstream) return assessment;
    const looked = await lookUpstream(spec, version);
    if ('problem' in looked) return { ...assessment, ...looked };
    return { ...assessment, update: { ...looked.update, trace: briefTrace(looked.update.trace, TRACE) } };
  };

  const specsOnMain = async () => {
    const commit = await forge.head(branch);
    return { commit, packages: packagesAmong(await forge.list(commit, trimmed(directory)), directory) };
  };

  /** Changes between two commits never change; those of the last head are kept, so that a sweep over an unchanged main asks the forge little. */
  let known: { readonly head: string; readonly edits: Map<string, Promise<readonly string[]>> } | undefined;
  const editedSince = (name: string, published: string | undefined, head: string) => {
    if (known?.head !== head) known = { head, edits: new Map() };
    const key = `${name} ${published}`;
    const edits = known.edits;
    const found = edits.get(key) ?? findEdits(name, published, head);
    edits.set(key, found);
    found.catch(() => edits.delete(key));
    return found;
  };
  const findEdits = async (name: string, published: string | undefined, head: string) => {
    const from = await publishedFrom(name, published, head);
    return from ? (await forge.changedFiles(from, head)).filter((path) => belongsTo(path, directory, name)) : [];
  };

  const lookAt = async (name: string, content: Buffer, head: string, at: string) => {
    const found = readSpecFile(specPath(directory, name), name, content);
    if (!('spec' in found)) return { causes: [], problems: [formatProblems(found, 3)] };
    const { spec } = found;
    const published = await reader.newestPublished(name);
    const edited = await editedSince(name, published, head);
    const looked = await lookUpstream(spec);
    const seen = {
      package: name,
      spec: { version: spec.version.value, epoch: spec.epoch.value },
      edited,
      ...(published === undefined ? {} : { published }),
      ...('update' in looked ? { update: looked.update } : {}),
    };
    const { causes, problems } = differencesOf(seen, at);
    return { causes, problems: 'problem' in looked ? [...problems, `${name}: ${looked.problem}`] : problems };
  };

  const sweep: AssessmentActivities['sweep'] = async () => {
    const { commit, packages } = await specsOnMain();
    const at = clock().toISOString();
    const record = `sweep-${deps.config.distribution}`;
    const last = await store.readRecord<SweepRecord>('upstream', record);
    const contents = await forge.readAll(
      commit,
      packages.map((name) => specPath(directory, name)),
    );
    const looks = await inParallel(packages, AT_ONCE, async (name) => {
      try {
        return { name, ...(await lookAt(name, contents.get(specPath(directory, name))!, commit, at)) };
      } catch (error) {
        return { name, causes: [], problems: [`${name}: ${error instanceof Error ? error.message : String(error)}`] };
      }
    });
    const removed = (last?.packages ?? []).filter((name) => !packages.includes(name));
    const found = looks.flatMap(({ name, causes }) => causes.map((cause) => ({ package: name, cause })));
    const after = last?.after ?? '';
    const turned = [...found.filter((hint) => hint.package > after), ...found.filter((hint) => hint.package <= after)];
    const hints = turned.slice(0, HINTS);
    const problems = looks.flatMap((look) => look.problems);
    await store.writeRecord('upstream', record, { packages, after: hints.length < turned.length ? hints.at(-1)!.package : '' });
    return {
      looked: packages.length,
      hints: [...hints, ...removed.slice(0, HINTS).map((name) => ({ package: name, cause: removalCause(name, commit, at) }))],
      problems: shown(problems),
    };
  };

  return { assess, sweep };
}

/** The rules still decide: the same choice, but only from what upstream offers of the version that a person asked for. */
function chooseAsked(spec: Spec, candidates: readonly Candidate[], asked: string): UpdateDecision {
  const { trace, retagged } = chooseVersion(spec, candidates);
  const names = new Set(trace.filter((line) => line.version === asked).map((line) => line.name));
  if (names.size > 0) {
    const offered = candidates.filter((candidate) => names.has(candidate.name));
    return { ...chooseVersion(spec, offered), trace, ...(retagged ? { retagged } : {}) };
  }
  const alike = trace.find((line) => line.name.includes(asked));
  const reason = `upstream offers no version ${asked} that the rules keep${alike ? ` (${alike.name}: ${alike.rule})` : ''}`;
  return { reason, trace, ...(retagged ? { retagged } : {}) };
}

function shown(problems: readonly string[]): readonly string[] {
  const lines = problems.slice(0, PROBLEMS).map((line) => (line.length > PROBLEM_LENGTH ? `${line.slice(0, PROBLEM_LENGTH - 1)}…` : line));
  return problems.length > PROBLEMS ? [...lines, `and ${problems.length - PROBLEMS} more`] : lines;
}

const trimmed = (directory: string) => (directory === '.' ? '' : directory.replace(/\/+$/, ''));

function digestOf(content: string | Buffer): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** As `Promise.all` over the items, at most `most` under way. */
async function inParallel<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
