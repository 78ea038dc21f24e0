import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Verdict } from '../domain/check/verdict';
import type { PlannedTest, SuitePlan, SuiteRun, TestOutcome } from '../domain/image/suite-run';
import { suiteDiscards, suiteSteps, testRunner } from './image-activities';
import { openTestDesk } from './image-test-desk';
import { reasonOf } from './release-line';

/** `image-test:<image>:<digest>:<suite>:<attempt>`: one suite on one pushed variant of an image. What it says is a verdict; only cancellation, and a suite that cannot be read, end it without. */
export async function imageTest(run: SuiteRun): Promise<Verdict> {
  const desk = openTestDesk(run);
  const started = Date.now();
  try {
    const { passed, ...plan } = await suiteSteps.planSuite(run);
    if (passed) return passed;
    desk.planned(plan);
    const outcomes = await runAll(plan, (test) => runOne(test, plan, run, desk));
    const { untested, impossible } = plan;
    return await suiteSteps.concludeSuite({ ...run, untested, impossible, outcomes, seconds: (Date.now() - started) / 1000 });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    throw ApplicationFailure.create({ type: 'ImageTestFailed', message: reasonOf(error), nonRetryable: true });
  }
}

/** In their order, also after one that failed; or side by side. */
async function runAll(plan: SuitePlan, one: (test: PlannedTest) => Promise<TestOutcome>): Promise<readonly TestOutcome[]> {
  if (plan.order === 'side-by-side') return Promise.all(plan.tests.map(one));
  const outcomes: TestOutcome[] = [];
  for (const test of plan.tests) outcomes.push(await one(test));
  return outcomes;
}

/** Runs a test, keeps its sandbox for a person where the suite says so, and leaves nothing of it in the cluster, whatever comes between. */
async function runOne(test: PlannedTest, plan: SuitePlan, run: SuiteRun, desk: ReturnType<typeof openTestDesk>): Promise<TestOutcome> {
  const input = { ...run, test: test.test, architecture: test.architecture };
  desk.began(test);
  try {
    const outcome = await outcomeOf(test, { ...input, keep: plan.pause.mode });
    if (outcome.kept) await desk.pause(test, outcome, outcome.kept.look, plan.pause.seconds);
    desk.ended(test, outcome);
    return outcome;
  } finally {
    if (test.kind === 'kubernetes') await CancellationScope.nonCancellable(() => discard(input));
  }
}

/** What a cluster refuses for good is a failed test: a person reads why. */
async function outcomeOf(test: PlannedTest, input: Parameters<ReturnType<typeof testRunner>['runTest']>[0]): Promise<TestOutcome> {
  const started = Date.now();
  try {
    return await testRunner(test).runTest(input);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const seconds = (Date.now() - started) / 1000;
    return {
      test: test.test,
      architecture: test.architecture,
      passed: false,
      tries: 1,
      wrong: [reasonOf(error)],
      seconds,
      output: [],
      log: '',
    };
  }
}

/** What could not be discarded is no reason to lose a verdict. */
async function discard(input: Parameters<typeof suiteDiscards.discardTest>[0]): Promise<void> {
  try {
    await suiteDiscards.discardTest(input);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
}
