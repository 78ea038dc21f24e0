import { ApplicationFailure } from '@temporalio/common';
import type { ImageLook } from '../../src/domain/image/reduce';
import { imageCheck, requiredImageChecks } from '../../src/domain/image/gate';
import type { Pause, SuitePlan, SuiteRun, TestOutcome } from '../../src/domain/image/suite-run';
import { suiteVerdict } from '../../src/domain/image/verdict-of-suite';
import type { BuiltVariant, ImageGateRecord, ImageLock, ImageRecord, TagMove } from '../../src/domain/image/image';
import type { ImageRollback, RolledBack } from '../../src/domain/image/order';
import type { Digest } from '../../src/domain/digest';
import type { Verdict } from '../../src/domain/check/verdict';

/** What registry, apko and suites do in a workflow test, and what the workflows did to them. */
export interface ImageWorld {
  /** What a look finds now. */
  look: ImageLook;
  /** Failing checks of a lock by attempt. */
  failing: (lock: ImageLock, attempt: number) => readonly string[];
  /** While true, builds stand. */
  building: boolean;
  /** While true, `moveTags` stands before it moves. */
  tagging: boolean;
  /** How often `moveTags` dies after it moved. */
  crashes: number;
  refuseTags: boolean;
  /** Locks that a rollback goes back over, as the publisher finds. */
  over: readonly ImageLock[];
  /** What every suite plans. */
  plan: Pick<SuitePlan, 'order' | 'tests' | 'pause'>;
  /** Instead of an end at once. */
  runTest?: (input: SuiteRun & { readonly test: string; readonly keep: Pause['mode'] }, outcome: TestOutcome) => Promise<TestOutcome>;
  readonly tags: Map<string, string>;
  readonly pushed: Set<string>;
  readonly calls: string[];
  readonly records: ImageRecord[];
  readonly gates: ImageGateRecord[];
}

const digest = (text: string): Digest => `sha256:${Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64)}`;

/** A lock whose key is made of its name. */
export function lockOf(name: string, more: Partial<ImageLock> = {}): ImageLock {
  return {
    image: 'web',
    repository: 'tools/web',
    commit: 'c'.repeat(40),
    generation: 1,
    spec: digest('spec'),
    suites: [{ name: 'starts', file: digest('suite') }],
    variants: ['', 'dev'].map((variant) => ({ variant, config: digest('config'), digest: digest(name), version: '1.2.3-r0', packages: 3 })),
    key: digest(name),
    changes: [],
    ...more,
  };
}

export function newImageWorld(first: ImageLock): ImageWorld {
  return {
    look: { lock: first },
    failing: () => [],
    building: false,
    tagging: false,
    crashes: 0,
    refuseTags: false,
    over: [],
    plan: {
      order: 'in-order',
      tests: [{ test: 'starts', kind: 'container', architecture: 'x86_64', mostSeconds: 60 }],
      pause: { mode: 'never', seconds: 0 },
    },
    tags: new Map(),
    pushed: new Set(),
    calls: [],
    records: [],
    gates: [],
  };
}

/** Differs in its first digits, by which workflows are named. */
export const builtDigest = (lock: ImageLock, variant: string) => `sha256:${variant === '' ? '00' : '01'}${lock.key.slice(7, 69)}`;

