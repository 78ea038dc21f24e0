import { ActivityFailure, ChildWorkflowFailure, executeChild, isCancellation, ParentClosePolicy } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Verdict } from '../domain/check/verdict';
import { BUILD_CHECKS, imageCheck, imageStandings, suitesOf } from '../domain/image/gate';
import { imageTestId } from '../domain/image/suite-run';
import type { SuiteRun } from '../domain/image/suite-run';
import { clamp, SUMMARY_BYTES } from '../domain/text/clamp';
import { imageBuilder, imagePublisher } from './image-activities';
import type { ImageDesk } from './image-desk';
import { imageTest } from './image-test';
import { QUEUES } from './messages';
import { reasonOf } from './release-line';

/** One pass over the line up to the gate; what passed before is kept. Returns why the gate is shut. */
export async function attemptImage(desk: ImageDesk): Promise<string[]> {
  try {
    await build(desk);
    // What is not as image.yaml says it is is neither pushed nor tested.
    if (shut(desk).some(({ is }) => is === 'failed')) return because(desk);
    await push(desk);
    const unrun = await test(desk);
    if (unrun.length > 0) return [...because(desk), ...unrun];
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return [reasonOf(error)];
  }
  return because(desk);
}

/** Builds the variants that were not built, or not as they must be. */
async function build(desk: ImageDesk): Promise<void> {
  const { state, input } = desk;
  const { lock, architectures } = input;
  const due = lock.variants.filter(({ variant }) => BUILD_CHECKS.some((check) => !has(desk, imageCheck(check, variant))));
  if (due.length === 0) return;
  desk.enter('builds', 'build');
  const results = await Promise.all(
    due.map(({ variant, version }) =>
      imageBuilder(architectures[0]!, `${lock.image} ${version} ${variant || 'plain'}: every architecture`).buildImage({ lock, variant }),
    ),
  );
  const anew = results.map(({ built }) => built);
  state.built = [...state.built.filter(({ variant }) => !anew.some((built) => built.variant === variant)), ...anew];
  remember(
    desk,
    results.flatMap(({ verdicts }) => verdicts),
  );
}

/** By digest, without a tag: what is tested is what a registry serves. */
async function push(desk: ImageDesk): Promise<void> {
  const { state, input } = desk;
  const due = state.built.filter(({ digest }) => !state.pushed.has(digest));
  if (due.length === 0) return;
  desk.enter('built: pushes without a tag', 'push');
  await Promise.all(due.map((built) => imagePublisher.pushImage({ lock: input.lock, built })));
  due.forEach(({ digest }) => state.pushed.add(digest));
}

/** Runs the suites that lack a verdict, each as a workflow of its own: it outlives restarts, and is cancelled with this one. One that could not be run keeps no other from its verdict. */
async function test(desk: ImageDesk): Promise<readonly string[]> {
  const { state, input } = desk;
  const { lock } = input;
  const due = state.built.flatMap((built) =>
    suitesOf(lock)
      .filter((suite) => !has(desk, imageCheck(`suite-${suite}`, built.variant)))
      .map((suite): SuiteRun => ({ lock, built, suite, attempt: state.attempt })),
  );
  if (due.length === 0) return [];
  desk.enter('pushed: runs its test suites', 'test');
  const ended = await Promise.all(due.map(runSuite));
  remember(
    desk,
    ended.filter((verdict) => typeof verdict !== 'string'),
  );
  return ended.filter((verdict) => typeof verdict === 'string');
}

/** Its verdict, or why it has none. */
async function runSuite(run: SuiteRun): Promise<Verdict | string> {
  const { lock, built, suite } = run;
  try {
    return await executeChild(imageTest, {
      args: [run],
      workflowId: imageTestId(run),
      taskQueue: QUEUES.workflows,
      // Whoever terminates the release leaves nothing in a cluster.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: clamp(`${suite} on ${lock.image} ${lock.variants[0]?.version ?? ''} ${built.variant || 'plain'}`, SUMMARY_BYTES),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) return `${imageTestId(run)} runs already: retry when it has ended`;
    if (!(error instanceof ChildWorkflowFailure)) throw error;
    return `suite-${suite}: ${error.cause?.message ?? error.message}`;
  }
}

const has = ({ state }: ImageDesk, check: string) => state.verdicts.some((verdict) => verdict.check === check);

const shut = ({ state, input }: ImageDesk) =>
  imageStandings({ ...state, lock: input.lock }).filter(({ is }) => is === 'failed' || is === 'missing');

const because = (desk: ImageDesk) => shut(desk).map(({ check, verdict }) => `${check}: ${verdict?.summary ?? 'no result yet'}`);

function remember({ state }: ImageDesk, verdicts: readonly Verdict[]): void {
  const names = new Set(verdicts.map(({ check }) => check));
  state.verdicts = [...state.verdicts.filter(({ check }) => !names.has(check)), ...verdicts];
}
