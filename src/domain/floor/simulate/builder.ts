import type { Urgency } from '../floor';
import type { Arrival } from './season';

/** A build that is wanted: of an ordinary release, of a rebuild that the floor ordered, or of one release that serves both. */
export interface Job {
  readonly package: number;
  urgency: Urgency;
  readonly arrivals: Arrival[];
  /** Roots that rebuilds were ordered for. */
  readonly roots: Set<string>;
}

/** Build slots with a queue before them: the most urgent first, equally urgent ones in the order of asking, as a task queue of Temporal gives them out. */
export interface Builder {
  readonly ask: (job: Job) => void;
  /** Takes back what was asked for, if it did not start. */
  readonly drop: (job: Job) => void;
  /** The next job for a free slot, which it then has. */
  readonly start: () => Job | undefined;
  readonly end: () => void;
  readonly waiting: () => number;
  readonly busy: () => number;
}

export function builderOf(slots: number): Builder {
  const queues = new Map<Urgency, Set<Job>>([
    [1, new Set()],
    [3, new Set()],
    [5, new Set()],
  ]);
  let busy = 0;
  let waiting = 0;
  return {
    ask: (job) => {
      queues.get(job.urgency)!.add(job);
      waiting += 1;
    },
    drop: (job) => {
      if (queues.get(job.urgency)!.delete(job)) waiting -= 1;
    },
    start: () => {
      if (busy === slots) return undefined;
      for (const queue of queues.values()) {
        for (const job of queue) {
          queue.delete(job);
          waiting -= 1;
          busy += 1;
          return job;
        }
      }
      return undefined;
    },
    end: () => (busy -= 1),
    waiting: () => waiting,
    busy: () => busy,
  };
}
