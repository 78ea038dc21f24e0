import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Runtime, Worker, DefaultLogger } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Assessment, CheckRequest, Message, PublishRequest, SignedPackage, WithdrawRequest } from '../../src/activities/contract';
import { createAnnounceActivities } from '../../src/activities/announce/announce';
import type { Verdict } from '../../src/domain/check/verdict';
import type { Digest } from '../../src/domain/digest';
import { checksOf } from '../../src/domain/release/attempts';
import type { FloorNews } from '../../src/domain/floor/floor';
import type { BuildResult, Cause, Change, Comparison, GateRecord, ReleaseInput, ReleaseRecord } from '../../src/domain/release/release';
import { QUEUES, SEARCH } from '../../src/workflows/messages';
import type { Hint } from '../../src/workflows/messages';

/** What the outside world does in a workflow test, and what the workflows did to it. The workflows, the messages and the server are real. */
export interface World {
  spec: { version: string; epoch: number };
  published: string | undefined;
  upstream: string[];
  /** Failing checks by name; a function of the attempt and the commit under test. */
  failing: (request: { readonly attempt: number; readonly commit: string }) => readonly string[];
  /** Outcome of each architecture's build by attempt. */
  builds: (architecture: string, attempt: number) => BuildResult['outcome'];
  buildHours: number;
  mergeRefusals: string[];
  /** Failures of the change step, taken one by one. */
  changeFailures: { readonly type: string; readonly message: string }[];
  refuseSigning: boolean;
  /** How what was built differs from what is published, by `version-rN`. */
  comparison: (version: string) => Comparison;
  readonly calls: string[];
  readonly records: ReleaseRecord[];
  readonly gates: GateRecord[];
  readonly notes: string[];
  /** What the floor was told; it does not run here. */
  readonly news: FloorNews[];
  generation: number;
  /** What images were told of, generation by generation; that many tries fail before. */
  readonly imageHints: { readonly id: string; readonly packages: readonly string[] }[];
  imageHintFailures: number;
}

export function newWorld(): World {
  return {
    spec: { version: '1.2.13', epoch: 0 },
    published: '1.2.13-r0',
    upstream: [],
    failing: () => [],
    builds: () => 'built',
    buildHours: 0,
    mergeRefusals: [],
    changeFailures: [],
    refuseSigning: false,
    comparison: () => compared('content'),
    calls: [],
    records: [],
    gates: [],
    notes: [],
    news: [],
    generation: 1,
    imageHints: [],
    imageHintFailures: 0,
  };
}

export const compared = (kind: Comparison['kind'], more: Partial<Comparison> = {}): Comparison => ({
  kind,
  breaks: [],
  removed: [],
  changes: [],
  ...more,
});

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const COMMIT = 'c'.repeat(40);

export const cause = (id: string): Cause => ({ id, kind: 'upstream-release', text: `${id} was released`, at: '2026-01-02T03:04:05Z' });
export const hint = (id: string, more: Partial<Hint> = {}): Hint => ({ id, cause: cause(id), ...more });
export const REMINDERS = { everySeconds: 4 * 3600, escalateAfterSeconds: 24 * 3600 };
export const FLOOR = { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } };

export function releaseInput(more: Partial<ReleaseInput> = {}): ReleaseInput {
  return {
    distribution: 'demo',
    package: 'zlib',
    version: '1.3.1',
    epoch: 0,
    previous: '1.2.13-r0',
    change: 'bump',
    causes: [cause('upstream:zlib:1.3.1')],
    architectures: ['x86_64'],
    reminders: REMINDERS,
    floor: FLOOR,
    ...more,
  };
}

function changeOf(release: ReleaseInput, commit: string): Change {
  return {
    ...(release.change !== 'none' ? { branch: `millrace/${release.package}-${release.version}-r${release.epoch}` } : {}),
    base: 'b'.repeat(40),
    commit,
    snapshot: { package: release.package, path: `packages/${release.package}.yaml`, commit, spec: digest('1'), files: {} },
    version: release.version,
    epoch: release.epoch,
    sources: [],
    droppedPatches: [],
    summary: `${release.package}/${release.version} package update`,
  };
}

const refused = (type: string, message: string) => ApplicationFailure.create({ type, message, nonRetryable: true });

