import { Context } from '@temporalio/activity';
import { WorkflowClient } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { planRebuild } from '../../src/domain/floor/plan';
import { floorId, QUEUES } from '../../src/workflows/messages';
import { floorStart } from '../../src/workflows/start';
import { componentGraph, drawnSeconds, floorSettings, realGraph, rebuildAll } from '../domain/floor/mass-rebuild';
import { hasPack } from '../domain/graph/pack';
import { distributionActivities } from '../workflows/distribution';
import { REMINDERS, TIME_SKIPPING, timeSkipping, workflowBundle } from '../workflows/stage';

const SLOTS = 4;
const SEED = 1;
/** Seconds; half of the heartbeat timeout of a build. */
const BEAT = 6;

/** Sleeps on the server's clock and beats as a worker does on a real one: the SDK's heartbeats go by the machine's clock. */
async function build(env: TestWorkflowEnvironment, seconds: number): Promise<void> {
  const { taskToken } = Context.current().info;
  for (let left = seconds; left > 0; left -= BEAT) {
    await env.sleep(1000 * Math.min(BEAT, left));
    if (left > BEAT) await env.connection.workflowService.recordActivityTaskHeartbeat({ namespace: 'default', taskToken });
  }
}

const ready = hasPack && TIME_SKIPPING !== undefined;

/** All 3,401 packages take some 25 minutes on two busy cores, so that is asked for by name; else a part of the largest component. */
const WHOLE = process.env['MILLRACE_WHOLE_GRAPH'] === '1';
const PART = 60;
jest.setTimeout(WHOLE ? 7_200_000 : 900_000);

(ready ? describe : describe.skip)('a rebuild of everything (skipped without ../shared/data or the time-skipping server)', () => {
  const graph = WHOLE ? realGraph() : componentGraph(PART);
  const { seconds, estimates } = drawnSeconds(graph.names.length, SEED, 1);
  const policies = graph.names.map(() => 'abi' as const);
  const plan = (packages: readonly string[]) => planRebuild({ graph, policies, seconds: estimates, packages });
  const secondsOf = (name: string) => seconds[graph.numbers.get(name)!]!;

  test('goes through the real workflows with each package once; by hand also in the time that the simulated floor takes', async () => {
    const env = await timeSkipping();
    // The environment's own client locks and unlocks the clock, which is for a test that waits for one result.
    const client = new WorkflowClient({ connection: env.connection });
    const { activities, happened } = distributionActivities({
      plan,
      build: async (name) => {
        await build(env, secondsOf(name));
        return secondsOf(name);
      },
      client: env.client,
    });
    const queues = [QUEUES.control, QUEUES.tester, QUEUES.signer, QUEUES.publisher, QUEUES.builder('x86_64')];
    const workers = await Promise.all([
      Worker.create({ connection: env.nativeConnection, taskQueue: QUEUES.workflows, workflowBundle: await workflowBundle() }),
      ...queues.map((taskQueue) => Worker.create({ connection: env.nativeConnection, taskQueue, activities })),
    ]);
    const running = workers.map((worker) => worker.run());
    try {
      const defaults = { distribution: 'demo', architectures: ['x86_64'], reminders: REMINDERS, floor: floorSettings(SLOTS) };
      const { type, taskQueue, input } = floorStart(defaults);
      const decision = { kind: 'rebuild', id: 'everything', by: 'Ann', reason: 'a test', packages: graph.names };
      const begun = await env.currentTimeMs();
      const workflowId = floorId('demo');
      await client.signalWithStart(type, { workflowId, taskQueue, args: [input], signal: 'decide', signalArgs: [decision] });
      // From now on the clock leaps whenever all that runs sleeps; else it goes as the machine's does.
      await env.connection.testService!.unlockTimeSkipping({});
      while ((happened.calls['writeReleaseRecord'] ?? 0) < graph.names.length) await new Promise((resolve) => setTimeout(resolve, 200));
      expect([...happened.published].sort()).toEqual(graph.names);
      // Releases, not attempts of an activity: on a busy machine the clock leaps past a heartbeat, and Temporal tries again.
      expect(happened.calls['writeReleaseRecord']).toBe(graph.names.length);
      const simulated = rebuildAll(plan(graph.names), secondsOf, SLOTS).makespan;
      const ratio = (Date.parse(happened.lastEnd) - begun) / 1000 / simulated;
      console.log(`${graph.names.length} packages took ${ratio.toFixed(3)} of the simulated time (at most 1.02 on a quiet machine)`);
      if (WHOLE) expect(ratio).toBeLessThanOrEqual(1.02);
    } finally {
      workers.forEach((worker) => worker.shutdown());
      await Promise.all(running);
      await env.teardown();
    }
  });
});
