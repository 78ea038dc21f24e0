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
import type { ReleaseRecord } from '../../../src/domain/release/release';
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

test('a failure tells what changed since the last good release, and how people answered it before', async () => {
  const { deps, request } = await update(builtWith('libhello', (item) => ({ ...item, sbom: false })));
  const { store } = deps;
  const key = `sha256:${'7'.repeat(64)}` as const;
  await store.writeRecord('build', keyName(request.builds[0]!.key), {
    environment: [{ name: 'gcc', version: '13', checksum: 'a', url: '' }],
  });
  await store.writeRecord('build', keyName(key), { environment: [{ name: 'gcc', version: '12', checksum: 'b', url: '' }] });
  const earlier: Partial<ReleaseRecord> = {
    id: 'release:hello-1.0-r0',
    input: { ...request.release, version: '1.0' },
    outcome: 'published',
    change: { ...request.change, version: '1.0' },
    builds: [{ ...request.builds[0]!, key }],
    verdicts: [],
    decisions: [{ decision: { kind: 'retry', by: 'ada' }, at: '', answered: ['sbom: it broke'] }],
  };
  await store.writeRecord('release', earlier.id!, earlier);
  const verdicts = await runIn(new MockActivityEnvironment(), { ...deps, ...runner() }, request);
  expect(verdicts.find(({ check }) => check === 'sbom')?.failure).toEqual({
    class: 'real',
    differenceToLastGood: ['version 1.0-r0 → 1.1-r0', 'x86_64: gcc 12 → 13'],
    alike: [{ release: 'release:hello-1.0-r0', check: 'sbom', answer: 'retried by ada (then published)' }],
  });
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
