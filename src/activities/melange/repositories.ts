import { access, link, copyFile, mkdir, realpath, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IndexRecord } from '../../domain/apk/apk';
import { unmetDependencies } from '../../domain/apk/unmet';
import { fileName } from '../../domain/apk/file-name';
import { indexRecord } from '../../domain/apk/index-text';
import type { BuiltPackage, LockedPackage } from '../../domain/release/release';
import { readApk } from '../apk/read';
import type { Apk } from '../apk/read';
import { run } from '../process';
import { shownGeneration } from '../repository/current';
import { INDEX, repositoryPaths } from '../repository/layout';
import { removeOlder } from '../store/leftovers';
import type { Store } from '../store/store';
import { readIndexFile, writeIndexFile } from './index-file';
import { infrastructure } from './infrastructure';
import { keptIndex } from './kept-index';
import { request } from './request';
import type { Tools } from './tools';

/** Where build and test environments take their packages from. Keys are files of public keys, `<name>.rsa.pub`. */
export interface PackageRepositories {
  /** Root of the published repository: `generations/<n>` and the link `current`. Nothing is taken from it before its first generation. */
  readonly published: { readonly folder: string; readonly key: string };
  readonly stage0?: { readonly folder: string; readonly key: string };
  /** Others by URL or path, from millrace.yaml. */
  readonly others: readonly { readonly url: string; readonly key: string }[];
}

/** A repository at one moment: its index does not change any more. */
export interface OpenRepository {
  /** Folder that apko is given: `<folder>/<architecture>/APKINDEX.tar.gz`. */
  readonly folder: string;
  readonly key: string;
  /** By file name. */
  readonly records: ReadonlyMap<string, IndexRecord>;
  /** Path or URL of an apk by its file name. */
  locate(file: string): string;
}

/** A package of a resolved environment. */
export interface ResolvedPackage extends LockedPackage {
  readonly record: IndexRecord;
}

export type Resolution =
  { readonly ok: true; readonly packages: readonly ResolvedPackage[] } | { readonly ok: false; readonly problem: string };

/** How long a fetched apk is kept after it was last used. */
const UNUSED_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

/**
 * Opens the repositories as they are now, or the published one as it was in the generation `of`. `kept` is where the indexes of remote ones stay from time to time (see `keptIndex`). Throws the retryable `Infrastructure` where one that
 * millrace.yaml names has nothing for the architecture; the published one may be empty.
 */
export async function openRepositories(
  repositories: PackageRepositories,
  architecture: string,
  kept: string,
  of?: number,
): Promise<readonly OpenRepository[]> {
  const { published, stage0, others } = repositories;
  // The generation of this moment, so that a switch in the middle of a build does not matter.
  const generation = of ?? (await shownGeneration(published.folder));
  const opened = await Promise.all([
    ...(stage0 ? [openNamed(stage0.folder, stage0.key, architecture, 'run `millrace bootstrap`')] : []),
    ...(generation > 0 ? [openFolder(repositoryPaths(published.folder).generation(generation), published.key, architecture)] : []),
    ...others.map(({ url, key }) =>
      /^https?:/.test(url)
        ? openRemote(url.replace(/\/+$/, ''), key, architecture, kept)
        : openNamed(url, key, architecture, 'correct environment.repositories in millrace.yaml'),
    ),
  ]);
  return opened.filter((repository) => repository !== undefined);
}

async function openFolder(folder: string, key: string, architecture: string): Promise<OpenRepository | undefined> {
  const index = join(folder, architecture, INDEX);
  if (!(await exists(index))) return undefined;
  return { folder, key, records: byFile(await readIndexFile(index)), locate: (file) => join(folder, architecture, file) };
}

async function openNamed(folder: string, key: string, architecture: string, remedy: string): Promise<OpenRepository> {
  const repository = await openFolder(folder, key, architecture);
  if (!repository) throw infrastructure(`${join(folder, architecture, INDEX)} is not there: ${remedy}`);
  return repository;
}

async function openRemote(url: string, key: string, architecture: string, kept: string): Promise<OpenRepository> {
  const folder = await keptIndex(url, architecture, kept);
  const index = join(folder, architecture, INDEX);
  return { folder, key, records: byFile(await readIndexFile(index)), locate: (file) => `${url}/${architecture}/${file}` };
}

const byFile = (records: readonly IndexRecord[]) => new Map(records.map((record) => [fileName(record.name, record.version), record]));

/**
 * What apko would install for these atoms, from indexes whose signatures it checks. Not resolvable, or resolved to what does not fit together, is an answer;
 * anything else that goes wrong throws the retryable `Infrastructure`.
 */
