import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../activities/process';
import { makeSharedFolder } from '../config/shared-folder';
import { cacheFolder } from '../config/tools';
import { writeApk, type ApkMetadata } from './apk-writer';
import { privateApt, sourceLine, thisDebian, type Debian } from './apt';
import { apkName, apkVersion, closure, isRuntimeLibrary, parseControl, type DebianPackage } from './debian-package';
import { spdxDocument, type DebianOrigin } from './spdx';
import {
  askBusyboxLinks,
  BUSYBOX_LINKS,
  libraryProvides,
  makeBashTheShell,
  mergeUsr,
  removeUnused,
  writeBaseLayout,
  writeBusyboxLinks,
  writeCompilerLinks,
} from './tree';

/** Raise it with every change that makes other packages: repositories are cached by it. */
const RECIPE = 3;

const ARCHITECTURES: Readonly<Record<string, { readonly debian: string; readonly triplet: string }>> = {
  x86_64: { debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  aarch64: { debian: 'arm64', triplet: 'aarch64-linux-gnu' },
};

const NATIVE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** The Debian packages that stage0 is the closure of: what the environments of melange's own pipelines and of C and C++ builds name. */
const ROOTS =
  `libc6 libc-bin libgcc-s1 libstdc++6 busybox-static bash coreutils findutils diffutils grep sed gawk tar gzip bzip2 xz-utils patch perl
  gcc g++ cpp make binutils libc6-dev pkgconf autoconf automake libtool m4 pax-utils wget file git`.split(/\s+/);

const BUILD_BASE =
  `baselayout busybox gcc g++ make binutils glibc-dev coreutils grep sed tar gzip diffutils findutils pkgconf patch xz bzip2 file
  glibc-bin`.split(/\s+/);

/** One date for all files, in seconds, so that two machines repack a package alike. */
const DATE = 1_700_000_000;

const LICENSE = 'LicenseRef-see-usr-share-doc-copyright';

export interface Stage0Request {
  /** As apk names it: x86_64 or aarch64. */
  readonly architecture: string;
  /** Afterwards has `<architecture>/APKINDEX.tar.gz` and `stage0.rsa.pub`. */
  readonly out: string;
  /** Default: the per-user cache. */
  readonly cache?: string;
  readonly onProgress?: (text: string) => void;
}

export interface Stage0 {
  readonly architecture: string;
  readonly repository: string;
  readonly key: string;
  readonly packages: number;
  /** False where an earlier run's repository was taken from the cache. */
  readonly made: boolean;
}

/**
 * Makes a signed APK repository from the packages of the Debian that this machine runs, so that builds need no other distribution and no internet.
 * It is made once per user and linked into `out`. Throws where the system is no Debian or the architecture has no counterpart in it.
 */
export async function makeStage0(request: Stage0Request): Promise<Stage0> {
  const { architecture, out, cache = cacheFolder(), onProgress = () => undefined } = request;
  const target = ARCHITECTURES[architecture];
  if (!target)
    throw new Error(`no bootstrap repository can be made for ${architecture}: choose one of ${Object.keys(ARCHITECTURES).join(', ')}`);
  const debian = await thisDebian();
  const inputs = JSON.stringify([RECIPE, debian.suite, architecture, ROOTS, BUILD_BASE]);
  const folder = join(cache, 'stage0', `${architecture}-${createHash('sha256').update(inputs).digest('hex').slice(0, 16)}`);
  const keys = join(cache, 'stage0', 'keys');
  await makeSharedFolder(
    keys,
    async (partial) => void (await runOrThrow('melange', ['keygen', 'stage0.rsa'], { cwd: partial })),
    onProgress,
  );
  const made = await makeSharedFolder(
    folder,
    async (partial) => {
      const busyboxLinks = architecture === NATIVE ? undefined : await linksOfThisMachine(cache, onProgress);
      const key = join(keys, 'stage0.rsa');
      await fillRepository(partial, {
        architecture,
        triplet: target.triplet,
        debian,
        key,
        ...(busyboxLinks && { busyboxLinks }),
        onProgress,
      });
    },
    onProgress,
  );
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.apk')).length;
  await mkdir(out, { recursive: true });
  const repository = join(out, architecture);
  const key = join(out, 'stage0.rsa.pub');
  await replace(repository, (path) => symlink(folder, path));
  await replace(key, (path) => copyFile(join(keys, 'stage0.rsa.pub'), path));
  return { architecture, repository, key, packages, made };
}

interface Recipe {
  readonly architecture: string;
  readonly debian: Debian;
  readonly triplet: string;
  readonly key: string;
  /** Absent where the busybox of the architecture runs here and can be asked. */
  readonly busyboxLinks?: string;
  readonly onProgress: (text: string) => void;
}

/** The applets are the same on every architecture, and only the one of this machine is sure to run: they are read from its stage0. */
async function linksOfThisMachine(cache: string, onProgress: (text: string) => void): Promise<string> {
  const out = await mkdtemp(join(cache, 'stage0', '.native-'));
  try {
    const { repository } = await makeStage0({ architecture: NATIVE, out, cache, onProgress });
    const busybox = (await readdir(repository)).find((name) => /^busybox-\d/.test(name))!;
    return await runOrThrow('tar', ['-xOzf', join(repository, busybox), '--ignore-zeros', '--warning=no-unknown-keyword', BUSYBOX_LINKS]);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function fillRepository(folder: string, recipe: Recipe): Promise<void> {
  const work = await mkdtemp(join(folder, '.work-'));
  const architecture = ARCHITECTURES[recipe.architecture]!.debian;
  const files = await downloadClosure(work, architecture, recipe);
  const reached = closure([...files.keys()], ROOTS);
  const lock: { apk: string; debian: string; version: string }[] = [];
  for (const [found, depends] of reached) {
    recipe.onProgress(`repacking ${found.name} (${lock.length + 1} of ${reached.size})`);
    const root = await emptyFolder(join(work, 'tree'));
    await runOrThrow('dpkg-deb', ['-x', files.get(found)!, root]);
    await mergeUsr(root);
    await removeUnused(root);
    if (found.name === 'bash') await makeBashTheShell(root);
    if (found.name === 'busybox-static') await writeBusyboxLinks(root, recipe.busyboxLinks ?? (await askBusyboxLinks(root)));
    const metadata: ApkMetadata = {
      name: apkName(found.name),
      version: apkVersion(found.version),
      architecture: recipe.architecture,
      description: `Debian's ${found.name} ${found.version}, repacked`,
      license: LICENSE,
      origin: `stage0-${found.source}`,
      url: found.homepage,
      depends: [...new Set([...baseOf(found.name), ...depends.map(apkName)])].sort(),
      provides: isRuntimeLibrary(found.name) ? await libraryProvides(root, recipe.triplet) : [],
    };
    await emit(folder, root, metadata, { name: found.name, version: found.version, architecture, suite: recipe.debian.suite });
    lock.push({ apk: `${metadata.name}-${metadata.version}`, debian: found.name, version: found.version });
  }
  const own = { version: '1-r0', architecture: recipe.architecture, license: 'Apache-2.0' };
  const layout = await emptyFolder(join(work, 'tree'));
  await writeBaseLayout(layout);
  await emit(folder, layout, { ...own, name: 'baselayout', description: 'Base folders and files', provides: ['wolfi-baselayout=1'] });
  const links = await emptyFolder(join(work, 'tree'));
  await writeCompilerLinks(links);
  await emit(folder, links, { ...own, name: 'build-base', description: 'C and C++ tool chain', depends: BUILD_BASE });
  await writeFile(join(folder, 'lock.json'), `${JSON.stringify(lock, null, 1)}\n`);
  await rm(work, { recursive: true });
  await signAndIndex(folder, recipe);
}

/** Every .deb of the closure with its control data, downloaded and verified by an apt of its own. */
async function downloadClosure(work: string, architecture: string, recipe: Recipe): Promise<ReadonlyMap<DebianPackage, string>> {
  const { mirror, suite, security } = recipe.debian;
  const { apt } = await privateApt(join(work, 'apt'), {
    architecture,
    sources: [sourceLine('deb', mirror, suite), ...(security ? [sourceLine('deb', security, `${suite}-security`)] : [])],
  });
  recipe.onProgress(`reading the package lists of Debian ${suite}`);
  await apt('apt-get', ['update']);
  recipe.onProgress('downloading packages');
  await apt('apt-get', ['install', '--download-only', ...ROOTS]);
  const archives = join(work, 'apt/cache/archives');
  const files = new Map<DebianPackage, string>();
  for (const name of (await readdir(archives)).filter((file) => file.endsWith('.deb')).sort()) {
    const file = join(archives, name);
    files.set(parseControl(await runOrThrow('dpkg-deb', ['-f', file])), file);
  }
  return files;
}

/** Dependencies that Debian leaves unsaid because every system there has them. The tar of its busybox unpacks nothing that is compressed, and specs count on one that does. */
function baseOf(debianName: string): readonly string[] {
  if (debianName === 'libc6') return ['baselayout'];
  if (debianName === 'busybox-static') return ['baselayout', 'bash', 'tar'];
  return [];
}

async function emit(folder: string, root: string, metadata: ApkMetadata, origin?: DebianOrigin): Promise<void> {
  const documents = join(root, 'var/lib/db/sbom');
  const name = `${metadata.name}-${metadata.version}`;
  await mkdir(documents, { recursive: true });
  await writeFile(join(documents, `${name}.spdx.json`), spdxDocument(metadata, new Date(DATE * 1000), origin));
  writeApk(root, metadata, join(folder, `${name}.apk`), DATE);
}

async function signAndIndex(folder: string, recipe: Recipe): Promise<void> {
  recipe.onProgress('signing and indexing');
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.apk')).sort();
  const options = { cwd: folder, env: { ...process.env, SOURCE_DATE_EPOCH: String(DATE) } };
  await runOrThrow('melange', ['sign', '--signing-key', recipe.key, ...packages], options);
  await runOrThrow(
    'melange',
    ['index', '--signing-key', recipe.key, '-a', recipe.architecture, '-o', 'APKINDEX.tar.gz', ...packages],
    options,
  );
}

async function emptyFolder(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

/** Switches `path` to what `make` creates, in one step. */
async function replace(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const next = `${path}.next-${process.pid}`;
  await rm(next, { force: true });
  await make(next);
  await rename(next, path);
}
