import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';

const EVERY_MILLISECONDS = 3000;

/** Heartbeats for every activity while it runs, repeating the last details it gave itself: a killed worker is noticed after the heartbeat timeout, and a cancellation reaches every activity. */
export function heartbeatInterceptor(context: Context): ActivityInterceptors {
  let last: unknown;
  const beat = context.heartbeat;
  Object.defineProperty(context, 'heartbeat', {
    value: (details?: unknown) => {
      last = details;
      beat(details);
    },
  });
  return {
    inbound: {
      async execute(input, next) {
        const timer = setInterval(() => beat(last), EVERY_MILLISECONDS);
        try {
          return await next(input);
        } finally {
          clearInterval(timer);
        }
      },
    },
  };
}
