import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Heartbeats are sent by the machine's clock, and time out by the server's: where that one leaps, an activity cannot beat in time. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [],
  outbound: [
    {
      scheduleActivity(input, next) {
        const { heartbeatTimeout: _, ...options } = input.options;
        return next({ ...input, options });
      },
    },
  ],
});
