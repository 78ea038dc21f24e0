import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Assessment, CheckRequest, PublishRequest, SignedPackage } from '../../src/activities/contract';
import { createAnnounceActivities } from '../../src/activities/announce/announce';
import type { Verdict } from '../../src/domain/check/verdict';
import type { Digest } from '../../src/domain/digest';
import type { EncodedPlan } from '../../src/domain/floor/encoded-plan';
import { planRebuild } from '../../src/domain/floor/plan';
import { policyOf } from '../../src/domain/floor/policy';
import { graphOf } from '../../src/domain/graph/adjacency';
import { checksOf } from '../../src/domain/release/attempts';
import type { BuildResult, Cause, Change, Comparison, ReleaseInput, ReleaseRecord } from '../../src/domain/release/release';
import { fullVersion } from '../../src/domain/version/version';
import { QUEUES } from '../../src/workflows/messages';
import { workflowBundle } from './stage';

/** A distribution whose packages need each other. The workflows, the messages, the plan and the server are real; upstreams, builders, checks and the repository are scripted. */
export interface FloorWorld {
  /** What each package needs to be built. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  /** What upstream offers by package; where it is newer than main, a look finds it. */
  readonly upstream: Map<string, string>;
  /** How a build differs from what is published. */
  compare: (name: string, version: string) => Pick<Comparison, 'kind' | 'breaks'>;
  /** Packages whose builds fail. */
  readonly failing: Set<string>;
  /** Seconds on the server's clock; less than the heartbeat timeout, for nothing beats here. */
  buildSeconds: (name: string) => number;
  /** `name version-rN`, as their builds began. */
  readonly builds: string[];
  /** `name version-rN`, as they were published. */
  readonly published: string[];
  readonly records: ReleaseRecord[];
  readonly notes: string[];
  readonly journal: Map<string, string[]>;
  /** What planning fails with, taken one by one. */
  readonly planFailures: Error[];
}

export function newFloorWorld(needs: FloorWorld['needs']): FloorWorld {
  return {
    needs,
    upstream: new Map(),
    compare: () => ({ kind: 'compatible', breaks: [] }),
    failing: new Set(),
    buildSeconds: () => 5,
    builds: [],
    published: [],
    records: [],
    notes: [],
    journal: new Map(),
    planFailures: [],
  };
}

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const COMMIT = 'c'.repeat(40);

