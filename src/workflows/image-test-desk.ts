import { condition, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { SuitePlan, SuiteRun, TestOutcome } from '../domain/image/suite-run';
import type { PlannedTest } from '../domain/image/suite-run';
import { imageTestDetails } from '../domain/image/test-details';
import type { ImageTestView, RunningTest } from '../domain/image/test-details';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { endPauseSignal, endPauseUpdate, imageTestQuery, SEARCH } from './messages';
import type { EndPause } from './messages';

/** The desk of one suite on one variant: query, details, and the pauses that a person may end. */
export function openTestDesk({ lock, built, suite, attempt }: SuiteRun) {
  let plan: Pick<SuitePlan, 'tests' | 'impossible' | 'untested'> = { tests: [], impossible: [], untested: [] };
  let begun = 0;
  const running = new Map<PlannedTest, RunningTest>();
  const outcomes: TestOutcome[] = [];
  const pauses: { ended: boolean }[] = [];

  const view = (): ImageTestView => ({
    ...{ image: lock.image, suite, variant: built.variant, digest: built.digest, attempt },
    ...{ waiting: plan.tests.length - begun, running: [...running.values()], outcomes: [...outcomes] },
    ...{ impossible: plan.impossible, untested: plan.untested },
  });
  const show = () => {
    const until = [...running.values()].map((test) => test.until).sort()[0];
    upsertSearchAttributes([
      { key: SEARCH.image, value: lock.image },
      { key: SEARCH.stage, value: pauses.length > 0 ? 'paused' : 'test' },
      { key: SEARCH.deadline, value: until === undefined ? null : new Date(until) },
    ]);
    setCurrentDetails(clamp(imageTestDetails(view()), DETAILS_BYTES));
  };
  const endPauses = ({ by }: EndPause): string => {
    const count = pauses.length;
    for (const pause of pauses) pause.ended = true;
    return `${count === 1 ? 'one pause' : `${count} pauses`} ended by ${by}`;
  };
  const refused = ({ by }: EndPause): string | undefined => {
    if (typeof by !== 'string' || by.trim() === '') return 'say who you are: {"by": "your name"}';
    return pauses.length === 0 ? 'nothing is paused' : undefined;
  };
  setHandler(imageTestQuery, view);
  setHandler(endPauseUpdate, endPauses, {
    validator: (input: EndPause) => {
      const reason = refused(input);
      if (reason) throw new Error(reason);
    },
  });
  setHandler(endPauseSignal, (input: EndPause) => {
    if (refused(input) === undefined) endPauses(input);
  });

  return {
    planned(made: SuitePlan): void {
      plan = made;
      show();
    },
    began(test: PlannedTest): void {
      begun += 1;
      const now = Date.now();
      running.set(test, {
        ...{ test: test.test, architecture: test.architecture, since: new Date(now).toISOString() },
        until: new Date(now + test.mostSeconds * 1000).toISOString(),
      });
      show();
    },
    /** Waits durably until a person ended the pause, or its time is over. */
    async pause(test: PlannedTest, { passed }: TestOutcome, look: string, seconds: number): Promise<void> {
      const pause = { ended: false };
      pauses.push(pause);
      const until = new Date(Date.now() + seconds * 1000).toISOString();
      running.set(test, { ...running.get(test)!, until, paused: { look, passed } });
      show();
      try {
        await condition(() => pause.ended, seconds * 1000);
      } finally {
        pauses.splice(pauses.indexOf(pause), 1);
      }
    },
    ended(test: PlannedTest, outcome: TestOutcome): void {
      running.delete(test);
      outcomes.push(outcome);
      show();
    },
  };
}
