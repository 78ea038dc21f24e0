import { shortestPath } from '../graph/path';
import { duration } from '../text/duration';
import { decodePlan, type Plan } from './encoded-plan';
import { peekStanding } from './ready';
import type { FloorCause, FloorJob, FloorState, Stop } from './state';

const BLOCKERS = 3;
const CAUSES = 5;

/**
 * Why a package is where it is, one sentence a line: what it waits for and why that does not move, who asked for it, and what holds it back. `at` in milliseconds.
 * `openssl waits for perl, building since 4 min`, `perl was asked for by glibc 2.42-r1`.
 */
export function whyWaiting(state: FloorState, name: string, at: number): readonly string[] {
  const plan = state.plan && decodePlan(state.plan);
  const node = plan?.numbers.get(name);
  const job = node === undefined ? 0 : state.jobs[node]!;
  const held = state.held[name];
  const lines = job && plan ? ofJob(state, plan, node!, job, at) : ofNone(state, plan, name, at);
  return [
    ...lines,
    ...(held ? [`${name} is on hold, by ${held.by}: ${held.reason}`] : []),
    ...state.causes.flatMap((cause) => overBudget(state, cause, name)),
  ];
}

function ofNone(state: FloorState, plan: Plan | undefined, name: string, at: number): readonly string[] {
  const ask = state.asks.find((one) => one.provider === name);
  const node = plan?.numbers.get(name);
  const stuck = state.stuck[name];
  return [
    ...(ask && ask.due > at ? [`${ask.by} was published; what depends on it is asked for in ${duration((ask.due - at) / 1000)}`] : []),
    ...(ask && ask.due <= at ? [`${ask.by} was published; what depends on it is being planned`] : []),
    ...(plan && node !== undefined && peekStanding(state).blockers[node]! > 0
      ? [`${name} may be asked for: it depends on ${blockersOf(state, plan, node, at).join('; ')}`]
      : [`nothing wants ${name} built again`]),
    ...(stuck === undefined ? [] : [`${name}: ${stuck}`]),
  ];
}

function ofJob(state: FloorState, plan: Plan, node: number, job: FloorJob, at: number): readonly string[] {
  const name = plan.names[node]!;
  if (job.status === 'failed')
    return [
      `${name} failed ${since(job, at)} ago: ${job.text ?? ''}`,
      asked(state, name, job),
      'a release of it, or a person, lets it go on',
    ];
  if (job.status === 'building') {
    const again = job.again ? [`${name} is built once more after that: asked for by ${job.again.by} meanwhile`] : [];
    return [`${name} is building since ${since(job, at)}`, asked(state, name, job), ...again];
  }
  const blockers = blockersOf(state, plan, node, at);
  if (blockers.length === 0) return [waitsForSlot(state, name, job), asked(state, name, job)];
  const own = blockers.map((blocker) => `${name} waits for ${blocker}`);
  const theirs = jobsBefore(state, plan, node).map((other) => asked(state, plan.names[other]!, state.jobs[other] as FloorJob));
  return [...own, ...theirs, asked(state, name, job)];
}

function waitsForSlot(state: FloorState, name: string, job: FloorJob): string {
  if (state.paused) return `${name} could start, but the floor is paused, by ${said(state.paused)}`;
  const causes = state.causes.filter((cause) => job.roots.includes(cause.number));
  const stop = causes.every((cause) => cause.paused) ? causes[0]?.paused : undefined;
  if (stop) return `${name} could start, but ${listed(causes.map((cause) => cause.text))} is paused, by ${said(stop)}`;
  if (state.held[name]) return `${name} could start, but for its hold`;
  const { building, ready } = peekStanding(state);
  return `${name} waits for a slot: ${building.size} of ${state.settings.slots} build, ${ready.size} could start`;
}

const said = ({ by, reason }: Stop): string => `${by}: ${reason}`;
const since = (job: FloorJob, at: number): string => duration(Math.max(0, at - (job.since ?? job.wanted)) / 1000);

/** What a package waits for, nearest first, in words. */
function blockersOf(state: FloorState, plan: Plan, node: number, at: number): readonly string[] {
  const jobs = jobsBefore(state, plan, node);
  return jobs.map((other) => {
    const path = shortestPath(plan.needs, node, other)!.slice(1, -1);
    const via = path.length > 0 ? ` (through ${path.map((step) => plan.names[step]!).join(', ')})` : '';
    return `${plan.names[other]!}${via}, ${standing(state, plan.names[other]!, state.jobs[other] as FloorJob, at)}`;
  });
}

function standing(state: FloorState, name: string, job: FloorJob, at: number): string {
  if (job.status === 'building') return `building since ${since(job, at)}`;
  if (job.status === 'failed') return `which failed ${since(job, at)} ago`;
  return state.held[name] ? 'which is on hold' : `which waits since ${since(job, at)}`;
}

/** The first wanted packages above one, through those that may be wanted, the nearest first; builds and failures before what only waits itself. */
function jobsBefore(state: FloorState, plan: Plan, node: number): readonly number[] {
  const { starts, targets } = plan.needs;
  const { blockers } = peekStanding(state);
  const seen = new Set([node]);
  const queue = [node];
  const found: number[] = [];
  for (let head = 0; head < queue.length; head += 1) {
    const at = queue[head]!;
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge += 1) {
      const need = targets[edge]!;
      if (seen.has(need)) continue;
      seen.add(need);
      if (state.jobs[need]) found.push(need);
      else if (blockers[need]! > 0) queue.push(need);
    }
  }
  const waits = (other: number): number => ((state.jobs[other] as FloorJob).status === 'waiting' ? 1 : 0);
  return found
    .map((other, place) => ({ other, place }))
    .sort((a, b) => waits(a.other) - waits(b.other) || a.place - b.place)
    .slice(0, BLOCKERS)
    .map(({ other }) => other);
}

function asked(state: FloorState, name: string, job: FloorJob): string {
  const causes = state.causes.filter((cause) => job.roots.includes(cause.number)).map((cause) => cause.text);
  if (causes.length === 0) return `${name} was asked for by ${job.by}, which was dropped since`;
  const others = causes.filter((text) => text !== job.by);
  return `${name} was asked for by ${job.by}${others.length > 0 ? `, because of ${listed(others)}` : ''}`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - CAUSES;
  return more > 0 ? `${texts.slice(0, CAUSES).join(', ')} and ${more} more` : texts.join(' and ');
}

function overBudget(state: FloorState, cause: FloorCause, name: string): readonly string[] {
  if (!cause.overBudgetNames.includes(name)) return [];
  return [`${name} is not built once more for ${cause.text}: ${state.settings.cycleBudget} a cause is the budget for cycles`];
}
