import { readFile } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createCheckActivities } from '../../../src/activities/checks/checks';
import type { CheckActivities, CheckRequest } from '../../../src/activities/contract';
import type { CheckDeps } from '../../../src/activities/checks/context';
import type { TestRunner } from '../../../src/activities/melange/test-runner';
import type { Verdict } from '../../../src/domain/check/verdict';
import { keyName } from '../../../src/domain/build/build-key';
import { buildVerdicts } from '../../../src/domain/check/build-verdicts';
import type { BuildResult, ReleaseRecord } from '../../../src/domain/release/release';
import { builtWith, builtWithFiles, NEW, OLD, update } from '../../checks/scenario';

/** The tools of a tester whose machine is well: the real ones are in test/e2e. It counts what it is asked. */
function runner(more: Partial<TestRunner> = {}): { readonly runner: TestRunner; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    runner: {
      solve: async ({ packages }) => (asked.push(`solve ${packages.join(' ')}`), { ok: true, installed: [] }),
      runLinters: async () => (asked.push('lint'), { failed: [], warned: [] }),
      testPackages: async () => (asked.push('test'), { outcome: 'passed', ran: 1, log: 'l', summary: '', seconds: 1 }),
      runCommands: async ({ commands }) => commands.map((command) => ({ command, code: 0, timedOut: false, output: '' })),
      ...more,
    },
  };
}

const runIn = (environment: MockActivityEnvironment, deps: CheckDeps, request: CheckRequest) =>
  environment.run<[CheckRequest], readonly Verdict[], CheckActivities['runChecks']>(createCheckActivities(deps).runChecks, request);
const outcomes = (verdicts: readonly Verdict[]) => Object.fromEntries(verdicts.map(({ check, outcome }) => [check, outcome]));

test('a stage gives one verdict for each of its checks', async () => {
  const { deps, request } = await update(NEW);
  const verdicts = await runIn(new MockActivityEnvironment(), { ...deps, ...runner() }, request);
  expect(outcomes(verdicts)).toEqual({
    installable: 'passed',
    'file-diff': 'passed',
    abi: 'passed',
    sbom: 'passed',
    linters: 'passed',
    'dangerous-files': 'passed',
    'capability-diff': 'passed',
  });
  expect(outcomes(await runIn(new MockActivityEnvironment(), { ...deps, ...runner() }, { ...request, stage: 'test' }))).toEqual({
    'package-tests': 'passed',
    'sniff-tests': 'passed',
  });
});

test('a pass is found again for the same content and attempt; a failure, other content and a further attempt are looked at anew', async () => {
  const { deps, request } = await update(builtWith('libhello', (item) => ({ ...item, sbom: false })));
  const tools = runner();
  const all = { ...deps, runner: tools.runner };
  const first = await runIn(new MockActivityEnvironment(), all, request);
  expect(tools.asked).toEqual(['solve hello=1.1-r0', 'solve libhello=1.1-r0', 'lint']);
  expect(await deps.store.listRecords('verdicts')).toHaveLength(6);

  const second = await runIn(new MockActivityEnvironment(), all, request);
  expect(tools.asked).toHaveLength(3);
  expect(second.filter(({ outcome }) => outcome === 'passed')).toEqual(first.filter(({ outcome }) => outcome === 'passed'));
  expect(outcomes(second).sbom).toBe('failed');

  await runIn(new MockActivityEnvironment(), all, { ...request, attempt: 1 });
  expect(tools.asked).toHaveLength(6);
  const [build] = request.builds;
  await runIn(new MockActivityEnvironment(), all, { ...request, builds: [{ ...build!, packages: build!.packages.slice(1) }] });
  expect(tools.asked.slice(6)).toEqual(['solve libhello=1.1-r0', 'lint']);
});

const atFault = () =>
  runner({ runLinters: () => Promise.reject(ApplicationFailure.create({ type: 'Infrastructure', message: 'no space left' })) });

test('a machine at fault is tried again, and then shown', async () => {
  const { deps, request } = await update(NEW);
  const all = { ...deps, ...atFault() };
  for (const attempt of [1, 2])
    await expect(
      runIn(new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }), all, request),
    ).rejects.toMatchObject({ type: 'Infrastructure' });
  const verdicts = await runIn(new MockActivityEnvironment({ attempt: 3 }), all, request);
  expect(verdicts.find(({ check }) => check === 'linters')).toMatchObject({
    outcome: 'failed',
    summary: "melange's linters could not be checked: no space left",
    failure: { class: 'infrastructure' },
  });
});

test('whatever a check throws is a failed verdict, and so is what this worker has not got', async () => {
  const { deps, request } = await update(NEW);
  const broken = runner({ solve: () => Promise.reject(new TypeError('a bug')) });
  const verdicts = await runIn(new MockActivityEnvironment(), { ...deps, ...broken }, request);
  expect(verdicts.find(({ check }) => check === 'installable')).toMatchObject({
    outcome: 'failed',
    summary: 'Can be installed could not be checked: a bug',
  });
  const without = await runIn(new MockActivityEnvironment(), deps, { ...request, attempt: 1 });
  expect(without.find(({ check }) => check === 'linters')).toMatchObject({
    outcome: 'failed',
    summary: expect.stringContaining('has no runner'),
    failure: { class: 'infrastructure' },
  });
});

