import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBranchName } from '../../domain/change/branch';
import { isSafePath } from '../../domain/change/files';
import { BranchMissing, ForgeRefused, NothingToChange, RepositoryUnusable } from './errors';
import type { ChangeStatus, Forge, MergeRequest, ProposedCommit } from './forge';
import { createGit, type Git } from './git';

export interface LocalGitOptions {
  /** Path or `file:` URL of a bare git repository on this machine. */
  readonly repository: string;
  /** Folder for temporary indexes. */
  readonly work: string;
  /** The forge makes, resets and deletes only branches that start with it; `millrace/`. */
  readonly branchPrefix: string;
  /** The block of millrace.yaml that names the repository, for errors; `specs` unless given. */
  readonly setting?: string;
}

const NOTES = 'refs/notes/millrace';
const IDENTITY = { name: 'Millrace', email: 'millrace@localhost' };
/** Lost races before giving up; each means that another writer got through. */
const RACES = 50;
/** Largest file that is read: below what is kept of the output of a process. */
const FILE_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 4 * 1024 * 1024;
const PATHS_AT_ONCE = 500;

/**
 * The spec repository as a bare git repository on this machine, by plumbing commands only: no work tree, a private index for every commit, and every
 * move of a branch a compare-and-swap. So any number of activities and of people who push can work at the same time. Commits depend on their input
 * alone: a repeated activity makes the same commit. Verdicts are git notes: `git log --notes=millrace`. Throws `RepositoryUnusable` on first use.
 */
