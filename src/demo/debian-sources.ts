import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runOrThrow } from '../activities/process';
import { makeSharedFolder } from '../config/shared-folder';
import { cacheFolder } from '../config/tools';
import { privateApt, sourceLine, thisDebian } from '../stage0/apt';

/** A real release of an upstream, as a file named as upstream names it. */
export interface DemoRelease {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** Hex, of the file: Debian repacks some tarballs, so the digest of a spec must be this one and not upstream's. */
  readonly sha256: string;
}

export interface DemoReleases {
  readonly releases: readonly DemoRelease[];
  /** Debian's own patch for CVE-2023-45853 in zlib 1.2.13, level 1. */
  readonly zlibPatch: string;
  /** The folder that they are kept in for every demo of this user. */
  readonly cached: string;
  /** Throws where the suites that were reached do not have it. */
  find(name: string, version: string): DemoRelease;
}

interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly upstream?: { readonly url: string; readonly sha256: string };
  readonly debian: { readonly suite: string; readonly source: string; readonly version: string };
  /** In Debian's unstable suite the version goes on: what the demo's story does not need may be missing. */
  readonly optional?: true;
}

/** Raise it with every change that makes other files: they are cached by it. */
const EDITION = 1;

const WANTED: readonly Wanted[] = [
  {
    name: 'zlib',
    version: '1.2.13',
    file: 'zlib-1.2.13.tar.gz',
    upstream: {
      url: 'https://github.com/madler/zlib/releases/download/v1.2.13/zlib-1.2.13.tar.gz',
      sha256: 'b3a24de97a8fdbc835b9833169501030b8977031bcb54b3b3ac13740f846ab30',
    },
    debian: { suite: 'bookworm', source: 'zlib', version: '1.2.13.dfsg' },
  },
  {
    name: 'zlib',
    version: '1.3.1',
    file: 'zlib-1.3.1.tar.gz',
    upstream: {
      url: 'https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz',
      sha256: '9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23',
    },
    debian: { suite: 'trixie', source: 'zlib', version: '1.3.dfsg+really1.3.1' },
  },
  {
    name: 'zlib',
    version: '1.3.2',
    file: 'zlib-1.3.2.tar.gz',
    debian: { suite: 'sid', source: 'zlib', version: '1.3.dfsg+really1.3.2' },
    optional: true,
  },
  { name: 'lz4', version: '1.9.4', file: 'lz4-1.9.4.tar.gz', debian: { suite: 'bookworm', source: 'lz4', version: '1.9.4' } },
  { name: 'lz4', version: '1.10.0', file: 'lz4-1.10.0.tar.gz', debian: { suite: 'trixie', source: 'lz4', version: '1.10.0' } },
  {
    name: 'pigz',
    version: '2.8',
    file: 'pigz-2.8.tar.gz',
    upstream: {
      url: 'https://zlib.net/pigz/pigz-2.8.tar.gz',
      sha256: 'eb872b4f0e1f0ebe59c9f7bd8c506c4204893ba6a8492de31df416f0d5170fd0',
    },
    debian: { suite: 'trixie', source: 'pigz', version: '2.8' },
  },
  {
    name: 'libpng',
    version: '1.6.39',
    file: 'libpng-1.6.39.tar.gz',
    debian: { suite: 'bookworm', source: 'libpng1.6', version: '1.6.39' },
    optional: true,
  },
  {
    name: 'libpng',
    version: '1.6.58',
    file: 'libpng-1.6.58.tar.gz',
    debian: { suite: 'sid', source: 'libpng1.6', version: '1.6.58' },
    optional: true,
  },
  {
    name: 'libxml2',
    version: '2.9.14',
    file: 'libxml2-2.9.14.tar.gz',
    debian: { suite: 'bookworm', source: 'libxml2', version: '2.9.14+dfsg' },
  },
  {
    name: 'libxml2',
    version: '2.15.4',
    file: 'libxml2-2.15.4.tar.gz',
    debian: { suite: 'sid', source: 'libxml2', version: '2.15.4+dfsg' },
  },
];

const PATCH = 'CVE-2023-45853.patch';
const PATCH_SOURCE = { suite: 'bookworm', source: 'minizip' };

/**
 * Fetches real upstream releases, once per user: from upstream where it can be reached and the digest is the known one, else from the source
 * packages of Debian suites of different age. Copies them to `<folder>/<name>/<name>-<version>.tar.gz`.
 */
export async function fetchDemoReleases(
  folder: string,
  options: { readonly cache?: string; readonly onProgress?: (text: string) => void } = {},
): Promise<DemoReleases> {
  const { cache = cacheFolder(), onProgress = () => undefined } = options;
  const cached = join(cache, `upstream-releases-${EDITION}`);
  await makeSharedFolder(cached, (partial) => fetchAll(partial, onProgress), onProgress);
  const releases: DemoRelease[] = [];
  for (const wanted of WANTED) {
    const content = await readFile(join(cached, wanted.file)).catch(() => undefined);
    if (!content) continue;
    const file = join(folder, wanted.name, wanted.file);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    releases.push({ name: wanted.name, version: wanted.version, file, sha256: createHash('sha256').update(content).digest('hex') });
  }
  const zlibPatch = join(folder, 'patches', PATCH);
  await mkdir(dirname(zlibPatch), { recursive: true });
  await copyFile(join(cached, PATCH), zlibPatch);
  return demoReleases(releases, zlibPatch, cached);
}

/** These releases, and more. */
export function withReleases({ releases, zlibPatch, cached }: DemoReleases, more: readonly DemoRelease[]): DemoReleases {
  return demoReleases([...releases, ...more], zlibPatch, cached);
}

