import { randomOf } from '../random';
import { decodePlan, type Plan } from './encoded-plan';
import { peekStanding, urgencyOf } from './ready';
import { timelineOf } from './simulate/timeline';
import type { FloorJob, FloorState } from './state';

/** Seconds from now until it is done: in half of all cases, and in nine of ten. */
export interface Eta {
  readonly p50: number;
  readonly p90: number;
}

export interface FloorEta {
  /** Of all that goes on by itself; absent where nothing does. */
  readonly all?: Eta;
  /** By number of the cause. */
  readonly causes: ReadonlyMap<number, Eta>;
  /** Packages left out: failed, on hold, of paused causes, or behind one of these. */
  readonly without: number;
}

/** How wrong estimates are: the standard deviation of the logarithm of real by estimated seconds. */
const SIGMA = 1;
const MOST = 31;
const FEWEST = 5;
/** Builds drawn in all: a query must not hold up a workflow. */
const DRAWS = 40_000;
const SEED = 1;

/**
 * When what is wanted now will be done, if nothing else is asked for and all builds succeed: builds are drawn around their estimates, from a fixed seed, and put into the slots as the floor would. What may be asked for
 * on the way is left out. At most some ten thousand builds are drawn.
 */
export function etaOf(state: FloorState, at: number): FloorEta {
  const wanted = state.jobs.filter((job) => job !== 0).length;
  if (!state.plan || wanted === 0) return { causes: new Map(), without: 0 };
  const plan = decodePlan(state.plan);
  const random = randomOf(SEED);
  const samples = Math.max(FEWEST, Math.min(MOST, Math.floor(DRAWS / wanted)));
  const runs = Array.from({ length: samples }, () => runOf(state, plan, at, () => random.lognormal(1, SIGMA)));
  const done = runs[0]!.done;
  const quantiles = (of: (run: Run) => number): Eta => {
    const sorted = runs.map(of).sort((a, b) => a - b);
    return { p50: sorted[Math.floor(samples * 0.5)]!, p90: sorted[Math.floor(samples * 0.9)]! };
  };
  const causes = new Map<number, Eta>();
  for (const root of runs[0]!.causes.keys())
    causes.set(
      root,
      quantiles((run) => run.causes.get(root)!),
    );
  return { ...(done > 0 ? { all: quantiles((run) => run.seconds) } : {}), causes, without: wanted - done };
}

interface Run {
  readonly seconds: number;
  readonly causes: ReadonlyMap<number, number>;
  readonly done: number;
}

function runOf(state: FloorState, plan: Plan, at: number, noise: () => number): Run {
  const { starts, targets } = plan.dependents;
  const missing = peekStanding(state).blockers.slice();
  const known = new Map(state.causes.map((cause) => [cause.number, cause]));
  const ready = timelineOf<number>();
  const ends = timelineOf<number>();
  const causes = new Map<number, number>();
  let free = state.settings.slots;
  let now = 0;
  let done = 0;
  const put = (node: number, job: FloorJob): void => {
    const urgency = urgencyOf(job, known);
    if (state.paused || job.status !== 'waiting' || state.held[plan.names[node]!] || urgency === undefined) return;
    // Urgencies are whole, so a rank scaled below one orders within them.
    ready.put((job.front ? 0 : urgency) - plan.encoded.rank[node]! / 1e9, node);
  };
  const finish = (first: number): void => {
    const stack = [first];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
        const dependent = targets[edge]!;
        missing[dependent]! -= 1;
        if (missing[dependent]! > 0) continue;
        const job = state.jobs[dependent];
        if (job) put(dependent, job);
        else stack.push(dependent);
      }
    }
  };
  state.jobs.forEach((job, node) => {
    if (!job) return;
    if (job.status === 'building') {
      free -= 1;
      const whole = plan.encoded.seconds[node]! * noise();
      // One that has taken longer than drawn is nearly done for all that is known.
      ends.put(Math.max(whole - (at - job.since!) / 1000, whole / 10), node);
    } else if (missing[node] === 0) put(node, job);
  });
  for (;;) {
    for (let next = free > 0 ? ready.take() : undefined; next; next = free > 0 ? ready.take() : undefined) {
      free -= 1;
      ends.put(now + plan.encoded.seconds[next.what]! * noise(), next.what);
    }
    const ended = ends.take();
    if (!ended) return { seconds: now, causes, done };
    now = ended.at;
    free += 1;
    done += 1;
    for (const root of (state.jobs[ended.what] as FloorJob).roots) causes.set(root, now);
    finish(ended.what);
  }
}