export function createLocalGitForge(options: LocalGitOptions): Forge {
  const { work, branchPrefix } = options;
  const url = options.repository;
  let opened: Promise<Git> | undefined;
  const git = () => (opened ??= open(url, options.setting).catch(forget));
  const forget = (error: unknown): never => {
    opened = undefined;
    throw error;
  };

  const tip = async (ref: string) => {
    const found = await (await git()).ask(['rev-parse', '--verify', '--quiet', '--end-of-options', ref]);
    return found.code === 0 ? found.stdout.trim() : undefined;
  };

  const head = async (branch: string) => {
    checkBranch(branch);
    const commit = await tip(`refs/heads/${branch}`);
    if (commit === undefined) throw new BranchMissing(branch, url, options.setting);
    return commit;
  };

  const descends = async (commit: string, ancestor: string) => {
    checkCommit(commit);
    checkCommit(ancestor);
    return (await (await git()).ask(['merge-base', '--is-ancestor', ancestor, commit])).code === 0;
  };

  const changedFiles = async (from: string, to: string) => {
    checkCommit(from);
    checkCommit(to);
    return zeroTerminated(await (await git()).text(['diff-tree', '-r', '-z', '--no-renames', '--name-only', from, to]));
  };

  /** Moves a ref if it still is where it was (`undefined`: if it does not exist). */
  const swap = async (ref: string, to: string, was: string | undefined) => {
    const moved = await (await git()).ask(['update-ref', ref, to, was ?? '0'.repeat(to.length)]);
    return moved.code === 0 ? undefined : moved.stderr.trim();
  };

  /** The tree of `base` with entries replaced or removed, written through an index of its own. */
  const treeWith = async (base: string | undefined, entries: readonly IndexEntry[]) => {
    await mkdir(work, { recursive: true });
    const index = join(work, `index-${randomUUID()}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await (await git()).text(base === undefined ? ['read-tree', '--empty'] : ['read-tree', base], { env });
      const lines = entries.map((entry) =>
        entry.blob ? `${entry.mode} ${entry.blob}\t${entry.path}\0` : `0 ${'0'.repeat(40)}\t${entry.path}\0`,
      );
      await (await git()).text(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
      return (await (await git()).text(['write-tree'], { env })).trim();
    } finally {
      await rm(index, { force: true });
      await rm(`${index}.lock`, { force: true });
    }
  };

  const commitTree = async (tree: string, parents: readonly string[], message: string, date: string) => {
    const when = `${Math.floor(Date.parse(date) / 1000)} +0000`;
    if (when.startsWith('NaN')) throw new ForgeRefused(`${date} is not a date (ISO 8601, as 2026-01-31T12:00:00Z)`);
    const env = {
      GIT_AUTHOR_NAME: IDENTITY.name,
      GIT_AUTHOR_EMAIL: IDENTITY.email,
      GIT_AUTHOR_DATE: when,
      GIT_COMMITTER_NAME: IDENTITY.name,
      GIT_COMMITTER_EMAIL: IDENTITY.email,
      GIT_COMMITTER_DATE: when,
    };
    const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
    return (await (await git()).text(args, { env, input: message.replaceAll('\0', ' ') })).trim();
  };

  const writeBlob = async (content: string) => (await (await git()).text(['hash-object', '-w', '--stdin'], { input: content })).trim();

  const checkOwnBranch = (branch: string) => {
    checkBranch(branch);
    if (!branch.startsWith(branchPrefix)) {
      throw new ForgeRefused(`the branch ${branch} is not Millrace's: it writes only branches that start with ${branchPrefix}`);
    }
  };

  const propose = async (change: ProposedCommit) => {
    checkOwnBranch(change.branch);
    checkCommit(change.base);
    const paths = Object.keys(change.files);
    paths.forEach(checkPath);
    const before = await entriesOf(await git(), change.base, paths);
    const entries: IndexEntry[] = [];
    for (const [path, content] of Object.entries(change.files)) {
      if (content === null) entries.push({ path });
      else entries.push({ path, mode: before.get(path)?.mode === '100755' ? '100755' : '100644', blob: await writeBlob(content) });
    }
    const tree = await treeWith(change.base, entries);
    if (tree === (await tip(`${change.base}^{tree}`))) {
      throw new NothingToChange(`the change for ${change.branch} leaves ${change.base.slice(0, 12)} as it is`);
    }
    const commit = await commitTree(tree, [change.base], change.message, change.date);
    const ref = `refs/heads/${change.branch}`;
    let refusal: string | undefined;
    for (let race = 0; race < RACES; race++) {
      const was = await tip(ref);
      if (was !== undefined && (await descends(was, commit))) return { commit };
      refusal = await swap(ref, commit, was);
      if (refusal === undefined) return { commit };
      await pause(race);
    }
    throw new Error(`the branch ${change.branch} of ${url} could not be set: ${refusal}`);
  };

  const report = async (commit: string, status: ChangeStatus) => {
    checkCommit(commit);
    const date = (await (await git()).text(['show', '-s', '--format=%cI', commit])).trim();
    const blob = await writeBlob(noteText(status));
    // A note's path may be split into folders in any depth (git notes does so by number); all forms of it are replaced by one.
    const places = [commit, `${commit.slice(0, 2)}/${commit.slice(2)}`, `${commit.slice(0, 2)}/${commit.slice(2, 4)}/${commit.slice(4)}`];
    const entries: IndexEntry[] = places.map((path, depth) => (depth === 1 ? { path, mode: '100644', blob } : { path }));
    let refusal: string | undefined;
    for (let race = 0; race < RACES; race++) {
      const was = await tip(NOTES);
      const tree = await treeWith(was, entries);
      if (was !== undefined && tree === (await tip(`${was}^{tree}`))) return;
      const next = await commitTree(tree, was === undefined ? [] : [was], `${status.summary}\n`, date);
      refusal = await swap(NOTES, next, was);
      if (refusal === undefined) return;
      await pause(race);
    }
    throw new Error(`the verdicts of ${commit} could not be noted in ${url}: ${refusal}`);
  };

  /** Why the request does not fit the target as it is, or undefined. */
  const obstacle = async (request: MergeRequest, target: string) => {
    if (!(await descends(request.commit, request.base))) return `${short(request.commit)} does not descend from ${short(request.base)}`;
    const moved = (await changedFiles(request.base, target)).filter((path) =>
      request.unchanged.some((kept) => path === kept || path.startsWith(`${kept}/`)),
    );
    if (moved.length === 0) return undefined;
    return `${request.target} has other content since ${short(request.base)}: ${moved.slice(0, 10).join(', ')}${moved.length > 10 ? ', …' : ''}`;
  };

  /** A commit with both histories, or why there is none. Nothing of the change may come out of the merge other than it was tested. */
  const mergeCommit = async (request: MergeRequest, target: string): Promise<{ readonly commit: string } | { readonly reason: string }> => {
    const merged = await (await git()).ask(['merge-tree', '--write-tree', '--name-only', '-z', '--no-messages', target, request.commit]);
    const [tree = '', ...conflicts] = merged.stdout.split('\0').filter((part) => part !== '');
    if (merged.code === 1)
      return { reason: `${short(request.commit)} conflicts with ${request.target} in ${conflicts.slice(0, 10).join(', ')}` };
    if (merged.code !== 0)
      throw new Error(`${short(request.commit)} could not be merged into ${request.target} of ${url}: ${merged.stderr.trim()}`);
    const differing = new Set(
      zeroTerminated(await (await git()).text(['diff-tree', '-r', '-z', '--no-renames', '--name-only', request.commit, tree])),
    );
    const altered = (await changedFiles(request.base, request.commit)).filter((path) => differing.has(path));
    if (altered.length > 0) return { reason: `merging would alter what was tested: ${altered.join(', ')}` };
    return { commit: await commitTree(tree, [target, request.commit], request.message, request.date) };
  };

  /** The commit by which target came to contain the change: the change itself (fast-forward) or the merge of it. */
  const mergedBy = async (commit: string, target: string) => {
    const lines = (await (await git()).text(['rev-list', '--first-parent', '--parents', target, `^${commit}`])).trim().split('\n');
    const merge = lines.find((line) => line.split(' ').slice(2).includes(commit));
    return merge?.split(' ')[0] ?? commit;
  };

  const merge = async (request: MergeRequest) => {
    checkCommit(request.commit);
    checkCommit(request.base);
    request.unchanged.forEach(checkPath);
    const ref = `refs/heads/${request.target}`;
    let refusal: string | undefined;
    for (let race = 0; race < RACES; race++) {
      const target = await head(request.target);
      if (await descends(target, request.commit)) return { merged: true as const, commit: await mergedBy(request.commit, target) };
      const reason = await obstacle(request, target);
      if (reason !== undefined) return { merged: false as const, reason };
      const next = (await descends(request.commit, target)) ? { commit: request.commit } : await mergeCommit(request, target);
      if ('reason' in next) return { merged: false as const, reason: next.reason };
      refusal = await swap(ref, next.commit, target);
      if (refusal === undefined) return { merged: true as const, commit: next.commit };
      await pause(race);
    }
    throw new Error(`${request.target} of ${url} could not be moved: ${refusal}`);
  };

  const readAll = async (commit: string, paths: readonly string[]) => {
    checkCommit(commit);
    paths.forEach(checkPath);
    const contents = new Map<string, Buffer>();
    for (const group of chunks(paths, PATHS_AT_ONCE)) {
      const listed = await entriesOf(await git(), commit, group);
      const files = group.flatMap((path) => {
        const entry = listed.get(path);
        return entry && isFile(entry.mode) ? [{ path, ...entry }] : [];
      });
      const large = files.find((file) => file.bytes > FILE_BYTES);
      if (large) throw new ForgeRefused(`${large.path} at ${short(commit)} has ${large.bytes} bytes: too large for a file of a spec`);
      for (const portion of portions(files, READ_BYTES)) {
        const input = portion.map((file) => `${file.blob}\n`).join('');
        const output = Buffer.from(await (await git()).text(['cat-file', '--batch'], { input, encoding: 'latin1' }), 'latin1');
        let offset = 0;
        for (const { path, bytes } of portion) {
          const start = output.indexOf(10, offset) + 1;
          contents.set(path, output.subarray(start, start + bytes));
          offset = start + bytes + 1;
        }
      }
    }
    return contents;
  };

  return {
    url,
    head,
    descends,
    changedFiles,
    propose,
    report,
    merge,
    read: async (commit, path) => (await readAll(commit, [path])).get(path),
    readAll,
    list: async (commit, folder) => {
      checkCommit(commit);
      if (folder !== '') checkPath(folder);
      const entries = await entriesOf(await git(), commit, folder === '' ? [] : [`${folder}/`]);
      return [...entries].filter(([, entry]) => isFile(entry.mode)).map(([path]) => path);
    },
    mergeBase: async (one, other) => {
      checkCommit(one);
      checkCommit(other);
      const found = await (await git()).ask(['merge-base', one, other]);
      return found.code === 0 ? found.stdout.trim() : undefined;
    },
    lastTouched: async (commit, paths) => {
      checkCommit(commit);
      paths.forEach(checkPath);
      const found = (await (await git()).text(['rev-list', '-1', commit, '--', ...paths])).trim();
      return found === '' ? undefined : found;
    },
    close: async (branch) => {
      checkOwnBranch(branch);
      await (await git()).text(['update-ref', '-d', `refs/heads/${branch}`]);
    },
  };
}

