import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBuilderActivities } from '../../src/activities/melange/builder';
import type { Progress } from '../../src/activities/melange/activity-life';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { BuildRecord, BuildResult, FetchedSource, SpecSnapshot } from '../../src/domain/release/release';
import { makeStage0 } from '../../src/stage0/stage0';

jest.setTimeout(300_000);

const COMMIT = '1234567890123456789012345678901234567890';

let root: string;
let stage0: { readonly folder: string; readonly key: string };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-build-'));
  const made = await makeStage0({ architecture: 'x86_64', out: join(root, 'stage0') });
  stage0 = { folder: join(root, 'stage0'), key: made.key };
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function bench(name: string) {
  const folder = join(root, name);
  const store = createFolderStore(join(folder, 'store'));
  const deps = {
    store,
    repositories: { published: { folder: join(folder, 'repository'), key: join(folder, 'none.rsa.pub') }, stage0, others: [] },
    work: join(folder, 'work'),
    distribution: 'example',
    specs: 'https://git.example.org/specs',
    buildSeconds: 120,
    now: () => new Date(),
  };
  const { buildPackage } = createBuilderActivities(deps);
  const snapshot = async (spec: string, files: Readonly<Record<string, string>> = {}): Promise<SpecSnapshot> => ({
    package: /name: (\S+)/.exec(spec)![1]!,
    path: `packages/${/name: (\S+)/.exec(spec)![1]}.yaml`,
    commit: COMMIT,
    spec: await store.putBytes(spec),
    files: Object.fromEntries(
      await Promise.all(Object.entries(files).map(async ([file, text]) => [file, await store.putBytes(text)] as const)),
    ),
  });
  const progress: Progress[] = [];
  const build = async (input: Partial<Parameters<typeof buildPackage>[0]> & { readonly snapshot: SpecSnapshot }): Promise<BuildResult> => {
    const environment = new MockActivityEnvironment();
    environment.on('heartbeat', (details: Progress) => progress.push(details));
    return (await environment.run(buildPackage, {
      version: '1.0',
      epoch: 0,
      sources: [],
      architecture: 'x86_64',
      attempt: 0,
      ...input,
    })) as BuildResult;
  };
  const log = async (result: BuildResult) => await readFile(await store.log(result.log), 'utf8');
  return { folder, store, snapshot, build, log, progress, work: deps.work };
}

/** A real archive of a C program, as upstream would release it. */
async function source(folder: string, store: ReturnType<typeof createFolderStore>): Promise<FetchedSource> {
  const tree = join(folder, 'hello-1.0');
  await mkdir(tree, { recursive: true });
  await writeFile(join(tree, 'hello.c'), '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n');
  const archive = join(folder, 'hello-1.0.tar.gz');
  execFileSync('tar', ['--create', '--gzip', '--file', archive, '--mtime=2024-05-06 07:08:09Z', '--directory', folder, 'hello-1.0']);
  const bytes = await readFile(archive);
  const hex = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return {
    uri: 'https://example.org/hello-1.0.tar.gz',
    object: await store.putFile(archive),
    sha256: hex('sha256'),
    sha512: hex('sha512'),
    bytes: bytes.length,
  };
}

const head = (name: string, packages = 'busybox') => `package:
  name: ${name}
  version: "1.0"
  epoch: 0
  description: of a test
  copyright:
    - license: MIT
environment:
  contents:
    packages: [${packages}]
`;

test('a package is built from its verified source, recorded, found again, and the same when built again', async () => {
  const { store, snapshot, build, log, progress, work, folder } = await bench('hello');
  const archive = await source(folder, store);
  const spec = await snapshot(
    `${head('hello', 'build-base, busybox')}pipeline:
  - uses: fetch
    with:
      uri: https://example.org/hello-1.0.tar.gz
      expected-sha256: ${archive.sha256}
  - name: upstream tests
    runs: cc hello.c -o hello && ./hello | grep hello && sleep 3
  - runs: |
      patch -p1 < shout.patch
      cc hello.c -o hello
      install -Dm755 hello "\${{targets.destdir}}/usr/bin/hello"
subpackages:
  - name: hello-doc
    pipeline:
      - runs: install -Dm644 hello.c "\${{targets.subpkgdir}}/usr/share/doc/hello.c"
`,
    {
      'shout.patch':
        '--- a/hello.c\n+++ b/hello.c\n@@ -1,2 +1,2 @@\n #include <stdio.h>\n-int main(void) { puts("hello"); return 0; }\n+int main(void) { puts("HELLO"); return 0; }\n',
    },
  );

  const first = await build({ snapshot: spec, sources: [archive] });
  if (first.outcome !== 'built') throw new Error(await log(first));
  expect(first).toMatchObject({ outcome: 'built', architecture: 'x86_64', reused: false, upstreamTests: 'upstream tests' });
  expect(first.packages.map(({ file }) => file)).toEqual(['hello-1.0-r0.apk', 'hello-doc-1.0-r0.apk']);
  expect(await log(first)).toContain('running step "upstream tests"');
  expect(progress.length).toBeGreaterThan(1);
  expect(progress.at(-1)!.log).toBe(first.log);

  const record = (await store.readRecord<BuildRecord>('build', first.key.slice('sha256:'.length)))!;
  expect(record).toMatchObject({ key: first.key, package: 'hello', commit: COMMIT, sourceDateEpoch: Date.UTC(2024, 4, 6, 7, 8, 9) / 1000 });
  expect(record.environment.find(({ name }) => name === 'busybox')!.checksum).toMatch(/^Q1/);
  expect(record.tools['melange']).toMatch(/^v\d.* sha256:[0-9a-f]{64}$/);

  const again = await build({ snapshot: spec, sources: [archive] });
  expect(again).toMatchObject({ outcome: 'built', reused: true, key: first.key, packages: first.packages, log: first.log });

  const retried = await build({ snapshot: spec, sources: [archive], attempt: 1 });
  expect(retried.reused).toBe(false);
  expect(retried.key).not.toBe(first.key);
  expect(retried.packages).toEqual(first.packages);

  const left = (await readdir(join(work, 'builds'), { recursive: true })).filter((name) => name.includes('/'));
  expect(left).toEqual([]);
});