export async function resolve(
  tools: Tools,
  repositories: readonly OpenRepository[],
  packages: readonly string[],
  architecture: string,
  scratch: string,
): Promise<Resolution> {
  if (repositories.length === 0)
    throw infrastructure(
      `there is no repository with packages for ${architecture}: run \`millrace bootstrap\`, or name one in millrace.yaml (environment.repositories)`,
    );
  const file = join(scratch, 'environment.yaml');
  await mkdir(scratch, { recursive: true });
  const contents = {
    repositories: repositories.map(({ folder }) => folder),
    keyring: repositories.map(({ key }) => key),
    packages,
  };
  // JSON is YAML, and needs no quoting rules.
  await writeFile(file, JSON.stringify({ contents, archs: [architecture] }));
  const finished = await run(
    tools.apko.path,
    ['show-packages', file, '--format', '{{.Name}} {{.Version}} {{.Source}}', '--log-level', 'error'],
    { env: { HOME: scratch, TMPDIR: scratch } },
  );
  if (finished.code !== 0) {
    const problem = /^Error: ([^]*)$/m.exec(finished.stderr)?.[1] ?? finished.stderr;
    const unsolvable = /solving "[^]*" constraint[^]*/.exec(problem)?.[0];
    if (unsolvable === undefined) throw infrastructure(`apko cannot resolve packages: ${condense(problem)}`);
    return { ok: false, problem: condense(unsolvable) };
  }
  const resolved = finished.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', version = '', source = ''] = line.split(' ');
      const repository = repositories.find(({ folder }) => dirname(dirname(source)) === folder);
      const record = repository?.records.get(fileName(name, version));
      if (!repository || !record) throw infrastructure(`apko names ${source}, which no index has`);
      return { name, version, checksum: record.checksum, url: repository.locate(fileName(name, version)), record };
    });
  const unmet = unmetDependencies(resolved.map(({ record }) => record));
  if (unmet.length > 0) return { ok: false, problem: condense(`these do not fit together: ${unmet.join(', ')}`) };
  return { ok: true, packages: resolved };
}

/**
 * A repository folder with exactly these apks and an unsigned index of them. Each apk is read whole and must be the one that the signed
 * index named, so what is built from it needs no signature any more. `cache` keeps what was fetched until it is not used for a week. Throws the retryable `Infrastructure`.
 */
export async function writeClosure(
  packages: readonly ResolvedPackage[],
  architecture: string,
  folder: string,
  cache: string,
): Promise<void> {
  const target = join(folder, architecture);
  await mkdir(target, { recursive: true });
  const waiting = [...packages];
  // More would only fight for the disk.
  const worker = async () => {
    for (let item = waiting.pop(); item; item = waiting.pop())
      await placePackage(item, join(target, fileName(item.name, item.version)), cache);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  await writeIndexFile(
    join(target, INDEX),
    packages.map(({ record }) => record),
  );
}

/** Puts an apk to `file`, from its path or by a fetch, read whole and the one that was locked. `cache` as in `writeClosure`. Throws the retryable `Infrastructure`. */
export async function placePackage(item: LockedPackage, file: string, cache: string): Promise<Apk> {
  await place(/^https?:/.test(item.url) ? await fetched(item, cache) : item.url, file);
  return await verify(file, item);
}

const CONDENSED = 300;

/** One line of 300 characters at most. apko says what was asked for first and what is missing last, so the middle gives way. */
export function condense(text: string): string {
  const line = text
    .trim()
    .replace(/:\s*\n\s*/g, ': ')
    .replace(/\s*\n\s*/g, '; ')
    .replace(/\s+/g, ' ');
  const half = (CONDENSED - ' … '.length) / 2;
  return line.length <= CONDENSED ? line : `${line.slice(0, Math.floor(half))} … ${line.slice(-Math.ceil(half))}`;
}

async function verify(file: string, item: LockedPackage): Promise<Apk> {
  const apk = await readApk(file).catch((error: unknown) => {
    throw infrastructure(`${item.url} cannot be read: ${(error as Error).message}`, error);
  });
  if (apk.checksum !== item.checksum)
    throw infrastructure(`${item.url} is not what its index says: ${apk.checksum} instead of ${item.checksum}; make or fetch it again`);
  return apk;
}

async function fetched(item: LockedPackage, cache: string): Promise<string> {
  const file = join(cache, `${Buffer.from(item.checksum.slice(2), 'base64').toString('hex')}.apk`);
  if (await touched(file)) return file;
  await mkdir(cache, { recursive: true });
  await removeOlder(cache, UNUSED_MILLISECONDS);
  const partial = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  await writeFile(partial, Buffer.from(await (await request(item.url)).arrayBuffer()));
  await verify(partial, item);
  await rename(partial, file);
  return file;
}

/** Whether a file is there; if so, it counts as used now. */
async function touched(file: string): Promise<boolean> {
  const now = new Date();
  return await utimes(file, now, now).then(
    () => true,
    () => false,
  );
}

/** The built apks as a repository that apko can resolve against, its index signed with `signer`. */
export async function openCandidate(
  builds: readonly BuiltPackage[],
  architecture: string,
  folder: string,
  store: Store,
  signer: { readonly key: string; sign(index: string): Promise<void> },
): Promise<OpenRepository> {
  const target = join(folder, architecture);
  await mkdir(target, { recursive: true });
  const records: IndexRecord[] = [];
  for (const { file, object, checksum } of builds) {
    await place(await store.object(object), join(target, file));
    const apk = await readApk(join(target, file));
    if (apk.checksum !== checksum) throw infrastructure(`${file} in the store is not the one that was built: build it again`);
    records.push(indexRecord(apk.info, apk.checksum, apk.size));
  }
  await writeIndexFile(join(target, INDEX), records);
  await signer.sign(join(target, INDEX));
  return { folder, key: signer.key, records: byFile(records), locate: (file) => join(target, file) };
}

/** Links where the file system lets it, else copies. The sandbox sees them read-only. */
export async function place(source: string, file: string): Promise<void> {
  // A generation's files are symbolic links, and link(2) would link those.
  const real = await realpath(source);
  await link(real, file).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM' && error.code !== 'EMLINK') throw error;
    await copyFile(real, file);
  });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