interface IndexEntry {
  readonly path: string;
  readonly mode?: string;
  /** Absent: the path is removed. */
  readonly blob?: string;
}

async function open(repository: string, setting?: string): Promise<Git> {
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(repository) && !repository.startsWith('file://')) {
    throw new RepositoryUnusable(
      repository,
      'is on another machine',
      'name a bare repository on this machine, for example a mirror: git clone --mirror',
      setting,
    );
  }
  const directory = repository.startsWith('file://') ? fileURLToPath(repository) : repository;
  const found = await stat(directory).catch(() => undefined);
  if (!found) throw new RepositoryUnusable(repository, 'does not exist', `make it: git init --bare ${directory}`, setting);
  const git = createGit(directory);
  const form = await git.ask(['rev-parse', '--is-bare-repository', '--show-object-format']);
  if (form.code === 0 && form.stdout === 'true\nsha1\n') return git;
  if (form.stdout === 'true\nsha256\n')
    throw new RepositoryUnusable(repository, 'names its commits by SHA-256', 'make one with --object-format=sha1', setting);
  throw new RepositoryUnusable(
    repository,
    'is not a bare git repository',
    `make one from it: git clone --bare ${directory} ${directory.replace(/\/+$/, '')}.git`,
    setting,
  );
}

interface TreeEntry {
  readonly mode: string;
  readonly blob: string;
  readonly bytes: number;
}

