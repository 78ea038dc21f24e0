import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { unmetDependencies } from '../../domain/apk/unmet';
import { isPackageName } from '../../domain/change/files';
import { canonicalJson } from '../../domain/digest';
import type { Digest } from '../../domain/digest';
import { fileChanges } from '../../domain/image/file-changes';
import type { ImageLock, LastImageLock, LockedVariant } from '../../domain/image/image';
import type { ImagePackage } from '../../domain/image/lock';
import { readImageSpec } from '../../domain/image/spec';
import type { ImageSpec } from '../../domain/image/spec';
import { readSuite } from '../../domain/image/suite';
import { manifestPath, readSuiteManifests } from '../../domain/image/suite-manifests';
import { formatProblem } from '../../domain/result';
import type { Problem } from '../../domain/result';
import type { ImageControlActivities } from '../contract';
import type { Forge } from '../forge/forge';
import { openAttempt } from '../melange/attempt';
import { openRepositories } from '../melange/repositories';
import type { PackageRepositories } from '../melange/repositories';
import { findTools } from '../melange/tools';
import type { Tools } from '../melange/tools';
import { shownGeneration } from '../repository/current';
import { createRepositoryReader } from '../repository/reader';
import type { Store } from '../store/store';
import { lockConfiguration } from './apko';
import { openApkoCache } from './apko-cache';
import { apkoProblems } from './apko-config';
import { explainConflict } from './conflict';
import { lockChanges, readLockedFile } from './locked-file';
import { linkRepositories, nameRepositories } from './named-repositories';

export interface ImageLockDeps {
  readonly store: Store;
  readonly forge: Forge;
  readonly branch: string;
  /** Of the images in the spec repository. */
  readonly directory: string;
  readonly architectures: readonly string[];
  readonly repositories: PackageRepositories;
  readonly work: string;
}

/** The files of an image at a commit, as read. */
interface ImageFiles {
  readonly spec: ImageSpec;
  readonly specText: Buffer;
  readonly configs: ReadonlyMap<string, Buffer>;
  readonly suites: readonly { readonly name: string; readonly content: Buffer; readonly manifests: ReadonlyMap<string, Buffer> }[];
}

/** Why a variant cannot be locked, and a way to find out more that takes its time; absent where that is all. */
interface Unlocked {
  readonly problem: string;
  readonly explain?: () => Promise<readonly string[]>;
}

const MOST_CHANGES = 20;
const MOST_PROBLEMS = 10;