/** The contract's activities of images over an `ImageWorld`, as scripted third parties. */
export function imageActivitiesOf(world: ImageWorld) {
  const verdict = (check: string, failing: readonly string[]): Verdict => ({
    check,
    outcome: failing.includes(check) ? 'failed' : 'passed',
    summary: 'seen',
    details: [],
    seconds: 0,
  });
  const checksOf = (lock: ImageLock, variant: string, suites: boolean) =>
    requiredImageChecks({ ...lock, variants: lock.variants.filter((locked) => locked.variant === variant) }).filter(
      (check) => check.startsWith('suite-') === suites,
    );
  return {
    async lockImage(): Promise<ImageLook> {
      world.calls.push('lock');
      return world.look;
    },
    async buildImage({ lock, variant }: { lock: ImageLock; variant: string }) {
      world.calls.push(`build ${variant || 'plain'}`);
      while (world.building) await new Promise((resolve) => setTimeout(resolve, 20));
      const failing = world.failing(lock, 0);
      const built: BuiltVariant = { variant, digest: builtDigest(lock, variant), layout: digest('layout'), sboms: {}, bytes: 1 };
      return { built, verdicts: checksOf(lock, variant, false).map((check) => verdict(check, failing)) };
    },
    async pushImage({ built }: { built: BuiltVariant }) {
      world.calls.push(`push ${built.variant || 'plain'}`);
      world.pushed.add(built.digest);
    },
    async planSuite(run: SuiteRun): Promise<SuitePlan & { passed?: Verdict }> {
      if (!world.pushed.has(run.built.digest)) throw ApplicationFailure.nonRetryable('there is no such image in the registry');
      return { untested: [], impossible: [], ...world.plan };
    },
    async runTest(input: SuiteRun & { test: string; architecture: string; keep: Pause['mode'] }): Promise<TestOutcome> {
      world.calls.push(`test ${input.built.variant || 'plain'} ${input.attempt}`);
      const check = imageCheck(`suite-${input.suite}`, input.built.variant);
      const passed = !world.failing(input.lock, input.attempt).includes(check);
      const outcome = {
        test: input.test,
        architecture: input.architecture,
        passed,
        tries: 1,
        wrong: passed ? [] : ['seen'],
        seconds: 1,
        output: [],
        log: 'log',
      };
      return world.runTest ? world.runTest(input, outcome) : outcome;
    },
    async discardTest({ test }: { test: string }) {
      world.calls.push(`discard ${test}`);
    },
    async concludeSuite(
      input: SuiteRun & Pick<SuitePlan, 'untested' | 'impossible'> & { outcomes: readonly TestOutcome[]; seconds: number },
    ) {
      return suiteVerdict(input, input);
    },
    async writeImageGate(gate: ImageGateRecord) {
      world.gates.push(gate);
      return digest(`gate ${world.gates.length}`);
    },
    async signImages() {
      world.calls.push('sign');
      return { signatures: digest('signatures') };
    },
    async moveTags({ lock }: { lock: ImageLock }): Promise<{ tags: TagMove[]; said: string[] }> {
      world.calls.push('moveTags');
      while (world.tagging) await new Promise((resolve) => setTimeout(resolve, 20));
      if (world.refuseTags) throw ApplicationFailure.nonRetryable('the gate record names other digests', 'GateRefused');
      const moves = lock.variants.map(({ variant }): TagMove => {
        const tag = variant === '' ? 'latest' : `latest-${variant}`;
        const from = world.tags.get(tag);
        world.tags.set(tag, builtDigest(lock, variant));
        return { tag, ...(from === undefined ? {} : { from }), to: builtDigest(lock, variant) };
      });
      if (world.crashes-- > 0) throw new Error('the worker was killed after the tags had moved');
      return { tags: moves, said: [] };
    },
    async rollBackTags({ rollback }: { rollback: ImageRollback }): Promise<RolledBack> {
      world.calls.push('rollBackTags');
      if (world.refuseTags) throw ApplicationFailure.nonRetryable('latest never pointed there', 'GateRefused');
      const moves = rollback.moves.filter(({ tag, to }) => world.tags.get(tag) !== to);
      for (const { tag, to } of moves) world.tags.set(tag, to);
      if (world.crashes-- > 0) throw new Error('the worker was killed after the tags had moved');
      return { moves: rollback.moves, over: world.over.map(({ key, generation }) => ({ key, generation })) };
    },
    async writeImageRecord(record: ImageRecord) {
      world.records.push(record);
    },
  };
}
