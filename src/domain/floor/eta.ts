import { randomOf } from '../random';
import { decodePlan } from './encoded-plan';
import { liftedLevel, NONE, peekStanding } from './ready';
import { timelineOf } from './timeline';
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
const DRAWS = 20_000;
const SEED = 1;

/**
 * When what is wanted now will be done, if nothing else is asked for and all builds succeed: builds are drawn around their estimates, from a fixed seed, and put into the slots as the floor would. What may be asked for
 * on the way is left out. At most some ten thousand builds are drawn.
 */
export function etaOf(state: FloorState, at: number): FloorEta {
  const wanted = state.jobs.reduce<number>((count, job) => (job === 0 ? count : count + 1), 0);
  if (!state.plan || wanted === 0) return { causes: new Map(), without: 0 };
  const random = randomOf(SEED);
  const noise = () => random.lognormal(1, SIGMA);
  const samples = Math.max(FEWEST, Math.min(MOST, Math.floor(DRAWS / wanted)));
  const turns = turnsOf(state);
  const runs = Array.from({ length: samples }, () => runOf(state, turns, at, noise));
  const [done, first] = [runs[0]!.length, lastOf(state, runs[0]!)];
  const lasts = [first, ...runs.slice(1).map((run) => lastOf(state, run, first.size))];
  const quantiles = (values: readonly number[]): Eta => {
    const sorted = [...values].sort((a, b) => a - b);
    return { p50: sorted[Math.floor(samples * 0.5)]!, p90: sorted[Math.floor(samples * 0.9)]! };
  };
  const causes = new Map([...first.keys()].map((root) => [root, quantiles(lasts.map((last) => last.get(root)!))]));
  return { ...(done > 0 ? { all: quantiles(runs.map((run) => run.at(-1)!.at)) } : {}), causes, without: wanted - done };
}

/** What ended, in order, and how many seconds from now. The same packages in every run. */
type Run = readonly { readonly at: number; readonly what: number }[];

/** When the last of each cause has ended; `causes` are how many there are, where that is known. */
function lastOf(state: FloorState, run: Run, causes = Infinity): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  for (let place = run.length - 1; place >= 0 && last.size < causes; place -= 1) {
    const { at, what } = run[place]!;
    for (const root of (state.jobs[what] as FloorJob).roots) if (!last.has(root)) last.set(root, at);
  }
  return last;
}

/** What goes first of those that may start, the least first; NaN for what does not go on by itself. */
function turnsOf(state: FloorState): Float64Array {
  const { names, rank } = state.plan!;
  const standing = peekStanding(state);
  return Float64Array.from(names, (name, node) => {
    const level = liftedLevel(standing, node);
    // Levels are whole, so a rank scaled below one orders within them.
    return state.paused || state.held[name] || level === NONE ? NaN : level - rank[node]! / 1e9;
  });
}

function runOf(state: FloorState, turns: Float64Array, at: number, noise: () => number): Run {
  const { encoded, dependents } = decodePlan(state.plan!);
  const { starts, targets } = dependents;
  const missing = peekStanding(state).blockers.slice();
  const ready = timelineOf<number>();
  const ends = timelineOf<number>();
  const run: { readonly at: number; readonly what: number }[] = [];
  let free = state.settings.slots;
  let now = 0;
  const put = (node: number): void => {
    if (!Number.isNaN(turns[node]!)) ready.put(turns[node]!, node);
  };
  const finish = (first: number): void => {
    const stack = [first];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
        const dependent = targets[edge]!;
        missing[dependent]! -= 1;
        if (missing[dependent]! > 0) continue;
        if (state.jobs[dependent]) put(dependent);
        else stack.push(dependent);
      }
    }
  };
  state.jobs.forEach((job, node) => {
    if (!job) return;
    if (job.status === 'building') {
      free -= 1;
      const whole = encoded.seconds[node]! * noise();
      // One that has taken longer than drawn is nearly done for all that is known.
      ends.put(Math.max(whole - (at - job.since!) / 1000, whole / 10), node);
    } else if (missing[node] === 0) put(node);
  });
  for (;;) {
    for (let next = free > 0 ? ready.take() : undefined; next; next = free > 0 ? ready.take() : undefined) {
      free -= 1;
      ends.put(now + encoded.seconds[next.what]! * noise(), next.what);
    }
    const ended = ends.take();
    if (!ended) return run;
    now = ended.at;
    free += 1;
    run.push(ended);
    finish(ended.what);
  }
}