/** Says what an image of main would be made of now. A problem of the files, or of versions that do not fit together, is an answer; it is written down too, so that every generation is tried. Why versions do not fit is found out once for each such problem. */
export function createImageLock(deps: ImageLockDeps): Pick<ImageControlActivities, 'lockImage'> {
  const { store, forge, repositories } = deps;

  /** A lock in which every dependency is met, in a folder of its own. */
  const solve = async (
    folder: string,
    tools: Tools,
    config: Uint8Array,
    generation: number,
    signal?: AbortSignal,
  ): Promise<{ readonly file: string; readonly packages: readonly ImagePackage[] } | { readonly problem: string }> => {
    const { architectures } = deps;
    const named = nameRepositories(repositories, generation);
    const flags = await linkRepositories(named, architectures, folder);
    const finished = await lockConfiguration(tools.apko, {
      ...{ folder, config, flags, architectures },
      // Of folders it would keep a copy of every package, for nothing.
      ...(named.some((repository) => repository.folder === undefined) ? { cache: await openApkoCache(deps.work) } : {}),
      ...(signal ? { signal } : {}),
    });
    if (!finished.ok) return finished;
    const packages = await readLockedFile(finished.file);
    const unmet = await unmetIn(packages, repositories, generation, join(deps.work, 'indexes'));
    if (unmet.length === 0) return { file: finished.file, packages };
    return { problem: `these do not fit together yet: ${unmet.slice(0, MOST_PROBLEMS).join(', ')}` };
  };

  const inAttempt = async <T>(image: string, work: (folder: string) => Promise<T>): Promise<T> => {
    const attempt = await openAttempt(join(deps.work, 'images', `lock-${image}`));
    try {
      return await work(attempt.folder);
    } finally {
      await attempt.remove();
    }
  };

  const lockVariant = (
    tools: Tools,
    files: ImageFiles,
    variant: { readonly name: string; readonly config: string },
    generation: number,
    image: string,
  ): Promise<{ readonly locked: LockedVariant; readonly packages: readonly ImagePackage[] } | Unlocked> =>
    inAttempt(image, async (folder) => {
      const config = files.configs.get(variant.config)!;
      const solved = await solve(folder, tools, config, generation);
      if ('problem' in solved) {
        const solves = async (other: Uint8Array, at: number, signal: AbortSignal) =>
          !('problem' in (await inAttempt(image, (own) => solve(own, tools, other, at, signal))));
        return {
          problem: `${deps.directory}/${image}/${variant.config}: ${solved.problem}`,
          explain: () => explainConflict({ config, generation, solves }),
        };
      }
      const { packages } = solved;
      const versions = deps.architectures.map((architecture) =>
        packages.find((item) => item.name === files.spec.package && item.architecture === architecture),
      );
      const version = versions[0]?.version;
      if (version === undefined || versions.some((item) => item?.version !== version))
        return {
          problem: `${deps.directory}/${image}/${variant.config}: the main package ${files.spec.package} is not in it with one version: ${deps.architectures
            .map((architecture, index) => `${architecture} ${versions[index]?.version ?? 'without it'}`)
            .join(', ')}`,
        };
      return {
        packages,
        locked: {
          variant: variant.name,
          config: await store.putBytes(config),
          digest: await store.putFile(solved.file),
          version,
          packages: new Set(packages.map(({ name }) => name)).size,
        },
      };
    });

  const look = async (
    image: string,
    previous: ImageLock | undefined,
  ): Promise<{ readonly last: LastImageLock; readonly removed?: boolean; readonly explain?: Unlocked['explain'] }> => {
    const commit = await forge.head(deps.branch);
    const files = await readImageFiles(forge, commit, deps.directory, image);
    const refuse = (problem: string, removed = false) => ({ last: { commit, origins: [], problem }, ...(removed ? { removed } : {}) });
    if (files === undefined) return refuse(`there is no ${deps.directory}/${image}/image.yaml on ${deps.branch}`, true);
    if (!('spec' in files)) return refuse(shown(files));
    const generation = await shownGeneration(repositories.published.folder);
    const tools = await findTools();
    const variants: LockedVariant[] = [];
    const packages: ImagePackage[] = [];
    for (const variant of files.spec.variants) {
      const locked = await lockVariant(tools, files, variant, generation, image);
      if ('problem' in locked) return { ...refuse(locked.problem), ...(locked.explain ? { explain: locked.explain } : {}) };
      variants.push(locked.locked);
      packages.push(...locked.packages);
    }
    const content = {
      image,
      spec: await store.putBytes(files.specText),
      suites: await Promise.all(files.suites.map((suite) => keepSuite(store, suite))),
      variants,
    };
    const lock: ImageLock = {
      ...content,
      repository: files.spec.repository,
      commit,
      generation,
      key: digestOf(canonicalJson(content)),
      changes: previous
        ? [...lockChanges(await packagesOf(store, previous), packages), ...fileChanges(previous, content)].slice(0, MOST_CHANGES)
        : [],
    };
    return { last: { commit, lock, origins: await originsOf(repositories.published.folder, generation, packages) } };
  };

  return {
    async lockImage({ image, previous }) {
      const { last, removed, explain } = await look(image, previous);
      const known = explain && (await explained(store, image, last.problem!));
      await store.writeRecord('image-lock', image, known === undefined ? last : { ...last, problem: known });
      if (last.lock) return { lock: last.lock };
      if (!explain || known !== undefined) return { problem: known ?? last.problem!, ...(removed ? { removed } : {}) };
      const problem = [last.problem!, ...(await explain())].join('\n');
      await store.writeRecord('image-lock', image, { ...last, problem });
      return { problem };
    },
  };
}

/** What the look before found out about the same problem; undefined where that was another one, or ended before it was found out. */
async function explained(store: Store, image: string, problem: string): Promise<string | undefined> {
  const before = (await store.readRecord<LastImageLock>('image-lock', image))?.problem;
  return before?.startsWith(`${problem}\n`) ? before : undefined;
}