test('a cancelled activity ends instead of giving verdicts', async () => {
  const { deps, request } = await update(NEW);
  const environment = new MockActivityEnvironment();
  const stopping = runner({ runLinters: () => (environment.cancel(), Promise.reject(new Error('killed'))) });
  await expect(runIn(environment, { ...deps, ...stopping }, request)).rejects.toMatchObject({ name: 'CancelledFailure' });
});

test('it heartbeats with what runs', async () => {
  const { deps, request } = await update(NEW);
  const environment = new MockActivityEnvironment();
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  await runIn(environment, { ...deps, ...runner() }, request);
  expect(beats.length).toBeGreaterThan(0);
});

/** An update whose build environment has another gcc than that of the release before, which a person had to answer. */
async function withHistory(build: Partial<BuildResult>, answered: string) {
  const { deps, request } = await update(builtWith('libhello', (item) => ({ ...item, sbom: false })));
  const { store } = deps;
  const [built] = request.builds;
  const builds = [{ ...built!, ...build }];
  const key = `sha256:${'7'.repeat(64)}` as const;
  const gcc = (version: string) => ({ environment: [{ name: 'gcc', version, checksum: version, url: '' }] });
  await store.writeRecord(builds[0]!.outcome === 'built' ? 'build' : 'failed-build', keyName(built!.key), gcc('13'));
  await store.writeRecord('build', keyName(key), gcc('12'));
  const earlier: Partial<ReleaseRecord> = {
    id: 'release:hello-1.0-r0',
    input: { ...request.release, version: '1.0' },
    outcome: 'published',
    change: { ...request.change, version: '1.0' },
    builds: [{ ...built!, key }],
    verdicts: [],
    decisions: [{ decision: { kind: 'retry', by: 'ada' }, at: '', answered: [answered] }],
  };
  await store.writeRecord('release', earlier.id!, earlier);
  return { deps, request: { ...request, builds } };
}
const explain = (deps: CheckDeps, input: Parameters<CheckActivities['explainFailures']>[0]): Promise<readonly Verdict[]> =>
  new MockActivityEnvironment().run(createCheckActivities(deps).explainFailures, input);
const DIFFERENCE = ['version 1.0-r0 → 1.1-r0', 'x86_64: gcc 12 → 13'];

test('a failure tells what changed since the last good release, and how people answered it before', async () => {
  const { deps, request } = await withHistory({}, 'sbom: it broke');
  const verdicts = await runIn(new MockActivityEnvironment(), { ...deps, ...runner() }, request);
  expect(verdicts.find(({ check }) => check === 'sbom')?.failure).toEqual({
    class: 'real',
    differenceToLastGood: DIFFERENCE,
    alike: [{ release: 'release:hello-1.0-r0', check: 'sbom', summary: 'it broke', answer: 'retried by ada (then published)' }],
  });
});

test('a failed build is explained alike, and keeps its class and log', async () => {
  const failure = { class: 'flaky', summary: 'step "make check" ended with exit status 2: FAIL: b', step: 'make check' } as const;
  const failed: Partial<BuildResult> = { outcome: 'failed', packages: [], log: 'builds/hello.log', upstreamTests: 'make check', failure };
  const before = 'step "make check" ended with exit status 1: FAIL: a';
  const { deps, request } = await withHistory(failed, `build-x86_64: ${before}`);
  const { release, change, builds } = request;
  const passed: Verdict = { check: 'licence', outcome: 'passed', summary: 'MIT', details: [], seconds: 0 };
  const verdicts = [...buildVerdicts(builds, ['x86_64']), passed];
  const [build, tests, other] = await explain(deps, { release, change, builds, verdicts });
  const alike = { release: 'release:hello-1.0-r0', check: 'build-x86_64', summary: before, answer: 'retried by ada (then published)' };
  const report = { class: 'flaky', log: 'builds/hello.log', differenceToLastGood: DIFFERENCE };
  expect(build).toEqual({ ...verdicts[0], failure: { ...report, alike: [alike] } });
  expect(tests).toEqual({ ...verdicts[1], failure: { ...report, alike: [] } });
  expect(other).toEqual(passed);
});

test('the last good release is found behind many newer ones of other packages', async () => {
  const { deps, request } = await withHistory({ outcome: 'failed', packages: [] }, 'sbom: it broke');
  for (let index = 0; index < 210; index += 1)
    await deps.store.writeRecord('release', `release:other${index}-1-r0`, { input: { package: 'other' }, decisions: [], verdicts: [] });
  const { release, change, builds } = request;
  const verdicts = buildVerdicts(builds, ['x86_64']);
  const [build] = await explain(deps, { release, change, builds, verdicts });
  expect(build?.failure?.differenceToLastGood).toEqual(DIFFERENCE);
});

test('long details are kept in the store, and the verdict says where', async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`usr/share/hello/${index}-${'x'.repeat(250)}`, 'x']));
  const { deps, request } = await update(builtWithFiles(many), OLD);
  const verdicts = await runIn(new MockActivityEnvironment(), { ...deps, ...runner() }, request);
  const { details } = verdicts.find(({ check }) => check === 'file-diff')!;
  expect(details).toHaveLength(40);
  expect(Math.max(...details.map((line) => line.length))).toBeLessThanOrEqual(200);
  const log = /log (checks\/\S+)$/.exec(details[39]!)![1]!;
  expect(log).toBe('checks/hello-1.1-r0/file-diff-0.log');
  expect((await readFile(await deps.store.log(log), 'utf8')).trim().split('\n').length).toBeGreaterThan(60);
});
