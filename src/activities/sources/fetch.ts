import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/config';
import { gitRef } from '../../domain/build/git-ref';
import type { FetchedSource } from '../../domain/release/release';
import { formatProblem } from '../../domain/result';
import type { Problem } from '../../domain/result';
import type { CherryPick, SourceReference } from '../../domain/spec/spec';
import type { Finished } from '../process';
import { fullDisk } from '../store/full-disk';
import type { Store } from '../store/store';
import { inspectArchive } from './archive';
import { lasting, passing } from './failures';
import { classifyRemoteFailure, complaintOf, runGit } from './git-command';
import { withFolder } from './folder';
import { get, HttpProblem, shownUrl } from './http';

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Called every few seconds, and at the end, with the bytes read so far; for heartbeats. */
  readonly onProgress?: (bytes: number) => void;
}

export interface Fetcher {
  /**
   * Brings a source of a spec into the store, verified, or finds it there by its expected sha256 without network. Throws `ApplicationFailure`; lasting: `DigestMismatch`, `SourceTooLarge`,
   * `SourceMissing`, `SourceRefused`, `TagMoved`, `ArchiveUnsafe`; passing: `SourceUnreachable`. Whatever fails, nothing is left behind.
   */
  fetch(reference: SourceReference, options?: FetchOptions): Promise<FetchedSource>;
}

export interface FetcherDependencies {
  readonly store: Store;
  readonly limits: Pick<Config['limits'], 'sourceBytes' | 'unpackedBytes' | 'unpackedFiles'>;
  /** Folder for downloads that are under way, best on the disk of the store. */
  readonly work: string;
}

type HttpReference = Extract<SourceReference, { kind: 'fetch' }>;
type GitReference = Extract<SourceReference, { kind: 'git-checkout' }>;

/** The options of a fetch that is under way. */
interface Running {
  readonly signal: AbortSignal | undefined;
  readonly progress: { bytes: number };
}

interface Measured {
  readonly sha256: string;
  readonly sha512: string;
  readonly bytes: number;
}

