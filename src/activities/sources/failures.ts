import { ApplicationFailure } from '@temporalio/common';

/** A failure that may pass by itself: Temporal tries again, not before `retryAfterMilliseconds` where the other side asked for that. */
export function passing(type: string, message: string, retryAfterMilliseconds?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: false,
    ...(retryAfterMilliseconds === undefined ? {} : { nextRetryDelay: retryAfterMilliseconds }),
  });
}

/** A failure that stays until a person or a new version changes something. */
export function lasting(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
