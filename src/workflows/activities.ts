import { proxyActivities } from '@temporalio/workflow';
import { NON_RETRYABLE } from '../domain/failure';
import { clamp, SUMMARY_BYTES } from '../domain/text/clamp';
import type {
  BuilderActivities,
  CheckActivities,
  ComparisonActivities,
  ControlActivities,
  EntityActivities,
  FloorActivities,
  PublisherActivities,
  SignerActivities,
} from '../activities/contract';
import { QUEUES } from './messages';

/** Every role's activities with their timeouts; `summary` is what the Temporal UI shows beside an activity. A worker heartbeats for its activities every few seconds, so a killed worker is noticed within `heartbeatTimeout`. */
const retry = { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute', nonRetryableErrorTypes: [...NON_RETRYABLE] };
const heartbeatTimeout = '12 s';

export const control = proxyActivities<ControlActivities>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout,
  retry,
});

/** Looks that must not hold an entity up: a few tries, then the entity says what the problem is. */
export function looks(summary: string): Pick<ControlActivities, 'assess' | 'sweep'> {
  return proxyActivities<Pick<ControlActivities, 'assess' | 'sweep'>>({
    taskQueue: QUEUES.control,
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout,
    retry: { ...retry, maximumAttempts: 4 },
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

export const entities = proxyActivities<EntityActivities>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '20 s',
  retry: { ...retry, maximumAttempts: 3 },
});

/** Planned again and again until there is a plan: what waits for one stands meanwhile, whatever builds goes on. */
export const floorPlanner = proxyActivities<Pick<FloorActivities, 'planRebuilds'>>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});

/** A few tries: the floor goes on without a journal. */
export const floorJournal = proxyActivities<Pick<FloorActivities, 'recordDecisions'>>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '1 minute',
  retry: { ...retry, maximumAttempts: 5 },
});

export function controlChecks(summary: string): CheckActivities {
  return proxyActivities<CheckActivities>({
    taskQueue: QUEUES.control,
    startToCloseTimeout: '30 minutes',
    heartbeatTimeout,
    retry,
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

export function testerChecks(summary: string): CheckActivities {
  return proxyActivities<CheckActivities>({
    taskQueue: QUEUES.tester,
    startToCloseTimeout: '6 hours',
    heartbeatTimeout,
    retry,
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

export function comparison(summary: string): ComparisonActivities {
  return proxyActivities<ComparisonActivities>({
    taskQueue: QUEUES.tester,
    startToCloseTimeout: '2 hours',
    heartbeatTimeout,
    retry,
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

export const signer = proxyActivities<SignerActivities>({
  taskQueue: QUEUES.signer,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});
export const publisher = proxyActivities<PublisherActivities>({
  taskQueue: QUEUES.publisher,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});

/** The builder of one architecture. */
export function builder(architecture: string, summary: string): BuilderActivities {
  return proxyActivities<BuilderActivities>({
    taskQueue: QUEUES.builder(architecture),
    startToCloseTimeout: '12 hours',
    heartbeatTimeout,
    retry: { ...retry, maximumInterval: '5 minutes' },
    summary,
  });
}
