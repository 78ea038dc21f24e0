import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBuilderActivities } from '../../src/activities/melange/builder';
import { createTestRunner, Unsolvable } from '../../src/activities/melange/test-runner';
import { readApk } from '../../src/activities/apk/read';
import { makeApk } from '../activities/repository/support';
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

/** Names of attempts' directories that are there. */
async function attempts(work: string): Promise<readonly string[]> {
  const parents = await readdir(join(work, 'builds'));
  return (await Promise.all(parents.map((parent) => readdir(join(work, 'builds', parent))))).flat();
}

function processesWith(marker: string): readonly string[] {
  const found = spawnSync('pgrep', ['--full', marker], { encoding: 'utf8' });
  return found.stdout.split('\n').filter((line) => line !== '');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function bench(name: string) {
  const folder = join(root, name);
  await mkdir(folder);
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
  const build = async (
    input: Partial<Parameters<typeof buildPackage>[0]> & { readonly snapshot: SpecSnapshot },
    activityAttempt = 1,
  ): Promise<BuildResult> => {
    const environment = new MockActivityEnvironment({ attempt: activityAttempt });
    environment.on('heartbeat', (details: Progress) => progress.push(details));
    const result: BuildResult = await environment.run(buildPackage, {
      version: '1.0',
      epoch: 0,
      sources: [],
      architecture: 'x86_64',
      attempt: 0,
      ...input,
    });
    return result;
  };
  const log = async (result: BuildResult) => await readFile(await store.log(result.log), 'utf8');
  const runner = createTestRunner({ store, repositories: deps.repositories, work: deps.work, testSeconds: 60, now: deps.now });
  return { folder, store, snapshot, build, log, progress, runner, work: deps.work };
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

  expect(await attempts(work)).toEqual([]);
});

test('a build reaches no network, not even a server of this machine', async () => {
  const { snapshot, build, log } = await bench('network');
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const result = await build({
      snapshot: await snapshot(`${head('caller')}pipeline:
  - name: call home
    runs: |
      busybox ip address show lo | grep -F 127.0.0.1
      busybox wget -O- http://127.0.0.1:${port}/
`),
    });
    expect(result).toMatchObject({ outcome: 'failed', packages: [], failure: { class: 'real', step: 'call home' } });
    expect(await log(result)).toContain('inet 127.0.0.1');
    expect(result.failure!.summary).toMatch(/wget: can't connect/);
    expect(requests).toBe(0);
  } finally {
    server.close();
  }
});

test('a build sees no file of the machine but its own, and cannot write its inputs', async () => {
  const { snapshot, build, log } = await bench('walls');
  const result = await build({
    snapshot: await snapshot(`${head('walls')}pipeline:
  - runs: |
      test ! -e ${root}
      echo x > /var/cache/melange/x && exit 1
      head -c 0 /proc/sys/kernel/core_pattern >> /proc/sys/kernel/core_pattern && exit 1
      mkdir -p "\${{targets.destdir}}/usr/share/walls"
`),
  });
  expect(await log(result)).toContain('Read-only file system');
  expect(await log(result)).toMatch(/core_pattern: (Permission denied|Read-only)/);
  expect(result.outcome).toBe('built');
});

test('what cannot be built says why', async () => {
  const { snapshot, build } = await bench('refusals');
  const of = async (spec: string, version = '1.0') => (await build({ snapshot: await snapshot(spec), version })).failure;
  expect(await of(`${head('lacking', 'busybox, no-such-tool')}pipeline:\n  - runs: exit 0\n`)).toEqual({
    class: 'real',
    summary: 'the build environment does not resolve: solving "no-such-tool" constraint: nothing provides "no-such-tool"',
  });
  expect(
    (await of(
      `${head('cloner')}pipeline:\n  - uses: git-checkout\n    with:\n      repository: https://git.example.org/x\n      tag: v1\n      expected-commit: ${COMMIT}\n`,
    ))!.summary,
  ).toBe(
    `packages/cloner.yaml clones https://git.example.org/x at refs/tags/v1 and expects commit ${COMMIT}, which is not among its verified sources: correct tag, branch or expected-commit`,
  );
  expect(
    (await of(
      `${head('nested')}pipeline:\n  - uses: git-checkout\n    with:\n      repository: https://git.example.org/x\n      tag: v1\n      recurse-submodules: true\n`,
    ))!.summary,
  ).toMatch(
    /packages\/nested.yaml clones https:\/\/git.example.org\/x with its submodules, which are not fetched: .* git-checkout of its own/,
  );
  expect((await of(`${head('other')}pipeline:\n  - runs: exit 0\n`, '2.0'))!.summary).toBe(
    'packages/other.yaml says other 1.0-r0, the release is other 2.0-r0',
  );
  expect((await of(`${head('unknown')}pipeline:\n  - runs: echo \${{vars.nothing}}\n`))!.summary).toMatch(
    /packages\/unknown.yaml does not compile: .*vars.nothing/,
  );
  const fetches = `${head('fetcher')}pipeline:\n  - uses: fetch\n    with:\n      uri: https://example.org/x.tar.gz\n      expected-sha256: ${'ab'.repeat(32)}\n`;
  expect((await of(fetches))!.summary).toMatch(
    /packages\/fetcher.yaml fetches https:\/\/example.org\/x.tar.gz .* not among its verified sources/,
  );
});