/** The contract's activities over a `World`, as scripted third parties. */
export function activitiesOf(world: World, env: TestWorkflowEnvironment) {
  const looked = (): Assessment => {
    const newest = world.upstream[world.upstream.length - 1];
    const newer = newest !== undefined && newest !== world.spec.version;
    return {
      package: 'zlib',
      spec: { ...world.spec, digest: digest('1'), commit: COMMIT },
      ...(world.published ? { published: { version: world.published } } : {}),
      update: newer
        ? { chosen: { version: newest, candidate: { name: newest } }, reason: `${newest} is newer`, trace: [] }
        : { reason: 'nothing newer', trace: [] },
    };
  };
  const withdrawn = new Set<string>();
  const announcing = createAnnounceActivities({ client: env.client });
  return {
    ...announcing,
    async announce({ messages }: { messages: readonly Message[] }) {
      const toFloor = messages.filter(({ workflowId }) => workflowId.startsWith('floor:'));
      for (const { argument } of toFloor) world.news.push(argument as FloorNews);
      await announcing.announce({ messages: messages.filter((message) => !toFloor.includes(message)) });
    },
    async assess() {
      world.calls.push('assess');
      return looked();
    },
    async sweep() {
      const { update } = looked();
      return {
        looked: 1,
        hints: update?.chosen ? [{ package: 'zlib', cause: cause(`upstream:zlib:${update.chosen.version}`) }] : [],
        problems: [],
      };
    },
    async prepareChange({ release }: { release: ReleaseInput }) {
      world.calls.push(`prepareChange ${release.version}-r${release.epoch}`);
      const failure = world.changeFailures.shift();
      if (failure) throw refused(failure.type, failure.message);
      return changeOf(release, COMMIT);
    },
    async adoptPatch({ change, commit }: { change: Change; commit: string }) {
      if (commit.startsWith('0')) throw refused('Conflict', 'the commit touches packages/lz4.yaml');
      world.calls.push('adoptPatch');
      return { ...change, commit };
    },
    async mergeChange({ change }: { change: Change }) {
      world.calls.push('mergeChange');
      const reason = world.mergeRefusals.shift();
      if (reason) return { merged: false, reason };
      world.spec = { version: change.version, epoch: change.epoch };
      return { merged: true, commit: change.commit };
    },
    async closeChange() {
      world.calls.push('closeChange');
    },
    async reportChange() {},
    async writeGateRecord(gate: GateRecord) {
      world.gates.push(gate);
      return digest('9');
    },
    async writeReleaseRecord(record: ReleaseRecord) {
      world.records.push(record);
    },
    async hintImages({ id, packages }: { id: string; packages: readonly string[] }) {
      if (world.imageHintFailures-- > 0) throw new Error('the store cannot be read');
      world.imageHints.push({ id, packages });
      return { hinted: 0 };
    },
    async notify({ event }: { event: string }) {
      world.notes.push(event);
    },
    async buildPackage(input: { architecture: string; attempt: number; version: string }): Promise<BuildResult> {
      world.calls.push(`build ${input.version} ${input.architecture} ${input.attempt}`);
      if (world.buildHours > 0) await env.sleep(world.buildHours * 3_600_000);
      const outcome = world.builds(input.architecture, input.attempt);
      const built = { name: 'zlib', file: 'zlib.apk', object: digest('2'), checksum: 'Q1x', bytes: 1 };
      return {
        outcome,
        architecture: input.architecture,
        key: digest('3'),
        log: 'log',
        seconds: 1,
        reused: false,
        packages: outcome === 'built' ? [built] : [],
      };
    },
    async compareBuilds({ version }: { version: string }) {
      world.calls.push(`compare ${version}`);
      return world.comparison(version);
    },
    async runChecks(request: CheckRequest): Promise<readonly Verdict[]> {
      world.calls.push(`checks ${request.stage} ${request.attempt}`);
      const failing = world.failing({ attempt: request.attempt, commit: request.change.commit });
      return checksOf(request.stage).map((check) => ({
        check,
        outcome: failing.includes(check) ? 'failed' : 'passed',
        summary: 'seen',
        details: [],
        seconds: 0,
      }));
    },
    async explainFailures({ verdicts }: { verdicts: readonly Verdict[] }): Promise<readonly Verdict[]> {
      world.calls.push('explainFailures');
      return verdicts;
    },
    async signPackages(): Promise<{ packages: SignedPackage[] }> {
      world.calls.push('signPackages');
      if (world.refuseSigning) throw refused('GateRefused', 'the gate record lacks abi');
      return {
        packages: [
          {
            name: 'zlib',
            file: 'zlib.apk',
            object: digest('2'),
            checksum: 'Q1x',
            bytes: 1,
            architecture: 'x86_64',
            signed: digest('4'),
            signedBytes: 2,
          },
        ],
      };
    },
    async prepareGeneration({ publish, withdraw }: { publish: PublishRequest[]; withdraw: WithdrawRequest[] }) {
      world.calls.push(`prepareGeneration ${[...publish, ...withdraw].map((request) => request.id).join(' ')}`);
      if (publish.some((request) => request.package === 'poison')) throw refused('IndexRefused', 'poison is refused');
      withdraw.forEach((request) => withdrawn.add(request.version));
      return { generation: world.generation + 1, previous: world.generation, indexes: { x86_64: digest('5') }, changed: true };
    },
    async signIndexes() {
      return { signed: { x86_64: digest('6') } };
    },
    async commitGeneration({ generation, contains }: { generation: number; contains: string[] }) {
      world.generation = generation;
      for (const full of contains) world.published = full.replace(/^zlib-/, '');
      world.calls.push(`commitGeneration ${generation}`);
      return { generation };
    },
  };
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** One bundle for a whole test file. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: path.resolve(__dirname, '../../src/workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  return bundle;
}

function onPath(program: string): string | undefined {
  try {
    return execFileSync('which', [program], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** The time-skipping server does not keep the SDK's flags, so histories to replay are recorded on the development server. */
export const RECORDING = process.env['MILLRACE_RECORD'] === '1';

/** Path of the time-skipping server, where set-up could fetch it (it needs Java); without it these tests are named as skipped. */
export const TIME_SKIPPING = onPath('temporal-test-server');

export async function timeSkipping(): Promise<TestWorkflowEnvironment> {
  const logging = { filter: 'ERROR', forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  const env = RECORDING
    ? await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: onPath('temporal')! } } })
    : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: TIME_SKIPPING! } } });
  const searchAttributes = Object.fromEntries(Object.values(SEARCH).map(({ name, type }) => [name, INDEXED[type]]));
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  return env;
}