function demoReleases(releases: readonly DemoRelease[], zlibPatch: string, cached: string): DemoReleases {
  return {
    releases,
    zlibPatch,
    cached,
    find(name, version) {
      const found = releases.find((release) => release.name === name && release.version === version);
      if (found) return found;
      throw new Error(`no source of ${name} ${version} was found; remove ${cached} to look again`);
    },
  };
}

async function fetchAll(folder: string, onProgress: (text: string) => void): Promise<void> {
  for (const wanted of WANTED) {
    if (wanted.upstream) await fromUpstream(wanted.upstream, join(folder, wanted.file), onProgress);
  }
  const present = new Set(await readdir(folder));
  const missing = WANTED.filter(({ file }) => !present.has(file));
  const suites = new Set([...missing.map(({ debian }) => debian.suite), PATCH_SOURCE.suite]);
  const { mirror } = await thisDebian();
  for (const suite of suites) {
    const needed = missing.filter(({ debian }) => debian.suite === suite);
    try {
      const work = join(folder, '.apt');
      await fromSuite({ mirror, suite, folder, work, needed, onProgress });
      await rm(work, { recursive: true });
    } catch (error) {
      if (needed.some(({ optional }) => !optional) || suite === PATCH_SOURCE.suite) throw error;
    }
  }
}

/** A closed network must not cost more than this for each release. */
const CONNECT_SECONDS = 3;
const DOWNLOAD_SECONDS = 60;

/** Writes nothing where upstream does not answer at once or has other content under that name. */
async function fromUpstream(
  source: { readonly url: string; readonly sha256: string },
  file: string,
  onProgress: (text: string) => void,
): Promise<void> {
  try {
    onProgress(`trying ${source.url}`);
    const abort = new AbortController();
    const unanswered = setTimeout(() => abort.abort(), CONNECT_SECONDS * 1000);
    const response = await fetch(source.url, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(DOWNLOAD_SECONDS * 1000)]) });
    clearTimeout(unanswered);
    if (!response.ok) return;
    const content = Buffer.from(await response.arrayBuffer());
    if (createHash('sha256').update(content).digest('hex') !== source.sha256) return;
    await writeFile(file, content);
  } catch {
    // A closed network is no failure: Debian has it too.
  }
}

interface SuiteRequest {
  readonly mirror: string;
  readonly suite: string;
  readonly folder: string;
  readonly work: string;
  readonly needed: readonly Wanted[];
  readonly onProgress: (text: string) => void;
}

async function fromSuite({ mirror, suite, folder, work, needed, onProgress }: SuiteRequest): Promise<void> {
  onProgress(`reading the source lists of Debian ${suite}`);
  const { apt } = await privateApt(work, { sources: [sourceLine('deb-src', mirror, suite)] });
  await apt('apt-get', ['update']);
  /** The newest package of the suite, or the newest of one upstream version. */
  const packageVersion = async (source: string, upstream?: string) => {
    const text = await apt('apt-cache', ['showsrc', '--only-source', source]);
    const versions = [...text.matchAll(/^Version: (.*)$/gm)].map((match) => match[1]!);
    const fitting = versions.filter(
      (version) => upstream === undefined || version.replace(/^\d+:/, '').replace(/-[^-]*$/, '') === upstream,
    );
    return fitting.at(-1);
  };
  for (const wanted of needed) {
    const { source, version } = wanted.debian;
    const found = await packageVersion(source, version);
    if (!found) {
      if (wanted.optional) continue;
      throw new Error(`Debian ${suite} has no ${source} with the upstream version ${version}`);
    }
    onProgress(`fetching ${wanted.name} ${wanted.version} from Debian ${suite}`);
    await apt('apt-get', ['source', '--download-only', '--tar-only', `${source}=${found}`]);
    const tarball = (await readdir(work)).find((name) => name.startsWith(`${source}_`) && name.includes('.orig.tar.'));
    if (!tarball) throw new Error(`Debian ${suite} delivered no tarball of ${source} ${found}`);
    await asGzip(join(work, tarball), join(folder, wanted.file));
    await rm(join(work, tarball), { force: true });
  }
  if (suite !== PATCH_SOURCE.suite) return;
  const { source } = PATCH_SOURCE;
  await apt('apt-get', ['source', '--download-only', '--diff-only', source]);
  const archive = (await readdir(work)).find((name) => name.startsWith(`${source}_`) && name.includes('.debian.tar.'));
  if (!archive) throw new Error(`Debian ${suite} delivered no patches of ${source}`);
  const patch = await runOrThrow('tar', ['-xOf', join(work, archive), `debian/patches/${PATCH}`]);
  // Debian carries it in the package of minizip alone; in zlib's own tree that file lies in contrib.
  const moved = patch
    .replace(/^(Index: |={10}).*\n/gm, '')
    .replace(/^--- \S+\/zip\.c.*$/m, '--- a/contrib/minizip/zip.c')
    .replace(/^\+\+\+ \S+\/zip\.c.*$/m, '+++ b/contrib/minizip/zip.c');
  await writeFile(join(folder, PATCH), moved);
}

/** Debian's repacks are xz or bzip2; upstream's names say gzip. */
async function asGzip(tarball: string, target: string): Promise<void> {
  if (tarball.endsWith('.gz')) return rename(tarball, target);
  const unpacked = `${tarball}.tar`;
  await runOrThrow('sh', ['-c', '"$1" -dc "$2" > "$3"', 'sh', tarball.endsWith('.xz') ? 'xz' : 'bzip2', tarball, unpacked]);
  await writeFile(target, gzipSync(await readFile(unpacked), { level: 9 }));
  await rm(unpacked);
}
