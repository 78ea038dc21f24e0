import path from 'node:path';
import { WorkflowClient } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { WorkerStatus } from '@temporalio/worker';
import { planRebuild } from '../../src/domain/floor/plan';
import { floorId, QUEUES } from '../../src/workflows/messages';
import { floorStart } from '../../src/workflows/start';
import { componentGraph, drawnSeconds, floorSettings, realGraph, rebuildAll } from '../domain/floor/mass-rebuild';
import { hasPack } from '../domain/graph/pack';
import { distributionActivities } from '../workflows/distribution';
import { leapWhenAtRest } from '../workflows/leaping-clock';
import { REMINDERS, TIME_SKIPPING, timeSkipping } from '../workflows/stage';

const SLOTS = 4;
const SEED = 1;
const inFlight = ({ numInFlightActivities, numInFlightWorkflowActivations }: WorkerStatus) =>
  numInFlightActivities + numInFlightWorkflowActivations;

const ready = hasPack && TIME_SKIPPING !== undefined;

/** All 3,401 packages take some 20 minutes, so that is asked for by name; else a part of the largest component. */
const WHOLE = process.env['MILLRACE_WHOLE_GRAPH'] === '1';
const PART = 60;
jest.setTimeout(WHOLE ? 7_200_000 : 900_000);

(ready ? describe : describe.skip)('a rebuild of everything (skipped without ../shared/data or the time-skipping server)', () => {
  const graph = WHOLE ? realGraph() : componentGraph(PART);
  const { seconds, estimates } = drawnSeconds(graph.names.length, SEED, 1);
  const policies = graph.names.map(() => 'abi' as const);
  const plan = (packages: readonly string[]) => planRebuild({ graph, policies, seconds: estimates, packages });
  const secondsOf = (name: string) => seconds[graph.numbers.get(name)!]!;

  test('goes through the real workflows each package once, in the time that the simulated floor takes', async () => {
    const env = await timeSkipping();
    // The environment's own client locks and unlocks the clock, which is for a test that waits for one result.
    const client = new WorkflowClient({ connection: env.connection });
    let asleep = 0;
    const { activities, happened } = distributionActivities({
      plan,
      build: async (name) => {
        asleep += 1;
        await env.sleep(1000 * secondsOf(name));
        asleep -= 1;
        return secondsOf(name);
      },
      client: env.client,
    });
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: path.resolve(__dirname, '../../src/workflows/index.ts'),
      workflowInterceptorModules: [path.resolve(__dirname, '../workflows/no-heartbeats.ts')],
      logger: new DefaultLogger('ERROR'),
    });
    const queues = [QUEUES.control, QUEUES.tester, QUEUES.signer, QUEUES.publisher, QUEUES.builder('x86_64')];
    const workers = await Promise.all([
      Worker.create({ connection: env.nativeConnection, taskQueue: QUEUES.workflows, workflowBundle }),
      ...queues.map((taskQueue) => Worker.create({ connection: env.nativeConnection, taskQueue, activities })),
    ]);
    const running = workers.map((worker) => worker.run());
    const atWork = () => workers.reduce((sum, worker) => sum + inFlight(worker.getStatus()), 0);
    const stopLeaps = leapWhenAtRest(env, () => atWork() === asleep);
    try {
      const defaults = { distribution: 'demo', architectures: ['x86_64'], reminders: REMINDERS, floor: floorSettings(SLOTS) };
      const { type, taskQueue, input } = floorStart(defaults);
      const decision = { kind: 'rebuild', id: 'everything', by: 'Ann', reason: 'a test', packages: graph.names };
      const begun = await env.currentTimeMs();
      const workflowId = floorId('demo');
      await client.signalWithStart(type, { workflowId, taskQueue, args: [input], signal: 'decide', signalArgs: [decision] });
      while ((happened.calls['writeReleaseRecord'] ?? 0) < graph.names.length) await new Promise((resolve) => setTimeout(resolve, 200));
      expect([...happened.published].sort()).toEqual(graph.names);
      expect(happened.calls['writeReleaseRecord']).toBe(graph.names.length);
      const simulated = rebuildAll(plan(graph.names), secondsOf, SLOTS).makespan;
      const ratio = (Date.parse(happened.lastEnd) - begun) / 1000 / simulated;
      console.log(`${graph.names.length} packages took ${ratio.toFixed(3)} of the simulated time (at most 1.02)`);
      expect(ratio).toBeLessThanOrEqual(1.02);
    } finally {
      await stopLeaps();
      workers.forEach((worker) => worker.shutdown());
      await Promise.all(running);
      await env.teardown();
    }
  });
});