const INDEXED = {
  KEYWORD: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KEYWORD_LIST: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  DATETIME: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Runs `story` with one worker per task queue on the world's activities, and others beside them. */
export async function onStage<T>(
  env: TestWorkflowEnvironment,
  world: World,
  story: () => Promise<T>,
  others: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {},
): Promise<T> {
  const activities = { ...activitiesOf(world, env), ...others };
  const identity = 'stage';
  const common = { connection: env.nativeConnection, activities, identity };
  const queues = [
    QUEUES.control,
    QUEUES.tester,
    QUEUES.suites,
    QUEUES.signer,
    QUEUES.publisher,
    QUEUES.builder('x86_64'),
    QUEUES.builder('aarch64'),
  ];
  const workers = await Promise.all([
    Worker.create({ connection: env.nativeConnection, identity, taskQueue: QUEUES.workflows, workflowBundle: await workflowBundle() }),
    ...queues.map((taskQueue) => Worker.create({ ...common, taskQueue })),
  ]);
  const running = workers.map((worker) => worker.run());
  try {
    return await story();
  } finally {
    workers.forEach((worker) => worker.shutdown());
    await Promise.all(running);
  }
}

/** Waits for a state that a query shows, on the server's clock. */
export async function until<T>(look: () => Promise<T | undefined>, env: TestWorkflowEnvironment): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    await env.sleep(50);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the state that the test waits for never came');
}

/** Stack traces name folders of the machine that recorded. */
const STACK = /"stackTrace": ?"(?:[^"\\]|\\.)*"/g;

/** With MILLRACE_RECORD=1: keeps the history of a workflow that a test has run, for test/replay. */
export async function record(env: TestWorkflowEnvironment, workflowId: string, name: string): Promise<void> {
  if (!RECORDING) return;
  const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
  const file = `${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)}.json`;
  writeFileSync(
    path.join(__dirname, '../replay/histories', file),
    `{"workflowId":${JSON.stringify(workflowId)},"history":${historyToJSON(history).replace(STACK, '"stackTrace":""')}}\n`,
  );
}