/** The image's files at a commit: undefined where there is none, every problem where they cannot be used. */
async function readImageFiles(
  forge: Forge,
  commit: string,
  directory: string,
  image: string,
): Promise<ImageFiles | readonly Problem[] | undefined> {
  if (!isPackageName(image)) return undefined;
  const folder = `${directory}/${image}`;
  const specText = await forge.read(commit, `${folder}/image.yaml`);
  if (!specText) return undefined;
  const read = readImageSpec(specText.toString('utf8'), `${folder}/image.yaml`);
  if (!read.ok) return read.error;
  const spec = read.value;
  const named = [...spec.variants.map(({ config, at }) => ({ file: config, at })), ...spec.suites];
  const found = await forge.readAll(
    commit,
    named.map(({ file }) => `${folder}/${file}`),
  );
  const content = (file: string) => found.get(`${folder}/${file}`);
  const problems: Problem[] = [
    ...(spec.name === image
      ? []
      : [{ message: `${folder}/image.yaml names the image ${spec.name}`, remedy: 'name image and folder alike' }]),
    ...named
      .filter(({ file }) => content(file) === undefined)
      .map(({ file, at }) => ({ message: `there is no ${folder}/${file}`, at, remedy: 'commit it, or correct its name' })),
    ...spec.variants.flatMap(({ config }) => apkoProblems(content(config)?.toString('utf8') ?? 'contents: {}', `${folder}/${config}`)),
  ];
  const suites = await Promise.all(
    spec.suites.map(async ({ name, file }) => await readSuiteFiles(forge, commit, name, `${folder}/${file}`, content(file))),
  );
  problems.push(...suites.flatMap((suite) => ('problems' in suite ? suite.problems : [])));
  if (problems.length > 0) return problems;
  return {
    spec,
    specText,
    configs: new Map(spec.variants.map(({ config }) => [config, content(config)!])),
    suites: suites.flatMap((suite) => ('problems' in suite ? [] : [suite])),
  };
}

/** A suite with the manifests that it names. One that is not there has been told. */
async function readSuiteFiles(
  forge: Forge,
  commit: string,
  name: string,
  path: string,
  content: Buffer | undefined,
): Promise<ImageFiles['suites'][number] | { readonly problems: readonly Problem[] }> {
  if (!content) return { problems: [] };
  const suite = readSuite(content.toString('utf8'), path);
  if (!suite.ok) return { problems: suite.error };
  const paths = suite.value.manifests.map(({ file }) => manifestPath(path, file));
  const found = await forge.readAll(commit, paths);
  const manifests = readSuiteManifests(suite.value, path, (wanted) => found.get(wanted)?.toString('utf8'));
  if (!manifests.ok) return { problems: manifests.error };
  return { name, content, manifests: new Map(suite.value.manifests.map(({ file }) => [file, found.get(manifestPath(path, file))!])) };
}

/** The files of a suite as objects of the store. Without manifests the lock has no word of them: its key stays what it was. */
async function keepSuite(store: Store, { name, content, manifests }: ImageFiles['suites'][number]): Promise<ImageLock['suites'][number]> {
  const kept = await Promise.all([...manifests].map(async ([file, bytes]) => [file, await store.putBytes(bytes)] as const));
  return { name, file: await store.putBytes(content), ...(kept.length > 0 ? { manifests: Object.fromEntries(kept) } : {}) };
}

function shown(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map(formatProblem);
  return [...lines, ...(problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [])].join('\n');
}

async function packagesOf(store: Store, lock: ImageLock): Promise<readonly ImagePackage[]> {
  return (await Promise.all(lock.variants.map(async ({ digest }) => await readLockedFile(await store.object(digest))))).flat();
}

/** Dependencies within a lock that are not met, by what the repositories say of its packages. One that no repository has is left to the build, which verifies each. */
async function unmetIn(
  packages: readonly ImagePackage[],
  repositories: PackageRepositories,
  generation: number,
  kept: string,
): Promise<readonly string[]> {
  const unmet: string[] = [];
  for (const architecture of new Set(packages.map((item) => item.architecture))) {
    const opened = await openRepositories(repositories, architecture, kept, generation);
    const known = new Map(opened.flatMap(({ records }) => [...records.values()].map((record) => [record.checksum, record] as const)));
    unmet.push(
      ...unmetDependencies(
        packages.filter((item) => item.architecture === architecture).flatMap(({ checksum }) => known.get(checksum) ?? []),
      ),
    );
  }
  return [...new Set(unmet)];
}

/** Origins of those packages of a lock that the published repository has. */
async function originsOf(root: string, generation: number, packages: readonly ImagePackage[]): Promise<readonly string[]> {
  const reader = createRepositoryReader({ root });
  const origins = new Set<string>();
  for (const architecture of new Set(packages.map((item) => item.architecture))) {
    const published = new Map(
      (await reader.readIndex(architecture, generation)).map((record) => [`${record.name}-${record.version}`, record.origin]),
    );
    for (const { name, version } of packages) {
      const origin = published.get(`${name}-${version}`);
      if (origin !== undefined) origins.add(origin);
    }
  }
  return [...origins].sort();
}

function digestOf(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
