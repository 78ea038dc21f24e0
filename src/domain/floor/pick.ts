import type { Plan } from './encoded-plan';
import type { Urgency } from './floor';
import type { Blockers } from './ready';
import type { FloorCause, FloorJob, FloorState } from './state';

/** What the pick looks at. */
export type Picking = Pick<FloorState, 'settings' | 'jobs' | 'held' | 'paused'> & { readonly causes: ReadonlyMap<number, FloorCause> };

/** The urgency of a job by those of its causes that are not paused; undefined where all are. */
export function urgencyOf(job: Pick<FloorJob, 'roots'>, causes: ReadonlyMap<number, FloorCause>): Urgency | undefined {
  let urgency: Urgency | undefined;
  for (const root of job.roots) {
    const cause = causes.get(root)!;
    if (!cause.paused && (urgency === undefined || cause.urgency < urgency)) urgency = cause.urgency;
  }
  return urgency;
}

/** No level: the job does not wait, or all its causes are paused. Levels are 0 for what a person put to the front, else the urgency. */
const NONE = 255;

/** A cause's claim on slots: what it has, what it had, and its place among the claims. */
interface Claim {
  readonly cause: FloorCause;
  inFlight: number;
  started: number;
  place: number;
}

/**
 * Which packages to start now, as many as slots are free. In this order: what a person put to the front; the more urgent, where a package is as urgent as the most urgent one that waits for it; of the
 * causes the one with the fewest builds under way, then the one served the least for its age, so that no mass rebuild starves a single release; the highest rank, which for one cause alone is the critical
 * path; the name. Linear in the jobs, and with several urgencies in the edges above the urgent ones.
 */
export function pickStarts(state: Picking, plan: Plan, blockers: Blockers, at: number): readonly number[] {
  if (state.paused) return [];
  const { jobs, causes } = state;
  const building: FloorJob[] = [];
  let ready: number[] = [];
  let front = false;
  for (let node = 0; node < jobs.length; node += 1) {
    const job = jobs[node];
    if (!job || job.status === 'failed') continue;
    if (job.front) front = true;
    if (job.status === 'building') building.push(job);
    else if (blockers[node] === 0) ready.push(node);
  }
  const free = state.settings.slots - building.length;
  if (free <= 0 || ready.length === 0) return [];
  const levels = levelsOf(jobs, causes, ready);
  const onHold = new Set(Object.keys(state.held).map((name) => plan.numbers.get(name)));
  ready = ready.filter((node) => levels[node] !== NONE && !onHold.has(node));
  if (front || !areAlike(causes)) lift(plan, blockers, levelsOf(jobs, causes, jobs.keys()), levels);
  const claims = claimsOf(causes, building);
  const picked: number[] = [];
  while (picked.length < free && ready.length > 0) {
    order(claims, at);
    const node = ready.splice(bestOf(ready, jobs, plan, levels, claims), 1)[0]!;
    for (const root of (jobs[node] as FloorJob).roots) {
      const claim = claims.get(root)!;
      claim.inFlight += 1;
      claim.started += 1;
    }
    picked.push(node);
  }
  return picked;
}

function bestOf(
  ready: readonly number[],
  jobs: Picking['jobs'],
  plan: Plan,
  levels: Uint8Array,
  claims: ReadonlyMap<number, Claim>,
): number {
  const { rank } = plan.encoded;
  const placeOf = (node: number): number => {
    let place = Infinity;
    for (const root of (jobs[node] as FloorJob).roots) place = Math.min(place, claims.get(root)!.place);
    return place;
  };
  let best = 0;
  let bestPlace = placeOf(ready[0]!);
  for (let index = 1; index < ready.length; index += 1) {
    const [node, other] = [ready[index]!, ready[best]!];
    if (levels[node]! > levels[other]!) continue;
    const place = placeOf(node);
    // Numbers follow names: of equal ones the first stays.
    const difference = levels[node]! - levels[other]! || place - bestPlace || rank[other]! - rank[node]! || node - other;
    if (difference < 0) [best, bestPlace] = [index, place];
  }
  return best;
}

/** Of those of these nodes that wait and may start as far as their causes say. */
function levelsOf(jobs: Picking['jobs'], causes: Picking['causes'], nodes: Iterable<number>): Uint8Array {
  const levels = new Uint8Array(jobs.length).fill(NONE);
  for (const node of nodes) {
    const job = jobs[node];
    if (!job || job.status !== 'waiting') continue;
    const urgency = urgencyOf(job, causes);
    if (urgency !== undefined) levels[node] = job.front ? 0 : urgency;
  }
  return levels;
}

function areAlike(causes: Picking['causes']): boolean {
  let first: Urgency | undefined;
  for (const { urgency } of causes.values()) if (urgency !== (first ??= urgency)) return false;
  return true;
}

/** Gives each package the least level of all that waits behind it; `own` are the levels of all that waits. */
function lift({ needs: { starts, targets } }: Plan, blockers: Blockers, own: Uint8Array, levels: Uint8Array): void {
  const present = [0, 1, 3, 5].filter((level) => own.includes(level));
  for (const level of present.slice(0, -1)) {
    const stack: number[] = [];
    own.forEach((other, node) => other === level && blockers[node]! > 0 && stack.push(node));
    const seen = new Uint8Array(levels.length);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
        const need = targets[edge]!;
        if (seen[need]) continue;
        seen[need] = 1;
        if (levels[need] !== NONE) levels[need] = Math.min(levels[need]!, level);
        if (blockers[need]! > 0) stack.push(need);
      }
    }
  }
}

function claimsOf(causes: Picking['causes'], building: readonly FloorJob[]): ReadonlyMap<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const cause of causes.values()) claims.set(cause.number, { cause, inFlight: 0, started: cause.started, place: Infinity });
  for (const job of building) for (const root of job.roots) claims.get(root)!.inFlight += 1;
  return claims;
}

/** Gives each cause that is not paused its place among the claims. */
function order(claims: ReadonlyMap<number, Claim>, at: number): void {
  const served = ({ started, cause }: Claim): number => started / (at - cause.at + 1);
  [...claims.values()]
    .filter(({ cause }) => !cause.paused)
    .sort((a, b) => a.inFlight - b.inFlight || served(a) - served(b) || a.cause.number - b.cause.number)
    .forEach((claim, place) => (claim.place = place));
}
