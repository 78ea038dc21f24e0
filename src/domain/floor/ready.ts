import { decodePlan, type Plan } from './encoded-plan';
import type { FloorJob, FloorState } from './state';

/**
 * For each package of the plan, how many of what it needs are unsettled: wanted, building, failed or held, or behind one that is and so possibly wanted later. One without blockers may start; one that
 * loses its last without being wanted is settled without a build. A pure function of plan and jobs, so it is no part of the state.
 */
export type Blockers = Int32Array;

/** From nothing, linear in the edges behind what is wanted. */
export function blockersOf({ names, dependents: { starts, targets } }: Plan, jobs: readonly (FloorJob | 0)[]): Blockers {
  const blockers = new Int32Array(names.length);
  const stack: number[] = [];
  jobs.forEach((job, node) => job && stack.push(node));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
      const dependent = targets[edge]!;
      blockers[dependent]! += 1;
      if (blockers[dependent] === 1 && !jobs[dependent]) stack.push(dependent);
    }
  }
  return blockers;
}

/** A package was settled and is no longer: it blocks its dependents, and those that nothing blocked or wanted before block theirs. */
export function unsettled(
  { dependents: { starts, targets } }: Plan,
  jobs: readonly (FloorJob | 0)[],
  blockers: Blockers,
  node: number,
): void {
  const stack = [node];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
      const dependent = targets[edge]!;
      blockers[dependent]! += 1;
      if (blockers[dependent] === 1 && !jobs[dependent]) stack.push(dependent);
    }
  }
}

/** A package is settled: it blocks its dependents no more, and those that nothing else blocks or wants are settled with it. */
export function settled(
  { dependents: { starts, targets } }: Plan,
  jobs: readonly (FloorJob | 0)[],
  blockers: Blockers,
  node: number,
): void {
  const stack = [node];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
      const dependent = targets[edge]!;
      blockers[dependent]! -= 1;
      if (blockers[dependent] === 0 && !jobs[dependent]) stack.push(dependent);
    }
  }
}

const counted = new WeakMap<FloorState, Blockers>();

/** Hands the blockers of a state over to the step that follows it, which changes them in place: work per event is that of the package's degree. A state that is reduced a second time is counted anew. */
export function takeBlockers(state: FloorState): Blockers {
  const known = counted.get(state);
  counted.delete(state);
  return known ?? (state.plan ? blockersOf(decodePlan(state.plan), state.jobs) : new Int32Array(0));
}

export function keepBlockers(state: FloorState, blockers: Blockers): void {
  counted.set(state, blockers);
}

/** Blockers of a state, only to be read. */
export function peekBlockers(state: FloorState): Blockers {
  const blockers = takeBlockers(state);
  keepBlockers(state, blockers);
  return blockers;
}