test('a build that is killed is tried again three times; then a person sees it', async () => {
  const { snapshot, build, log } = await bench('greedy');
  const greedy = await snapshot(`${head('greedy')}pipeline:\n  - name: greed\n    runs: kill -KILL $$\n`);
  await expect(build({ snapshot: greedy }, 3)).rejects.toMatchObject({ type: 'Infrastructure', nonRetryable: false });
  const result = await build({ snapshot: greedy }, 4);
  expect(result).toMatchObject({ outcome: 'failed', failure: { class: 'infrastructure', summary: expect.stringContaining('memory') } });
  expect(await log(result)).toContain('infrastructure: a process was killed');
});

test('SIGKILL in the middle of a build leaves no process, and the next attempt starts in a new directory', async () => {
  const { snapshot, build, log, work, folder } = await bench('killed');
  const marker = `millrace-marker-${process.pid}`;
  const spec = await snapshot(`${head('killed')}pipeline:
  - runs: |
      sh -c 'sleep 3; exit 0' ${marker}
      mkdir -p "\${{targets.destdir}}/usr/share/killed"
`);
  const deps = {
    repositories: { published: { folder: join(folder, 'repository'), key: '' }, stage0, others: [] },
    work,
    distribution: 'example',
    specs: 'https://git.example.org/specs',
    buildSeconds: 120,
  };
  const script = `
    const { createBuilderActivities } = require('./src/activities/melange/builder.ts');
    const { createFolderStore } = require('./src/activities/store/folder-store.ts');
    const deps = { ...${JSON.stringify(deps)}, store: createFolderStore(${JSON.stringify(join(folder, 'store'))}), now: () => new Date() };
    void createBuilderActivities(deps).buildPackage(${JSON.stringify({ snapshot: spec, version: '1.0', epoch: 0, sources: [], architecture: 'x86_64', attempt: 0 })});
  `;
  const worker = spawn(process.execPath, ['--require', './test/e2e/typescript-hook.js', '--eval', script], { stdio: 'inherit' });
  await until(() => processesWith(`^sh -c .*${marker}`).length > 0 || worker.exitCode !== null);
  const [dead] = await attempts(work);
  worker.kill('SIGKILL');
  await until(() => processesWith(marker).length === 0);
  expect(processesWith(join(work, 'builds'))).toEqual([]);
  expect(await attempts(work)).toEqual([dead]);

  const result = await build({ snapshot: spec });
  expect(result).toMatchObject({ outcome: 'built', reused: false });
  expect(await log(result)).toContain(`removed what the dead attempt ${dead} left`);
  expect(result.log).not.toContain(dead);
  expect(await attempts(work)).toEqual([]);
});

test('cancelling a build ends it and removes its directory', async () => {
  const { store, snapshot, work, folder } = await bench('cancelled');
  const marker = `millrace-cancel-${process.pid}`;
  const spec = await snapshot(`${head('cancelled')}pipeline:\n  - runs: sh -c 'sleep 600; exit 0' ${marker}\n`);
  const { buildPackage } = createBuilderActivities({
    store,
    repositories: { published: { folder: join(folder, 'repository'), key: '' }, stage0, others: [] },
    work,
    distribution: 'example',
    specs: 'https://git.example.org/specs',
    buildSeconds: 120,
    now: () => new Date(),
  });
  const environment = new MockActivityEnvironment();
  const running = environment.run(buildPackage, {
    snapshot: spec,
    version: '1.0',
    epoch: 0,
    sources: [],
    architecture: 'x86_64',
    attempt: 0,
  });
  const ended = expect(running).rejects.toThrow();
  await until(() => processesWith(`^sh -c .*${marker}`).length > 0);
  environment.cancel();
  await ended;
  await until(() => processesWith(marker).length === 0);
  expect(await attempts(work)).toEqual([]);
});