const IDLE_SECONDS = 60;
const PROGRESS_MILLISECONDS = 5000;
const GIT_SECONDS = 30 * 60;
const ARCHIVE_NAME = /\.(?:tar(?:\.\w+)?|tgz|txz|tbz2?|tzst)$/i;
/** What git-check-ref-format(1) forbids, and what would make a refspec mean something else. */
const NO_REF = /[\s\0-\x1f\x7f~^:?*[\\]|\.\.|@\{|^\/|\/$|\/\/|^$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export function createFetcher({ store, limits, work }: FetcherDependencies): Fetcher {
  const fetchHttp = async (reference: HttpReference, options: Running): Promise<FetchedSource> => {
    const stored = await findStored(store, reference);
    if (stored !== undefined) {
      await inspect(stored.file, reference, options);
      return stored.source;
    }
    return withFolder(work, 'fetch', async (folder) => {
      const file = join(folder, 'source');
      const measured = await download(reference, file, limits.sourceBytes, options);
      compareDigests(reference, measured);
      await inspect(file, reference, options);
      const object = await store.putFile(file, { move: true });
      return { uri: reference.uri, object, ...measured };
    });
  };

  const fetchGit = (reference: GitReference, options: Running): Promise<FetchedSource> =>
    withFolder(work, 'fetch', async (folder) => {
      const file = join(folder, 'source.tar');
      const { commit, refs, shallow } = await archiveCommit(reference, folder, file, limits, options);
      await inspect(file, reference, options);
      const measured = await measure(createReadStream(file), () => undefined);
      const packed = await packObjects(reference, folder, limits, options);
      const object = await store.putFile(file, { move: true });
      const pack = await store.putFile(packed, { move: true });
      return { uri: reference.repository, object, ...measured, commit, git: { pack, refs, shallow } };
    });

  const inspect = async (file: string, reference: SourceReference, options: Running) => {
    const report = await inspectArchive(file, limits, options.signal).catch((error: unknown) => {
      if ((error as { type?: string }).type !== 'ArchiveUnsafe') throw error;
      throw lasting('ArchiveUnsafe', said(reference, { message: `source ${nameOf(reference)}: ${(error as Error).message}` }));
    });
    if (report.kind === 'file' && isArchiveName(reference))
      throw lasting(
        'ArchiveUnsafe',
        said(reference, {
          message: `source ${nameOf(reference)} is not the tar archive that its name promises`,
          remedy: 'look at the address in a browser: a server may answer with a page instead of the file',
        }),
      );
  };

  return {
    async fetch(reference, { signal, onProgress } = {}) {
      const progress = { bytes: 0 };
      const report = () => onProgress?.(progress.bytes);
      const timer = setInterval(report, PROGRESS_MILLISECONDS);
      try {
        const running = { signal, progress };
        const source = await (reference.kind === 'fetch' ? fetchHttp(reference, running) : fetchGit(reference, running));
        report();
        return source;
      } catch (error) {
        throw fullDisk(error, work);
      } finally {
        clearInterval(timer);
      }
    },
  };
}

async function findStored(
  store: Store,
  reference: HttpReference,
): Promise<{ readonly file: string; readonly source: FetchedSource } | undefined> {
  if (reference.sha256 === undefined || !/^[0-9a-f]{64}$/.test(reference.sha256)) return undefined;
  const object = `sha256:${reference.sha256}` as const;
  if (!(await store.has(object))) return undefined;
  const file = await store.object(object);
  const measured = await measure(createReadStream(file), () => undefined);
  // An object that the disk spoiled is fetched again; the store replaces it.
  if (measured.sha256 !== reference.sha256) return undefined;
  compareDigests(reference, measured);
  return { file, source: { uri: reference.uri, object, ...measured } };
}

async function download(reference: HttpReference, file: string, most: number, options: Running): Promise<Measured> {
  const handle = await open(file, 'w');
  try {
    const answer = await get(reference.uri, { signal: options.signal, idleSeconds: IDLE_SECONDS });
    if (Number(answer.headers['content-length']) > most) {
      await answer.body.return();
      throw tooLarge(nameOf(reference), most);
    }
    return await measure(answer.body, async (chunk) => {
      options.progress.bytes += chunk.length;
      if (options.progress.bytes > most) throw tooLarge(nameOf(reference), most);
      await handle.writeFile(chunk);
    });
  } catch (error) {
    throw error instanceof HttpProblem ? failureOf(error, reference) : error;
  } finally {
    await handle.close();
  }
}

async function measure(content: AsyncIterable<Buffer>, each: (chunk: Buffer) => Promise<void> | void): Promise<Measured> {
  const [sha256, sha512] = [createHash('sha256'), createHash('sha512')];
  let bytes = 0;
  for await (const chunk of content) {
    sha256.update(chunk);
    sha512.update(chunk);
    bytes += chunk.length;
    await each(chunk);
  }
  return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex'), bytes };
}

function compareDigests(reference: HttpReference, measured: Measured): void {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const expected = reference[algorithm];
    if (expected === undefined || expected.toLowerCase() === measured[algorithm]) continue;
    throw lasting(
      'DigestMismatch',
      said(reference, {
        message: `source ${nameOf(reference)} has another digest: expected ${algorithm} ${expected}, got ${measured[algorithm]}`,
        remedy: 'find out why upstream replaced the file; if that is in order, write the new digest into the spec',
      }),
    );
  }
}

interface FetchedCommit {
  readonly commit: string;
  readonly refs: Readonly<Record<string, string>>;
  readonly shallow: readonly string[];
}

/** A folder at the top, as release archives have it. */
const TOP = 'source/';

/** Fetches one commit, with no more history than the build shall see, and writes its tree as a tar: sorted, all times those of the commit, so that equal commits give equal bytes. */
async function archiveCommit(
  reference: GitReference,
  folder: string,
  file: string,
  limits: FetcherDependencies['limits'],
  options: Running,
): Promise<FetchedCommit> {
  const repository = join(folder, 'git');
  const common = { repository, timeoutSeconds: GIT_SECONDS, ...(options.signal ? { signal: options.signal } : {}) };
  await gitOrThrow(['init', '--quiet', '--bare', '--template=', repository], { timeoutSeconds: GIT_SECONDS });

  const fetchRefs = async (depth: number, refspecs: readonly string[]) => {
    const fetched = await runGit(
      [
        ...['-c', 'fetch.unpackLimit=1', 'fetch', '--quiet', '--no-tags', ...(depth === -1 ? [] : [`--depth=${depth}`])],
        ...['--', reference.repository, ...refspecs],
      ],
      { ...common, mostFileBytes: limits.sourceBytes },
    );
    if (fetched.code === 0) return;
    if (await hasFileOf(join(repository, 'objects', 'pack'), limits.sourceBytes)) throw tooLarge(nameOf(reference), limits.sourceBytes);
    throw gitFailure(fetched, reference);
  };
  await fetchRefs(reference.depth ?? 1, [`+${wantedRef(reference)}:refs/millrace/source`]);
  const commit = await gitOrThrow(['rev-parse', '--verify', '--end-of-options', 'refs/millrace/source^{commit}'], common);
  // As melange does, the id of an annotated tag itself counts as well as that of its commit.
  const tip = await gitOrThrow(['rev-parse', '--verify', '--end-of-options', 'refs/millrace/source'], common);
  if (reference.tag !== undefined && reference.commit !== undefined && reference.commit !== commit && reference.commit !== tip)
    throw lasting(
      'TagMoved',
      said(reference, {
        message: `tag ${reference.tag} of ${shownUrl(reference.repository)} moved: expected commit ${reference.commit}, got ${commit}`,
        remedy: 'find out why upstream moved the tag; if that is in order, write the new commit into the spec',
      }),
    );

  const refs: Record<string, string> = { [gitRef(reference)]: tip };
  const picks = reference.picks ?? [];
  // A pick is the difference to the commit before it.
  if (picks.length > 0) await fetchRefs(2, wantedPicks(reference, picks));
  for (const branch of new Set(picks.map((pick) => pick.branch)))
    refs[`refs/heads/${branch}`] = await gatherPicks(
      picks.filter((pick) => pick.branch === branch).map((pick) => pick.commit),
      commit,
      common,
    );

  // What the build gets is the tree as it is, not as upstream's attributes would shorten or rewrite it.
  await mkdir(join(repository, 'info'), { recursive: true });
  await writeFile(join(repository, 'info', 'attributes'), '* -export-ignore -export-subst\n');
  const archived = await runGit(['-c', 'tar.umask=0022', 'archive', '--format=tar', `--prefix=${TOP}`, `--output=${file}`, commit], {
    ...common,
    mostFileBytes: limits.unpackedBytes,
  });
  if (archived.code === 0) return { commit, refs, shallow: await shallowCommits(repository) };
  if (await hasFileOf(folder, limits.unpackedBytes)) throw tooLarge(nameOf(reference), limits.unpackedBytes);
  throw gitFailure(archived, reference);
}

function wantedPicks(reference: GitReference, picks: readonly CherryPick[]): readonly string[] {
  const unfit = picks.find(({ branch, commit }) => NO_REF.test(branch) || !COMMIT.test(commit));
  if (unfit !== undefined)
    throw lasting(
      'SourceRefused',
      said(reference, { message: `cherry-pick ${unfit.branch}/${unfit.commit} is not a branch and a whole commit id` }),
    );
  return picks.map(({ commit }) => `+${commit}:refs/millrace/picks/${commit}`);
}

/** The head of a branch that holds these commits without what lies between them: a build fetches the branch, and picks them by their ids. */
async function gatherPicks(picks: readonly string[], commit: string, common: Parameters<typeof runGit>[1]): Promise<string> {
  if (picks.length === 1) return picks[0]!;
  const seconds = Number(await gitOrThrow(['show', '--no-patch', '--format=%ct', commit, '--'], common));
  const parents = picks.flatMap((pick) => ['-p', pick]);
  const head = await gitOrThrow(['commit-tree', `${commit}^{tree}`, ...parents, '-m', 'Cherry-picks'], {
    ...common,
    commitSeconds: seconds,
  });
  await gitOrThrow(['update-ref', `refs/millrace/gathered/${head}`, head], common);
  return head;
}

async function shallowCommits(repository: string): Promise<readonly string[]> {
  const text = await readFile(join(repository, 'shallow'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Packs what was fetched anew, by one thread, so that the same commits give the same bytes whatever the server sent. The path of the pack. */
async function packObjects(
  reference: GitReference,
  folder: string,
  limits: FetcherDependencies['limits'],
  options: Running,
): Promise<string> {
  const repository = join(folder, 'git');
  const packs = join(repository, 'objects', 'pack');
  const packed = await runGit(['-c', 'pack.threads=1', '-c', 'repack.writeBitmaps=false', 'repack', '-a', '-d', '-F', '-q'], {
    repository,
    timeoutSeconds: GIT_SECONDS,
    mostFileBytes: limits.sourceBytes,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (packed.code !== 0) {
    if (await hasFileOf(packs, limits.sourceBytes)) throw tooLarge(nameOf(reference), limits.sourceBytes);
    throw gitFailure(packed, reference);
  }
  const [pack] = (await readdir(packs)).filter((name) => name.endsWith('.pack'));
  return join(packs, pack!);
}

/** Whether git was stopped by the limit on file sizes: what it wrote is as large as that (it says nothing that can be relied on). */
async function hasFileOf(folder: string, bytes: number): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.some((size) => size >= bytes);
}

/** A tag is fetched by its name, so that one that moved is seen; a branch moves by design, so there the commit counts. */
function wantedRef({ tag, branch, commit, at, ...reference }: GitReference): string {
  const unfit = [tag, branch].find((name) => name !== undefined && NO_REF.test(name));
  if (unfit !== undefined)
    throw lasting(
      'SourceRefused',
      formatProblem({ message: `${JSON.stringify(unfit)} of ${shownUrl(reference.repository)} is not a tag or branch name`, at }),
    );
  if (tag !== undefined) return `refs/tags/${tag}`;
  if (commit !== undefined && COMMIT.test(commit)) return commit;
  if (branch !== undefined) return `refs/heads/${branch}`;
  if (commit === undefined) return 'HEAD';
  throw lasting('SourceRefused', formatProblem({ message: `${commit} of ${shownUrl(reference.repository)} is not a whole commit id`, at }));
}

async function gitOrThrow(args: readonly string[], options: Parameters<typeof runGit>[1]): Promise<string> {
  const finished = await runGit(args, options);
  if (finished.code !== 0) throw new Error(`git ${args[0]}: ${complaintOf(finished)}`);
  return finished.stdout.trim();
}

function gitFailure(finished: Finished, reference: GitReference): Error {
  const message = `source ${nameOf(reference)}: ${complaintOf(finished)}`;
  if (/No space left on device/.test(finished.stderr)) return Object.assign(new Error(message), { code: 'ENOSPC' });
  const refMissing = /couldn't find remote ref|not our ref|Server does not allow request/i.test(finished.stderr);
  switch (refMissing ? 'missing' : classifyRemoteFailure(finished)) {
    case 'missing':
      return lasting('SourceMissing', said(reference, { message, remedy: 'look whether upstream moved or removed it' }));
    case 'not-git':
      return lasting('SourceRefused', said(reference, { message, remedy: 'correct the address of the repository' }));
    case 'unreachable':
      return passing('SourceUnreachable', message);
  }
}

function failureOf(problem: HttpProblem, reference: HttpReference) {
  if (problem.kind === 'unreachable') return passing('SourceUnreachable', `source ${problem.message}`, problem.retryAfterMilliseconds);
  const missing = problem.kind === 'missing';
  const remedy = missing ? 'look whether upstream moved or removed it' : 'write an address that answers directly';
  return lasting(missing ? 'SourceMissing' : 'SourceRefused', said(reference, { message: `source ${problem.message}`, remedy }));
}

function tooLarge(name: string, most: number) {
  return lasting('SourceTooLarge', `source ${name} is larger than ${most} bytes; raise \`limits\` in millrace.yaml if that is in order`);
}

/** A problem at the place of the spec that names the source. */
function said(reference: SourceReference, problem: Omit<Problem, 'at'>): string {
  return formatProblem({ ...problem, at: reference.at });
}

function isArchiveName(reference: SourceReference): boolean {
  return reference.kind === 'fetch' && URL.canParse(reference.uri) && ARCHIVE_NAME.test(new URL(reference.uri).pathname);
}

function nameOf(reference: SourceReference): string {
  if (reference.kind === 'fetch') return shownUrl(reference.uri);
  const ref = reference.tag ?? reference.commit ?? reference.branch;
  return ref === undefined ? shownUrl(reference.repository) : `${shownUrl(reference.repository)}@${ref}`;
}
