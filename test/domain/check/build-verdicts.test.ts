import { buildVerdicts } from '../../../src/domain/check/build-verdicts';
import type { BuildResult } from '../../../src/domain/release/release';

const built = (architecture: string, more: Partial<BuildResult> = {}): BuildResult => ({
  outcome: 'built',
  architecture,
  key: `sha256:${'0'.repeat(64)}`,
  log: `builds/${architecture}.log`,
  seconds: 12,
  reused: false,
  packages: [{ name: 'zlib', file: 'zlib-1.3.1-r0.apk', object: `sha256:${'1'.repeat(64)}`, checksum: 'Q1', bytes: 5 }],
  upstreamTests: 'upstream tests',
  ...more,
});
const broken = (architecture: string, step?: string): BuildResult =>
  built(architecture, {
    outcome: 'failed',
    packages: [],
    failure: { class: 'flaky', summary: 'make ended with code 2', ...(step ? { step } : {}) },
  });
const outcomes = (builds: readonly BuildResult[], architectures: readonly string[]) =>
  Object.fromEntries(buildVerdicts(builds, architectures).map(({ check, outcome }) => [check, outcome]));

test('each architecture has its verdict, and upstream tests one for all', () => {
  expect(buildVerdicts([built('x86_64'), built('aarch64', { reused: true })], ['x86_64', 'aarch64'])).toEqual([
    { check: 'build-x86_64', outcome: 'passed', summary: '1 package', details: ['zlib-1.3.1-r0.apk (5 bytes)'], seconds: 12 },
    {
      check: 'build-aarch64',
      outcome: 'passed',
      summary: '1 package, found from an earlier build',
      details: ['zlib-1.3.1-r0.apk (5 bytes)'],
      seconds: 12,
    },
    {
      check: 'upstream-tests',
      outcome: 'passed',
      summary: 'ran on x86_64, aarch64',
      details: ['x86_64: upstream tests', 'aarch64: upstream tests'],
      seconds: 0,
    },
  ]);
});

test('a failed build carries its report, and says nothing of tests that it did not reach', () => {
  expect(buildVerdicts([broken('x86_64', 'configure')], ['x86_64'])).toEqual([
    {
      check: 'build-x86_64',
      outcome: 'failed',
      summary: 'make ended with code 2 in step "configure"',
      details: ['log: builds/x86_64.log'],
      seconds: 12,
      failure: { class: 'flaky', log: 'builds/x86_64.log', differenceToLastGood: [], alike: [] },
    },
  ]);
});

test('a build that failed in the step of the upstream tests fails both', () => {
  expect(outcomes([broken('x86_64', 'upstream tests'), built('aarch64')], ['x86_64', 'aarch64'])).toEqual({
    'build-x86_64': 'failed',
    'build-aarch64': 'passed',
    'upstream-tests': 'failed',
  });
});

test('what failed is said once: a summary that names its step stays as it is', () => {
  const failure = { class: 'real', summary: 'step "upstream tests" ended with exit status 1: FAIL: a', step: 'upstream tests' } as const;
  const verdicts = buildVerdicts(
    [
      { ...broken('x86_64'), failure },
      { ...broken('aarch64'), failure },
    ],
    ['x86_64', 'aarch64'],
  );
  expect(verdicts.map(({ check, summary }) => `${check}: ${summary}`)).toEqual([
    `build-x86_64: ${failure.summary}`,
    `build-aarch64: ${failure.summary}`,
    `upstream-tests: on x86_64, aarch64: ${failure.summary}`,
  ]);
});

test('an architecture without a result has no verdict, and upstream tests have none then', () => {
  expect(outcomes([built('x86_64')], ['x86_64', 'aarch64'])).toEqual({ 'build-x86_64': 'passed' });
  expect(outcomes([], [])).toEqual({});
});

test('an architecture that is not asked for says nothing; the later of two results counts', () => {
  expect(outcomes([built('riscv64'), broken('x86_64'), built('x86_64')], ['x86_64'])).toEqual({
    'build-x86_64': 'passed',
    'upstream-tests': 'passed',
  });
});

test('no upstream tests in the spec is a reason to skip; a build without a package is no build', () => {
  const { upstreamTests: _, ...silent } = built('x86_64');
  expect(buildVerdicts([silent], ['x86_64'])[1]).toMatchObject({ outcome: 'skipped', summary: expect.stringContaining('no test suite') });
  expect(outcomes([built('x86_64', { packages: [] })], ['x86_64'])).toMatchObject({ 'build-x86_64': 'failed' });
  expect(buildVerdicts([built('x86_64'), { ...silent, architecture: 'aarch64' }], ['x86_64', 'aarch64'])[2]).toMatchObject({
    outcome: 'passed',
    summary: 'ran on x86_64; the spec leaves them out on aarch64',
  });
});
