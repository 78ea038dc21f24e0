import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { CHECKS } from '../../src/checks';
import type { Finding } from '../../src/checks/check';
import { writeIndexArchive } from '../../src/activities/apk/index-archive';
import { readApk } from '../../src/activities/apk/read';
import { takeSnapshot } from '../../src/activities/change/snapshot';
import { createCheckContext } from '../../src/activities/checks/context';
import type { CheckDeps } from '../../src/activities/checks/context';
import type { CheckRequest } from '../../src/activities/contract';
import type { Forge } from '../../src/activities/forge/forge';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { repositoryPaths } from '../../src/activities/repository/layout';
import { createRepositoryReader } from '../../src/activities/repository/reader';
import { createUpstreamSources } from '../../src/activities/sources/upstreams';
import type { Store } from '../../src/activities/store/store';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { indexRecord } from '../../src/domain/apk/index-text';
import type { BuildResult, FetchedSource, SpecSnapshot } from '../../src/domain/release/release';
import type { TestRepository } from '../activities/forge/repository';
import { createTestRepository } from '../activities/forge/repository';
import { writePackage } from './apk-file';
import type { PackageOf } from './apk-file';

export interface Parts {
  /** Spec as proposed; without one, of `specOf()`. */
  readonly spec?: string;
  /** Files of the change beside the spec, by path in the spec repository. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly sources?: readonly { readonly uri: string; readonly content: Buffer; readonly fetched?: Partial<FetchedSource> }[];
  readonly built?: readonly PackageOf[];
  readonly published?: readonly PackageOf[];
  /** `version-rN` before, published. */
  readonly previous?: string;
  readonly change?: 'bump' | 'none';
  readonly version?: string;
  readonly attempt?: number;
  readonly policies?: CheckDeps['policies'];
  readonly architectures?: readonly string[];
}

const SOURCE_URI = 'https://example.org/hello-1.1.tar.gz';

/** A tar.gz of these files. */
export async function tarball(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** The honest source of the good spec. */
export const goodSource = tarball({ 'hello-1.1/LICENSE': 'MIT', 'hello-1.1/hello.c': 'int main() {}' });

const sha = (kind: 'sha256' | 'sha512', content: Buffer) => createHash(kind).update(content).digest('hex');

/** A spec without a fault; a line of it is replaced by the tests that want one. */
export async function goodSpec(uri = SOURCE_URI): Promise<string> {
  return `package:
  name: hello
  version: "1.1"
  epoch: 0
  description: says hello
  url: https://example.org/hello
  copyright:
    - license: MIT
  dependencies:
    runtime:
      - libhello

environment:
  contents:
    packages:
      - build-base
      - busybox

pipeline:
  - uses: fetch
    with:
      uri: ${uri.replace('1.1', '${{package.version}}')}
      expected-sha256: ${sha('sha256', await goodSource)}

  - runs: make install

test:
  pipeline:
    - runs: hello --version

update:
  enabled: true
`;
}

export interface Scenario {
  readonly deps: CheckDeps;
  readonly request: CheckRequest;
  /** Runs one check. */
  check(name: string): Promise<Finding>;
  /** Names of those of the checks that fail. */
  failing(names: readonly string[]): Promise<readonly string[]>;
}

const folders: string[] = [];
/** One for all tests of a file, each with its own commit: git is slow. */
let repository: TestRepository | undefined;
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(() => repository?.remove());

let changes = 0;

interface Proposed {
  readonly forge?: Forge;
  readonly base: string;
  readonly commit: string;
  readonly snapshot: SpecSnapshot;
}

async function withForge(store: Store, folder: string, parts: Parts): Promise<Proposed> {
  repository ??= createTestRepository({ 'README.md': 'specs\n', 'packages/hello.yaml': (await goodSpec()).replace('"1.1"', '"1.0"') });
  const git = repository;
  const forge = createLocalGitForge({ repository: git.bare, work: join(folder, 'forge'), branchPrefix: 'millrace/' });
  const base = await forge.head('main');
  const commit = git.push(
    `millrace/hello-${(changes += 1)}`,
    { 'packages/hello.yaml': parts.spec ?? (await goodSpec()), ...parts.files },
    'a change',
    'origin/main',
  );
  return { forge, base, commit, snapshot: (await takeSnapshot({ forge, store, directory: 'packages' }, 'hello', commit))! };
}

/** As on the tester, which has no forge: and git would be most of the time of these tests. */
async function withoutForge(store: Store, parts: Parts): Promise<Proposed> {
  const commit = '1'.repeat(40);
  const spec = await store.putBytes(parts.spec ?? (await goodSpec()));
  return { base: '0'.repeat(40), commit, snapshot: { package: 'hello', path: 'packages/hello.yaml', commit, spec, files: {} } };
}

/** Everything real around the checks of one release: store, spec repository, published repository; `hello` goes from 1.0-r0 to 1.1-r0. */
export async function scenario(parts: Parts = {}): Promise<Scenario> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-checks-'));
  folders.push(folder);
  const store = createFolderStore(join(folder, 'store'));
  const architectures = parts.architectures ?? ['x86_64'];

  const proposed = parts.built ? await withoutForge(store, parts) : await withForge(store, folder, parts);
  const { base, commit, snapshot } = proposed;

  const sources: FetchedSource[] = [];
  for (const { uri, content, fetched } of parts.sources ?? [{ uri: SOURCE_URI, content: await goodSource }]) {
    const object = await store.putBytes(content);
    sources.push({ uri, object, sha256: sha('sha256', content), sha512: sha('sha512', content), bytes: content.length, ...fetched });
  }

  const paths = repositoryPaths(join(folder, 'repository'));
  for (const architecture of architectures) {
    const records = [];
    mkdirSync(join(folder, 'repository/objects', architecture), { recursive: true });
    for (const item of parts.published ?? []) {
      const file = paths.object(architecture, `${item.name}-${item.version}.apk`);
      await writePackage(file, { ...item, architecture });
      const apk = await readApk(file);
      records.push(indexRecord(apk.info, apk.checksum, apk.size));
    }
    mkdirSync(join(paths.generation(1), architecture), { recursive: true });
    writeFileSync(paths.index(1, architecture), await writeIndexArchive(records, 'test'));
  }
  symlinkSync('generations/1', paths.current);

  const builds: BuildResult[] = [];
  for (const architecture of architectures) {
    const packages = [];
    for (const item of parts.built ?? []) {
      const file = join(folder, `${architecture}-${item.name}.apk`);
      await writePackage(file, { ...item, architecture: item.architecture ?? architecture });
      const apk = await readApk(file);
      packages.push({
        name: item.name,
        file: `${item.name}-${item.version}.apk`,
        object: await store.putFile(file),
        checksum: apk.checksum,
        bytes: apk.size,
      });
    }
    const key = `sha256:${'0'.repeat(64)}` as const;
    if (parts.built) builds.push({ outcome: 'built', architecture, key, log: 'builds/x.log', seconds: 1, reused: false, packages });
  }

  const deps: CheckDeps = {
    store,
    ...(proposed.forge ? { forge: proposed.forge } : {}),
    repository: createRepositoryReader({ root: join(folder, 'repository') }),
    upstreams: createUpstreamSources({ store }),
    policies: parts.policies ?? [],
    limits: { unpackedBytes: 10_000_000, unpackedFiles: 1000 },
  };
  const version = parts.version ?? '1.1';
  const request: CheckRequest = {
    stage: 'package',
    release: {
      distribution: 'test',
      package: 'hello',
      version,
      epoch: 0,
      ...(parts.previous === undefined ? {} : { previous: parts.previous }),
      change: parts.change ?? 'bump',
      causes: [],
      architectures,
      reminders: { everySeconds: 60, escalateAfterSeconds: 600 },
      floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
    },
    change: {
      branch: 'millrace/hello',
      base,
      commit,
      snapshot,
      version,
      epoch: 0,
      sources,
      droppedPatches: [],
      summary: 'hello/1.1 package update',
    },
    builds,
    attempt: parts.attempt ?? 0,
  };
  const context = createCheckContext(deps, request);
  const check = (name: string) => {
    const found = CHECKS.find((item) => item.name === name);
    if (!found) throw new Error(`there is no check ${name}`);
    return found.run(context);
  };
  return {
    deps,
    request,
    check,
    failing: async (names) => {
      const failed: string[] = [];
      for (const name of names) if ((await check(name)).outcome === 'failed') failed.push(name);
      return failed;
    },
  };
}

