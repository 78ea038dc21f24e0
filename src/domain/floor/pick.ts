import type { Plan } from './encoded-plan';
import type { Urgency } from './floor';
import type { Blockers } from './ready';
import type { FloorCause, FloorJob, FloorState } from './state';

/** What the pick looks at. */
export type Picking = Pick<FloorState, 'settings' | 'causes' | 'jobs' | 'held' | 'paused'>;

/** 0 for what a person put to the front, else the urgency. */
type Level = 0 | Urgency;

/** The urgency of a job by those of its causes that are not paused; undefined where all are. */
export function urgencyOf(job: Pick<FloorJob, 'roots'>, causes: ReadonlyMap<number, FloorCause>): Urgency | undefined {
  let urgency: Urgency | undefined;
  for (const root of job.roots) {
    const cause = causes.get(root)!;
    if (!cause.paused && (urgency === undefined || cause.urgency < urgency)) urgency = cause.urgency;
  }
  return urgency;
}

/** A cause's claim on slots: what it has, what it had. */
interface Claim {
  inFlight: number;
  started: number;
  readonly cause: FloorCause;
}

/**
 * Which packages to start now, as many as slots are free. In this order: what a person put to the front; the more urgent, where a package is as urgent as the most urgent one that waits for it; of the
 * causes the one with the fewest builds under way, then the one served the least for its age, so that no mass rebuild starves a single release; the highest rank, which for one cause alone is the critical
 * path; the name. Linear in the jobs, and with several urgencies in the edges above the urgent ones.
 */
export function pickStarts(state: Picking, plan: Plan, blockers: Blockers, at: number): readonly number[] {
  if (state.paused) return [];
  const building = state.jobs.filter((job) => job !== 0 && job.status === 'building').length;
  const free = state.settings.slots - building;
  if (free <= 0) return [];
  const causes = new Map(state.causes.map((cause) => [cause.number, cause]));
  const levels = levelsOf(state.jobs, causes);
  const ready: number[] = [];
  levels.forEach((_, node) => {
    if (blockers[node] === 0 && !state.held[plan.names[node]!]) ready.push(node);
  });
  if (ready.length === 0) return [];
  const lifted = liftedOf(plan, blockers, levels);
  const level = (node: number): number => Math.min(levels.get(node)!, lifted?.[node] ?? Infinity);
  const claims = claimsOf(state, causes);
  const picked: number[] = [];
  while (picked.length < free && ready.length > 0) {
    const places = placesOf(claims, at);
    const place = (node: number): number => Math.min(...rootsOf(state, node).map((root) => places.get(root) ?? Infinity));
    let best = 0;
    for (let index = 1; index < ready.length; index += 1) {
      const [one, other] = [ready[index]!, ready[best]!];
      const order = level(one) - level(other) || place(one) - place(other) || plan.encoded.rank[other]! - plan.encoded.rank[one]!;
      if (order < 0 || (order === 0 && one < other)) best = index;
    }
    const node = ready.splice(best, 1)[0]!;
    for (const root of rootsOf(state, node)) {
      const claim = claims.get(root)!;
      claim.inFlight += 1;
      claim.started += 1;
    }
    picked.push(node);
  }
  return picked;
}

const rootsOf = (state: Picking, node: number): readonly number[] => (state.jobs[node] as FloorJob).roots;

/** Of each job that waits and may start as far as its causes say. */
function levelsOf(jobs: Picking['jobs'], causes: ReadonlyMap<number, FloorCause>): ReadonlyMap<number, Level> {
  const levels = new Map<number, Level>();
  jobs.forEach((job, node) => {
    if (!job || job.status !== 'waiting') return;
    const urgency = urgencyOf(job, causes);
    if (urgency !== undefined) levels.set(node, job.front ? 0 : urgency);
  });
  return levels;
}

/** The least level of all that waits behind each package; nothing where all are alike. */
function liftedOf({ needs: { starts, targets } }: Plan, blockers: Blockers, levels: ReadonlyMap<number, Level>): Uint8Array | undefined {
  const present = [...new Set(levels.values())].sort((a, b) => a - b);
  if (present.length < 2) return undefined;
  const lifted = new Uint8Array(blockers.length).fill(255);
  for (const level of present.slice(0, -1)) {
    const stack: number[] = [];
    levels.forEach((own, node) => own === level && blockers[node]! > 0 && stack.push(node));
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
        const need = targets[edge]!;
        if (lifted[need]! <= level || (blockers[need] === 0 && !levels.has(need))) continue;
        lifted[need] = level;
        if (blockers[need]! > 0) stack.push(need);
      }
    }
  }
  return lifted;
}

function claimsOf(state: Picking, causes: ReadonlyMap<number, FloorCause>): ReadonlyMap<number, Claim> {
  const claims = new Map(
    [...causes.values()].map((cause): [number, Claim] => [cause.number, { cause, inFlight: 0, started: cause.started }]),
  );
  for (const job of state.jobs) if (job && job.status === 'building') for (const root of job.roots) claims.get(root)!.inFlight += 1;
  return claims;
}

/** Place of each cause that is not paused in the order of their claims. */
function placesOf(claims: ReadonlyMap<number, Claim>, at: number): ReadonlyMap<number, number> {
  const served = ({ started, cause }: Claim): number => started / (at - cause.at + 1);
  const order = [...claims.values()]
    .filter(({ cause }) => !cause.paused)
    .sort((a, b) => a.inFlight - b.inFlight || served(a) - served(b) || a.cause.number - b.cause.number);
  return new Map(order.map(({ cause }, place) => [cause.number, place]));
}
