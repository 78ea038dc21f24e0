import type { Plan } from './encoded-plan';
import { liftedLevel, NONE, type Standing } from './ready';
import type { FloorCause, FloorJob, FloorState } from './state';

/** What the pick looks at. */
export type Picking = Pick<FloorState, 'settings' | 'jobs' | 'held' | 'paused'> & { readonly causes: ReadonlyMap<number, FloorCause> };

/** A cause's claim on slots: what it has, what it had, and its place among the claims. */
interface Claim {
  readonly cause: FloorCause;
  inFlight: number;
  started: number;
  place: number;
}

interface Candidate {
  readonly node: number;
  readonly level: number;
  readonly rank: number;
  readonly roots: readonly number[];
}

/**
 * Which packages to start now, as many as slots are free. In this order: what a person put to the front; the more urgent, where a package is as urgent as the most urgent one that waits for it; of the
 * causes the one with the fewest builds under way, then the one served the least for its age, so that no mass rebuild starves a single release; the highest rank, which for one cause alone is the critical
 * path; the name. Linear in what could start and its causes; what waits behind something is not looked at.
 */
export function pickStarts(state: Picking, plan: Plan, standing: Standing, at: number): readonly number[] {
  const free = state.settings.slots - standing.building.size;
  if (state.paused || free <= 0 || standing.ready.size === 0) return [];
  const { jobs } = state;
  const onHold = new Set(Object.keys(state.held).map((name) => plan.numbers.get(name)));
  const candidates: Candidate[] = [];
  for (const node of standing.ready) {
    const level = liftedLevel(standing, node);
    if (level === NONE || onHold.has(node)) continue;
    candidates.push({ node, level, rank: plan.encoded.rank[node]!, roots: (jobs[node] as FloorJob).roots });
  }
  if (candidates.length === 0) return [];
  let claims: ReadonlyMap<number, Claim> | undefined;
  const picked: number[] = [];
  while (picked.length < free && candidates.length > 0) {
    const level = candidates.reduce((least, one) => Math.min(least, one.level), NONE);
    const urgent = candidates.filter((one) => one.level === level);
    // Where all have the same causes, none has a better claim.
    if (urgent.some(({ roots }) => roots !== urgent[0]!.roots)) claims = order(claims ?? claimsOf(state, standing, picked), at);
    const best = bestOf(urgent, claims);
    candidates.splice(candidates.indexOf(best), 1);
    picked.push(best.node);
    if (claims) take(claims, best.roots);
  }
  return picked;
}

/** Of equally urgent ones. */
function bestOf(candidates: readonly Candidate[], claims: ReadonlyMap<number, Claim> | undefined): Candidate {
  const places = new Map<readonly number[], number>();
  const placeOf = ({ roots }: Candidate): number => {
    let place = places.get(roots);
    if (place !== undefined || !claims) return place ?? 0;
    place = Infinity;
    for (const root of roots) place = Math.min(place, claims.get(root)!.place);
    places.set(roots, place);
    return place;
  };
  // Numbers follow names.
  const isBefore = (one: Candidate, other: Candidate): boolean =>
    (placeOf(one) - placeOf(other) || other.rank - one.rank || one.node - other.node) < 0;
  return candidates.reduce((best, one) => (isBefore(one, best) ? one : best));
}

function claimsOf({ causes, jobs }: Picking, { building }: Standing, picked: readonly number[]): ReadonlyMap<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const cause of causes.values()) claims.set(cause.number, { cause, inFlight: 0, started: cause.started, place: Infinity });
  for (const node of building) for (const root of (jobs[node] as FloorJob).roots) claims.get(root)!.inFlight += 1;
  for (const node of picked) take(claims, (jobs[node] as FloorJob).roots);
  return claims;
}

function take(claims: ReadonlyMap<number, Claim>, roots: readonly number[]): void {
  for (const root of roots) {
    const claim = claims.get(root)!;
    claim.inFlight += 1;
    claim.started += 1;
  }
}

/** Gives each cause that is not paused its place among the claims. */
function order(claims: ReadonlyMap<number, Claim>, at: number): ReadonlyMap<number, Claim> {
  const served = ({ started, cause }: Claim): number => started / (at - cause.at + 1);
  [...claims.values()]
    .filter(({ cause }) => !cause.paused)
    .sort((a, b) => a.inFlight - b.inFlight || served(a) - served(b) || a.cause.number - b.cause.number)
    .forEach((claim, place) => (claim.place = place));
  return claims;
}