/** The checks of built packages that need no tools. */
export const PACKAGE_CHECKS = ['file-diff', 'abi', 'sbom', 'dangerous-files', 'capability-diff'];
/** The checks of a change that need no upstream. */
export const CHANGE_CHECKS = ['spec-lint', 'sources-verified', 'licence', 'secrets'];

/** What was published before, and what is built now: a command and a library. */
export const OLD: readonly PackageOf[] = [
  {
    name: 'hello',
    version: '1.0-r0',
    provides: ['cmd:hello=1.0-r0'],
    depends: ['so:libhello.so.1'],
    files: { 'usr/bin/hello': { content: '#!/bin/sh\necho hello 1.0\n', mode: 0o755 }, 'usr/share/hello/greeting': 'hello' },
  },
  {
    name: 'libhello',
    origin: 'hello',
    version: '1.0-r0',
    provides: ['so:libhello.so.1=1'],
    files: { 'usr/lib/libhello.so.1.0': 'library', 'usr/lib/libhello.so.1': { link: 'libhello.so.1.0' } },
  },
];
export const NEW: readonly PackageOf[] = [
  {
    name: 'hello',
    version: '1.1-r0',
    provides: ['cmd:hello=1.1-r0'],
    depends: ['so:libhello.so.1'],
    files: { 'usr/bin/hello': { content: '#!/bin/sh\necho hello 1.1\n', mode: 0o755 }, 'usr/share/hello/greeting': 'hello' },
  },
  {
    name: 'libhello',
    origin: 'hello',
    version: '1.1-r0',
    provides: ['so:libhello.so.1=1'],
    files: { 'usr/lib/libhello.so.1.1': 'library', 'usr/lib/libhello.so.1': { link: 'libhello.so.1.1' } },
  },
];

/** NEW with the named package changed. */
export function builtWith(name: string, change: (item: PackageOf) => PackageOf): readonly PackageOf[] {
  return NEW.map((item) => (item.name === name ? change(item) : item));
}

/** NEW with a file added to the package hello. */
export const builtWithFiles = (files: NonNullable<PackageOf['files']>) =>
  builtWith('hello', (item) => ({ ...item, files: { ...item.files, ...files } }));

/** An update of hello over what was published. */
export const update = (built: readonly PackageOf[], published: readonly PackageOf[] = OLD) =>
  scenario({ built, published, previous: '1.0-r0' });