/** Every package starts as published in `1.0-r0`, which is what main says. */
export function floorActivities(world: FloorWorld, env: TestWorkflowEnvironment) {
  const main = new Map(Object.keys(world.needs).map((name) => [name, { version: '1.0', epoch: 0 }]));
  const newest = new Map(Object.keys(world.needs).map((name) => [name, '1.0-r0']));
  const graph = graphOf(
    Object.keys(world.needs),
    Object.entries(world.needs).flatMap(([name, needs]) => needs.map((need): [string, string] => [name, need])),
  );
  let generation = 1;
  const built = (name: string, version: string) => ({
    name,
    file: `${name}-${version}.apk`,
    object: digest('2'),
    checksum: 'Q1x',
    bytes: 1,
  });
  return {
    ...createAnnounceActivities({ client: env.client }),
    async assess({ package: name }: { package: string }): Promise<Assessment> {
      const spec = main.get(name);
      const version = newest.get(name);
      const offered = world.upstream.get(name);
      if (!spec) return { package: name };
      return {
        package: name,
        spec: { ...spec, digest: digest('1'), commit: COMMIT },
        ...(version ? { published: { version } } : {}),
        update:
          offered !== undefined && offered !== spec.version
            ? { chosen: { version: offered, candidate: { name: offered } }, reason: `${offered} is newer`, trace: [] }
            : { reason: 'nothing newer', trace: [] },
      };
    },
    async planRebuilds({ packages }: { packages: readonly string[] }): Promise<EncodedPlan> {
      const failure = world.planFailures.shift();
      if (failure) throw failure;
      const policies = graph.names.map((name) => policyOf(name, []));
      return planRebuild({ graph, policies, seconds: graph.names.map(world.buildSeconds), packages });
    },
    async recordDecisions({ run, lines, from }: { run: string; lines: readonly string[]; from: number }) {
      const known = world.journal.get(run) ?? [];
      if (from > known.length) throw new Error(`lines ${known.length} to ${from} of ${run} are missing`);
      world.journal.set(run, [...known.slice(0, from), ...lines]);
    },
    async prepareChange({ release }: { release: ReleaseInput }): Promise<Change> {
      const { package: name, version, epoch } = release;
      const full = fullVersion(version, epoch);
      return {
        ...(release.change === 'none' ? {} : { branch: `millrace/${name}-${full}` }),
        base: 'b'.repeat(40),
        commit: COMMIT,
        snapshot: { package: name, path: `packages/${name}.yaml`, commit: COMMIT, spec: digest('1'), files: {} },
        version,
        epoch,
        sources: [],
        droppedPatches: [],
        summary: `${name}/${full}`,
      };
    },
    async buildPackage(input: {
      architecture: string;
      version: string;
      epoch: number;
      snapshot: { package: string };
    }): Promise<BuildResult> {
      const name = input.snapshot.package;
      const full = fullVersion(input.version, input.epoch);
      world.builds.push(`${name} ${full}`);
      const seconds = world.buildSeconds(name);
      await env.sleep(seconds * 1000);
      const common = { architecture: input.architecture, key: digest('3'), log: 'log', seconds, reused: false };
      if (world.failing.has(name))
        return { ...common, outcome: 'failed', packages: [], failure: { class: 'real', summary: 'it does not compile' } };
      return { ...common, outcome: 'built', packages: [built(name, full)] };
    },
    async compareBuilds({ package: name, version }: { package: string; version: string }): Promise<Comparison> {
      return { ...world.compare(name, version), removed: [], changes: [] };
    },
    async runChecks({ stage }: CheckRequest): Promise<readonly Verdict[]> {
      return checksOf(stage).map((check) => ({ check, outcome: 'passed', summary: 'seen', details: [], seconds: 0 }));
    },
    async explainFailures({ verdicts }: { verdicts: readonly Verdict[] }) {
      return verdicts;
    },
    async reportChange() {},
    async mergeChange({ change, package: name }: { change: Change; package: string }) {
      main.set(name, { version: change.version, epoch: change.epoch });
      return { merged: true, commit: change.commit };
    },
    async closeChange() {},
    async writeGateRecord() {
      return digest('9');
    },
    async writeReleaseRecord(record: ReleaseRecord) {
      world.records.push(record);
    },
    async notify({ event, text }: { event: string; text: string }) {
      world.notes.push(`${event}: ${text}`);
    },
    async hintImages() {
      return { hinted: 0 };
    },
    async signPackages(): Promise<{ packages: readonly SignedPackage[] }> {
      return { packages: [{ ...built('signed', '1'), architecture: 'x86_64', signed: digest('4'), signedBytes: 1 }] };
    },
    async prepareGeneration({ publish }: { publish: readonly PublishRequest[] }) {
      for (const { package: name, version } of publish) {
        newest.set(name, version);
        world.published.push(`${name} ${version}`);
      }
      return { generation: generation + 1, previous: generation, indexes: { x86_64: digest('5') }, changed: true };
    },
    async signIndexes() {
      return { signed: { x86_64: digest('6') } };
    },
    async commitGeneration(commit: { generation: number }) {
      generation = commit.generation;
      return { generation };
    },
    /** A person removes a spec from main. */
    removeSpec: (name: string) => void main.delete(name),
  };
}

export const upstreamCause = (name: string, version: string): Cause => ({
  id: `upstream:${name}:${version}`,
  kind: 'upstream-release',
  text: `${name} ${version} was released`,
  at: '2026-01-02T03:04:05Z',
});

/** Runs `story` with a worker for every task queue on the world's activities. */
export async function onFloor<T>(env: TestWorkflowEnvironment, activities: object, story: () => Promise<T>): Promise<T> {
  const identity = 'floor-stage';
  const { nativeConnection: connection } = env;
  const queues = [QUEUES.control, QUEUES.tester, QUEUES.signer, QUEUES.publisher, QUEUES.builder('x86_64')];
  const workers = await Promise.all([
    Worker.create({ connection, identity, taskQueue: QUEUES.workflows, workflowBundle: await workflowBundle() }),
    ...queues.map((taskQueue) => Worker.create({ connection, identity, taskQueue, activities })),
  ]);
  const running = workers.map((worker) => worker.run());
  try {
    return await story();
  } finally {
    workers.forEach((worker) => worker.shutdown());
    await Promise.all(running);
  }
}
