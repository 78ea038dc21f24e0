import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { Config } from '../config/config';
import { packageDefaults } from '../config/package-defaults';
import { QUEUES, watchScheduleId } from '../workflows/messages';
import type { PackageDefaults } from '../workflows/start';

/** Makes the schedule of the upstream watch, or brings the one that is there up to date with `millrace.yaml`. A sweep that still runs is not started twice. */
export async function ensureWatchSchedule(client: Client, config: Config): Promise<void> {
  const scheduleId = watchScheduleId(config.distribution);
  const defaults: PackageDefaults = packageDefaults(config);
  const options = {
    scheduleId,
    spec: { intervals: [{ every: config.watch.everySeconds * 1000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'watch',
      workflowId: scheduleId,
      taskQueue: QUEUES.workflows,
      args: [defaults],
      staticSummary: `watch of the upstreams of ${config.distribution}`,
    },
    // After an outage one sweep sees everything that the missed ones would have seen.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
  } satisfies ScheduleOptions;
  try {
    await client.schedule.create({ ...options, state: { triggerImmediately: true } });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((present) => ({ ...options, state: present.state }));
  }
}
