import { decodePlan, type Plan } from './encoded-plan';
import type { Urgency } from './floor';
import type { FloorCause, FloorJob, FloorState } from './state';

/** How soon a job is to be built: 0 for what a person put to the front, else the urgency; `NONE` for one that does not wait, or of which all causes are paused. */
type Level = 0 | Urgency | typeof NONE;
export const NONE = 255;

/** Levels that lift what they wait for. Nothing is below 5, so that lifts nothing. */
const LIFTING = [0, 1, 3] as const;

/**
 * What follows from plan, jobs and causes, and is therefore no part of the state. A step changes it in place where a job changes, so that no step looks at all jobs: work is that of the degree of the
 * packages that change, and of the causes of their jobs.
 */
export interface Standing {
  /**
   * For each package of the plan, how many of what it needs are unsettled: wanted, building, failed or held, or behind one that is and so possibly wanted later. One without blockers may start; one that
   * loses its last without being wanted is settled without a build.
   */
  readonly blockers: Int32Array;
  /** Jobs that wait for nothing but a slot, a person or a cause that is paused. */
  readonly ready: Set<number>;
  readonly building: Set<number>;
  readonly waiting: { count: number };
  readonly failed: { count: number };
  /** By number of a cause, in how many jobs it is, once more for each that is to be built again for it. */
  readonly named: Map<number, number>;
  readonly levels: Uint8Array;
  /** For each lifting level, how many dependents of a package wait at that level or a more urgent one, or have such a dependent. */
  readonly lifted: readonly Int32Array[];
}

/** The urgency of a job by those of its causes that are not paused; undefined where all are. */
export function urgencyOf(job: Pick<FloorJob, 'roots'>, causes: ReadonlyMap<number, FloorCause>): Urgency | undefined {
  let urgency: Urgency | undefined;
  for (const root of job.roots) {
    const cause = causes.get(root)!;
    if (!cause.paused && (urgency === undefined || cause.urgency < urgency)) urgency = cause.urgency;
  }
  return urgency;
}

/** From nothing, linear in the edges of the plan and the causes of its jobs. */
export function standingOf(plan: Plan | undefined, jobs: readonly (FloorJob | 0)[], causes: ReadonlyMap<number, FloorCause>): Standing {
  const size = plan?.names.length ?? 0;
  const standing: Standing = {
    blockers: new Int32Array(size),
    ready: new Set(),
    building: new Set(),
    waiting: { count: 0 },
    failed: { count: 0 },
    named: new Map(),
    levels: new Uint8Array(size).fill(NONE),
    lifted: LIFTING.map(() => new Int32Array(size)),
  };
  if (!plan) return standing;
  const growing = new Array<FloorJob | 0>(size).fill(0);
  jobs.forEach((job, node) => job && putJob(standing, plan, growing, causes, node, job));
  return standing;
}

/** Gives a package another job, or none: the one place where jobs change. */
export function putJob(
  standing: Standing,
  plan: Plan,
  jobs: (FloorJob | 0)[],
  causes: ReadonlyMap<number, FloorCause>,
  node: number,
  job: FloorJob | 0,
): void {
  const before = jobs[node]!;
  jobs[node] = job;
  if (before) forget(standing, before, node);
  if (job) remember(standing, job, node);
  if (before === 0 || job === 0 || before.roots !== job.roots) {
    nameRoots(standing, before ? before.roots : [], -1);
    nameRoots(standing, job ? job.roots : [], 1);
  }
  nameRoots(standing, before ? (before.again?.roots ?? []) : [], -1);
  nameRoots(standing, job ? (job.again?.roots ?? []) : [], 1);
  setLevel(standing, plan, node, job && job.status === 'waiting' ? levelOf(job, causes) : NONE);
  if ((before === 0) !== (job === 0) && standing.blockers[node] === 0) block(standing, plan, jobs, node, job ? 1 : -1);
}

function forget({ ready, building, waiting, failed }: Standing, { status }: FloorJob, node: number): void {
  if (status === 'building') building.delete(node);
  if (status === 'failed') failed.count -= 1;
  if (status !== 'waiting') return;
  waiting.count -= 1;
  ready.delete(node);
}

function remember({ ready, building, waiting, failed, blockers }: Standing, { status }: FloorJob, node: number): void {
  if (status === 'building') building.add(node);
  if (status === 'failed') failed.count += 1;
  if (status !== 'waiting') return;
  waiting.count += 1;
  if (blockers[node] === 0) ready.add(node);
}

function nameRoots({ named }: Standing, roots: readonly number[], more: 1 | -1): void {
  for (const root of roots) {
    const count = (named.get(root) ?? 0) + more;
    if (count === 0) named.delete(root);
    else named.set(root, count);
  }
}

function levelOf(job: FloorJob, causes: ReadonlyMap<number, FloorCause>): Level {
  const urgency = urgencyOf(job, causes);
  if (urgency === undefined) return NONE;
  return job.front ? 0 : urgency;
}

/** A package that nothing blocks is settled no longer (1) or again (-1): it blocks its dependents or stops to, and those that nothing else blocks or wants do the same to theirs. */
function block({ blockers, ready }: Standing, { dependents }: Plan, jobs: readonly (FloorJob | 0)[], node: number, more: 1 | -1): void {
  const { starts, targets } = dependents;
  const turn = more === 1 ? 1 : 0;
  const stack = [node];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
      const dependent = targets[edge]!;
      blockers[dependent]! += more;
      if (blockers[dependent] !== turn) continue;
      const job = jobs[dependent];
      if (!job) stack.push(dependent);
      else if (more === 1) ready.delete(dependent);
      else if (job.status === 'waiting') ready.add(dependent);
    }
  }
}

function setLevel({ levels, lifted }: Standing, { needs: { starts, targets } }: Plan, node: number, level: Level): void {
  const before = levels[node]!;
  if (before === level) return;
  levels[node] = level;
  LIFTING.forEach((lifting, place) => {
    const counts = lifted[place]!;
    if (counts[node]! > 0 || before <= lifting === level <= lifting) return;
    const more = level <= lifting ? 1 : -1;
    const turn = more === 1 ? 1 : 0;
    const stack = [node];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
        const need = targets[edge]!;
        counts[need]! += more;
        if (counts[need] === turn && levels[need]! > lifting) stack.push(need);
      }
    }
  });
}

/** The level of a job that is ready: its own, or that of the most urgent one that waits behind it. `NONE` if its own causes are paused. */
export function liftedLevel({ levels, lifted }: Standing, node: number): number {
  const own = levels[node]!;
  if (own === NONE) return NONE;
  const place = lifted.findIndex((counts) => counts[node]! > 0);
  return place === -1 ? own : Math.min(own, LIFTING[place]!);
}

const known = new WeakMap<FloorState, Standing>();

/** Hands the standing of a state over to the step that follows it, which changes it in place. A state that is reduced a second time is looked through anew. */
export function takeStanding(state: FloorState): Standing {
  const standing = known.get(state);
  known.delete(state);
  return standing ?? standingAnew(state);
}

export function keepStanding(state: FloorState, standing: Standing): void {
  known.set(state, standing);
}

/** The standing of a state, only to be read. */
export function peekStanding(state: FloorState): Standing {
  const standing = takeStanding(state);
  keepStanding(state, standing);
  return standing;
}

/** Made from nothing, whatever is known. */
export function standingAnew(state: FloorState): Standing {
  const causes = new Map(state.causes.map((cause) => [cause.number, cause]));
  return standingOf(state.plan && decodePlan(state.plan), state.jobs, causes);
}