const isFile = (mode: string) => mode === '100644' || mode === '100755';

async function entriesOf(git: Git, commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, TreeEntry>> {
  const listed = zeroTerminated(await git.text(['ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', ...paths]));
  return new Map(
    listed.map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , blob = '', bytes = ''] = line.slice(0, tab).split(/ +/);
      return [line.slice(tab + 1), { mode, blob, bytes: Number(bytes) }];
    }),
  );
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Files in groups of at most so many bytes; a larger file is a group of its own. */
function portions<T extends { readonly bytes: number }>(files: readonly T[], most: number): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let room = 0;
  for (const file of files) {
    if (groups.length === 0 || file.bytes > room) {
      groups.push([]);
      room = most;
    }
    groups.at(-1)!.push(file);
    room -= file.bytes;
  }
  return groups;
}

/** What `git log --notes=millrace` shows below a commit. */
function noteText(status: ChangeStatus): string {
  const verdicts = status.verdicts.map(
    (verdict) => `  ${verdict.outcome.padEnd(8)}${verdict.check}${verdict.summary ? `: ${oneLine(verdict.summary)}` : ''}`,
  );
  return [`${status.state}: ${oneLine(status.summary)}`, ...verdicts, ''].join('\n');
}

const oneLine = (text: string) => text.replace(/[\s\0-\x1f\x7f]+/g, ' ').trim();
const zeroTerminated = (text: string) => text.split('\0').filter((part) => part !== '');
const short = (commit: string) => commit.slice(0, 12);

function checkBranch(branch: string) {
  if (!isBranchName(branch))
    throw new ForgeRefused(`${JSON.stringify(branch)} is no branch name that the forge takes (letters, digits and + . _ - /)`);
}

function checkCommit(commit: string) {
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new ForgeRefused(`${JSON.stringify(commit)} is no full commit id (40 hexadecimal digits: git rev-parse HEAD)`);
}

function checkPath(path: string) {
  if (!isSafePath(path))
    throw new ForgeRefused(`${JSON.stringify(path)} is no path that the forge takes (relative, without .., . and .git)`);
}

/** Lets the winner of a race finish: longer with every lost one, and different for each loser. */
function pause(race: number) {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(20 * (race + 1), 400)));
}