describe('what was built is tested', () => {
  const architecture = 'x86_64';
  const spec = (test: string, version = '1.0') => `${head('greet').replace('"1.0"', `"${version}"`)}pipeline:
  - runs: |
      mkdir -p "\${{targets.destdir}}/usr/bin" "\${{targets.destdir}}/usr/share/greet/open"
      printf '#!/bin/sh\\necho greet ${version}; id -u\\n' > "\${{targets.destdir}}/usr/bin/greet"
      chmod 755 "\${{targets.destdir}}/usr/bin/greet"
      touch "\${{targets.destdir}}/usr/share/greet/open/file"
      chmod 666 "\${{targets.destdir}}/usr/share/greet/open/file"
subpackages:
  - name: greet-extra
    pipeline:
      - runs: mkdir -p "\${{targets.subpkgdir}}/usr/share/extra"
    test:
      pipeline:
        - runs: test -d /usr/share/extra
test:
  pipeline:
    - name: says hello
      runs: ${test}
`;

  test('by its own tests, by running its commands, by resolving it, by the linters', async () => {
    const { snapshot, build, log, runner, store } = await bench('tested');
    const good = await snapshot(spec('greet | grep -x "greet 1.0"'));
    const built = await build({ snapshot: good });
    if (built.outcome !== 'built') throw new Error(await log(built));
    const { packages: builds } = built;
    const request = { version: '1.0', epoch: 0, architecture, builds, attempt: 0 };

    const passed = await runner.testPackages({ ...request, snapshot: good });
    expect(passed).toMatchObject({ outcome: 'passed', ran: 2, summary: 'tests of greet, greet-extra passed' });
    const bad = await snapshot(spec('greet | grep -x "greet 2.0"'));
    const failed = await runner.testPackages({ ...request, snapshot: bad });
    expect(failed).toMatchObject({ outcome: 'failed', ran: 2, failure: { class: 'real', step: 'says hello' } });
    expect(failed.summary).toMatch(/^tests of greet: step "says hello" ended with exit status 1/);
    expect(await readFile(await store.log(failed.log), 'utf8')).toContain('running step "says hello"');
    const none = await snapshot(
      spec('exit 0')
        .split('test:\n  pipeline')[0]!
        .replace(/    test:[^]*/, ''),
    );
    expect(await runner.testPackages({ ...request, snapshot: none })).toMatchObject({ outcome: 'passed', ran: 0, log: '' });

    const packages = ['greet=1.0-r0', 'busybox'];
    const reports = await runner.runCommands({
      architecture,
      builds,
      packages,
      commands: [['greet'], ['/no/such/program'], ['sleep', '60'], ['sh', '-c', ': >> /proc/sys/kernel/core_pattern']],
      timeoutSeconds: 5,
    });
    expect(reports).toEqual([
      { command: ['greet'], code: 0, timedOut: false, output: 'greet 1.0\n65534\n' },
      expect.objectContaining({ code: 127, timedOut: false }),
      expect.objectContaining({ code: 128, timedOut: true }),
      expect.objectContaining({ code: 1, output: expect.stringContaining('Permission denied') }),
    ]);
    await expect(runner.runCommands({ architecture, builds, packages: ['greet=3-r0'], commands: [], timeoutSeconds: 5 })).rejects.toThrow(
      Unsolvable,
    );

    const solved = await runner.solve({ architecture, builds, packages });
    if (!solved.ok) throw new Error(solved.problem);
    expect(solved.installed.find(({ name }) => name === 'greet')).toMatchObject({ version: '1.0-r0', checksum: builds[0]!.checksum });
    expect(await runner.solve({ architecture, builds, packages: ['greet', 'no-such'] })).toEqual({
      ok: false,
      problem: expect.stringContaining('nothing provides "no-such"'),
    });

    const linted = await runner.runLinters({ architecture, builds });
    expect(linted.failed).toEqual([
      { package: 'greet-1.0-r0.apk', linter: 'worldwrite', message: expect.stringContaining('usr/share/greet/open') },
    ]);

    // melange names the result of an apk that it did not build after another version.
    const file = makeApk({ name: 'greet', version: '1.0-r0' }, { 'usr/share/info/dir': 'x' });
    const { checksum, size } = await readApk(file);
    const foreign = { ...builds[0]!, object: await store.putFile(file), checksum, bytes: size };
    await expect(runner.runLinters({ architecture, builds: [foreign] })).rejects.toThrow('melange lint left no result of greet-1.0-r0.apk');
  });
});
