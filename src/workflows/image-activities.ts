import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { NON_RETRYABLE } from '../domain/failure';
import { clamp, SUMMARY_BYTES } from '../domain/text/clamp';
import type {
  ImageBuilderActivities,
  ImageControlActivities,
  ImagePublisherActivities,
  ImageSignerActivities,
  SuiteActivities,
} from '../activities/contract';
import type { PlannedTest } from '../domain/image/suite-run';
import { QUEUES } from './messages';

/** The activities of images with their timeouts, as in activities.ts. */
const retry = { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute', nonRetryableErrorTypes: [...NON_RETRYABLE] };
const heartbeatTimeout = '12 s';

/** A look must not hold an image up: a few tries, then it says what the problem is. */
export function imageLooks(summary: string): Pick<ImageControlActivities, 'lockImage'> {
  return proxyActivities<Pick<ImageControlActivities, 'lockImage'>>({
    taskQueue: QUEUES.control,
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout,
    retry: { ...retry, maximumAttempts: 4 },
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

export const imageControl = proxyActivities<Pick<ImageControlActivities, 'hintImages' | 'writeImageGate' | 'writeImageRecord'>>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});

/** A few tries: the next sweep comes soon. */
export const sweptImages = proxyActivities<Pick<ImageControlActivities, 'hintImages'>>({
  taskQueue: QUEUES.control,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry: { ...retry, maximumAttempts: 3 },
});

/** apko puts packages together without running them: one builder makes every architecture. */
export function imageBuilder(architecture: string, summary: string): ImageBuilderActivities {
  return proxyActivities<ImageBuilderActivities>({
    taskQueue: QUEUES.builder(architecture),
    startToCloseTimeout: '1 hour',
    heartbeatTimeout,
    retry: { ...retry, maximumInterval: '5 minutes' },
    summary: clamp(summary, SUMMARY_BYTES),
  });
}

/** The steps of a suite that only look and write. */
export const suiteSteps = proxyActivities<Pick<SuiteActivities, 'planSuite' | 'concludeSuite'>>({
  taskQueue: QUEUES.suites,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});

/** Tried for some minutes: what is left then is collected by the tester when its time is over. */
export const suiteDiscards = proxyActivities<Pick<SuiteActivities, 'discardTest'>>({
  taskQueue: QUEUES.suites,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry: { ...retry, maximumAttempts: 8 },
});

/** Beyond what the test itself may take. */
const SLACK_SECONDS = 600;

/** A container takes a place of this machine; a cluster is only waited for. A cancelled run has ended when this says so: what it left can be removed. */
export function testRunner({ test, kind, architecture, mostSeconds }: PlannedTest): Pick<SuiteActivities, 'runTest'> {
  return proxyActivities<Pick<SuiteActivities, 'runTest'>>({
    taskQueue: kind === 'kubernetes' ? QUEUES.suites : QUEUES.tester,
    startToCloseTimeout: (mostSeconds + SLACK_SECONDS) * 1000,
    heartbeatTimeout,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
    summary: clamp(`${test} on ${architecture}`, SUMMARY_BYTES),
  });
}

export const imagePublisher = proxyActivities<ImagePublisherActivities>({
  taskQueue: QUEUES.publisher,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout,
  retry,
});

export const imageSigner = proxyActivities<ImageSignerActivities>({
  taskQueue: QUEUES.signer,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  retry,
});
