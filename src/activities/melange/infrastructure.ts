import { ApplicationFailure } from '@temporalio/common';

/** The machine is at fault, not what it was given: Temporal tries again. */
export function infrastructure(message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'Infrastructure',
    message,
    nonRetryable: false,
    ...(cause instanceof Error ? { cause } : {}),
  });
}
