import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const EVERY_MS = 2_000;

/** Activities that heartbeat for themselves, with details worth reading. */
const OWN_HEARTBEAT = ['buildPackage', 'runChecks'];

/** Heartbeats for every other activity while it runs, so that the server notices a killed worker within the heartbeat timeout and not after the whole start-to-close time. */
export function heartbeatInterceptor(context: Context): ReturnType<ActivityInterceptorsFactory> {
  return {
    inbound: {
      async execute(input, next) {
        if (OWN_HEARTBEAT.includes(context.info.activityType) || !context.info.heartbeatTimeoutMs) return next(input);
        const timer = setInterval(() => context.heartbeat(), EVERY_MS);
        try {
          return await next(input);
        } finally {
          clearInterval(timer);
        }
      },
    },
  };
}
