import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckContext } from '../../src/activities/checks/context';
import { createTestRunner } from '../../src/activities/melange/test-runner';
import { CHECKS } from '../../src/checks';
import type { Finding } from '../../src/checks/check';
import { makeStage0 } from '../../src/stage0/stage0';
import type { PackageOf } from '../checks/apk-file';
import { builtWith, builtWithFiles, goodSpec, NEW, scenario } from '../checks/scenario';

jest.setTimeout(300_000);

/** The checks that run melange, apko and what was built. */
const TOOL_CHECKS = ['installable', 'linters', 'package-tests', 'sniff-tests'];

let root: string;
let key: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-e2e-checks-'));
  key = (await makeStage0({ architecture: 'x86_64', out: join(root, 'stage0') })).key;
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function findings(built: readonly PackageOf[], spec?: string): Promise<Readonly<Record<string, Finding>>> {
  const { deps, request } = await scenario({ built, ...(spec === undefined ? {} : { spec }) });
  const runner = createTestRunner({
    store: deps.store,
    repositories: { published: { folder: join(root, 'none'), key }, stage0: { folder: join(root, 'stage0'), key }, others: [] },
    work: join(root, 'work'),
    testSeconds: 60,
    now: () => new Date(),
  });
  const context = createCheckContext({ ...deps, runner }, request);
  const found: Record<string, Finding> = {};
  for (const check of CHECKS.filter(({ name }) => TOOL_CHECKS.includes(name))) found[check.name] = await check.run(context);
  return found;
}

const failing = (found: Readonly<Record<string, Finding>>) => TOOL_CHECKS.filter((name) => found[name]?.outcome === 'failed');

test('packages that install, are tidy, pass their tests and start', async () => {
  const found = await findings(NEW);
  expect(found).toMatchObject({
    installable: { outcome: 'passed', summary: '2 packages can be installed' },
    linters: { outcome: 'passed' },
    'package-tests': { outcome: 'passed', summary: 'tests of 1 package passed' },
    'sniff-tests': { outcome: 'passed', summary: '1 command can be run', details: ['x86_64: /usr/bin/hello --version: 0'] },
  });
});

test('a package that nothing can satisfy fails installable alone', async () => {
  const found = await findings([...NEW, { name: 'hello-extra', origin: 'hello', version: '1.1-r0', depends: ['so:libgone.so.9'] }]);
  expect(failing(found)).toEqual(['installable']);
  expect(found.installable?.summary).toBe(
    'hello-extra=1.1-r0 cannot be installed: solving "hello-extra=1.1-r0" constraint: resolving "hello-extra-1.1-r0.apk" deps: ' +
      'solving "so:libgone.so.9" constraint: nothing provides "so:libgone.so.9"',
  );
});

test('a file that no package may own fails the linters alone', async () => {
  const found = await findings(builtWithFiles({ 'usr/share/info/dir/hello': 'x' }));
  expect(failing(found)).toEqual(['linters']);
  expect(found.linters?.summary).toContain('infodir');
});

test('a test that fails fails package-tests alone, with its log', async () => {
  const found = await findings(NEW, (await goodSpec()).replace('runs: hello --version', 'runs: hello --version | grep 2.0'));
  expect(failing(found)).toEqual(['package-tests']);
  expect(found['package-tests']).toMatchObject({ class: 'real', log: expect.stringContaining('tests/hello-1.1-r0/x86_64') });
});

test('a spec without tests is skipped and says so', async () => {
  const found = await findings(NEW, (await goodSpec()).replace(/test:\n.*\n.*\n/, ''));
  expect(found['package-tests']).toMatchObject({ outcome: 'skipped', summary: 'the spec has no tests' });
});

test.each([
  ['whose interpreter is missing', '#!/usr/bin/python9\n', 'ended with 127'],
  ['that dies by a signal', '#!/bin/sh\nkill -SEGV $$\n', 'ended with'],
  [
    'that misses a library',
    '#!/bin/sh\necho "x: error while loading shared libraries: libgone.so.9" >&2; exit 1\n',
    'error while loading shared libraries',
  ],
])('a command %s fails sniff-tests alone', async (_, content, expected) => {
  const found = await findings(builtWithFiles({ 'usr/bin/hello-broken': { content, mode: 0o755 } }));
  expect(failing(found)).toEqual(['sniff-tests']);
  expect(found['sniff-tests']?.summary).toMatch(/^\/usr\/bin\/hello-broken -V /);
  expect(found['sniff-tests']?.summary).toContain(expected);
});

test('a command that only knows one of the questions passes; packages without commands are skipped', async () => {
  const choosy = { content: '#!/bin/sh\ntest "$1" = --help || kill -SEGV $$\n', mode: 0o755 };
  const found = await findings(builtWithFiles({ 'usr/bin/hello-choosy': choosy }));
  expect(found['sniff-tests']).toMatchObject({ outcome: 'passed', summary: '2 commands can be run' });
  const silent = await findings(builtWith('hello', ({ name, version }) => ({ name, version })));
  expect(silent['sniff-tests']).toMatchObject({ outcome: 'skipped', summary: 'no package has a command' });
});
