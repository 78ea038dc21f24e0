import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** Locks on the server's clock beyond its own. */
const PADS = 3;
const STEP_MS = 2;
/** On the machine's clock: what the server still does when nothing is seen to happen any more takes less. */
const SETTLED_MS = 10;
const STUCK_MS = 1_000;
const LEAP_MS = 50;

/**
 * Lets the server's clock leap to the next timer whenever `atRest`, and go as the machine's does else. The server counts for itself what is under way, but it loses count: a workflow task that fails with "UnhandledCommand"
 * is taken off twice, an activity that outlives its workflow never (sdk-java, TestWorkflowMutableStateImpl). So the clock is kept locked some times more than need be, until one leap, and locked again. Returns how to stop it.
 */
export function leapWhenAtRest(env: TestWorkflowEnvironment, atRest: () => boolean): () => Promise<void> {
  const testService = env.connection.testService!;
  let stopped = false;
  const lock = async (times: number) => {
    for (let left = times; left > 0; left -= 1) await testService.lockTimeSkipping({});
  };
  /** How far the server's clock is before the machine's. */
  const ahead = async () => (await env.currentTimeMs()) - Date.now();
  const settled = async (milliseconds: number): Promise<boolean> => {
    for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(STEP_MS)) if (!atRest() || stopped) return false;
    return true;
  };
  const leap = async () => {
    const before = await ahead();
    const leapt = async () => (await ahead()) - before > LEAP_MS;
    let unlocked = 0;
    // The last one is the environment's own, which is there from the start.
    for (; unlocked < PADS && !(await leapt()); unlocked += 1) await testService.unlockTimeSkipping({});
    while (!(await leapt()) && atRest() && !stopped) {
      if (!(await settled(STUCK_MS)) || (await leapt())) break;
      await testService.unlockTimeSkipping({}).catch(() => undefined);
      unlocked += 1;
    }
    // After a leap the server's own locks are exact.
    await lock((await leapt()) ? PADS : unlocked);
  };
  const run = async () => {
    await lock(PADS - 1);
    while (!stopped) {
      await sleep(STEP_MS);
      if (await settled(SETTLED_MS)) await leap();
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    await running;
  };
}
