import { targetsOf, type Adjacency, type Graph } from '../../graph/adjacency';
import { decodePlan } from '../encoded-plan';
import type { FloorCommand, FloorEvent, FloorNews, FloorSettings, PublishedChange, RebuildPolicy, Urgency } from '../floor';
import { planRebuild } from '../plan';
import { peekStanding } from '../ready';
import { reduceFloor } from '../reduce';
import { causeBehind, newFloor, type FloorJob, type FloorState } from '../state';
import { builderOf, type Job } from './builder';
import { oracleOf, stepOf, strongest, type Assumptions } from './oracle';
import type { Arrival } from './season';
import { gaugeFrom, spreadOf, type Spread } from './statistics';
import { timelineOf } from '../timeline';

export interface SimulationInput {
  readonly graph: Graph;
  /** From a package to those that are linked with it, in the numbers of the graph. */
  readonly linked: Adjacency;
  /** Of each package, in the order of `graph.names`. */
  readonly policies: readonly RebuildPolicy[];
  /** Whether what a package builds has parts of it inside, so that a rebuild for it is never equal. In the order of `graph.names`. */
  readonly isToolchain: readonly boolean[];
  /** Whole seconds that a build of each package takes, in the order of `graph.names`; the floor knows them from builds before. */
  readonly seconds: readonly number[];
  /** In the order of time; of packages of the graph. */
  readonly arrivals: readonly Arrival[];
  /** Requests of mass rebuilds. */
  readonly requests?: readonly { readonly at: number; readonly packages: readonly string[] }[];
  readonly settings: FloorSettings;
  readonly seed: number;
  /** What the oracle takes for granted, if not `ORACLE`. */
  readonly assumptions?: Assumptions;
}

/** What came of a season. Times are seconds, moments milliseconds since the epoch. */
export interface SimulationResult {
  /** Builds that ran, those that failed included. */
  readonly builds: number;
  /** Of them, those of ordinary releases (those that served a rebuild too included), and those of nothing but a rebuild that the floor ordered. */
  readonly releaseBuilds: number;
  readonly rebuildBuilds: number;
  /** Rebuilds that were equal to what was published. */
  readonly equal: number;
  readonly failed: number;
  readonly slotSeconds: number;
  /** From an event to its publication, or to that of a newer one that took its place. */
  readonly released: Spread;
  /** From the first event that a rebuild was ordered for to its publication, or to when it was found equal. */
  readonly rebuilt: Spread;
  /** The longest time between when a rebuild was wanted and when it was ordered, and of what. */
  readonly longestHold: { readonly seconds: number; readonly package?: string };
  /** Builds that were wanted and did not run, at most: before the slots, and on the floor. One behind a build of the same package is not counted. */
  readonly peakQueue: number;
  /** Times that the breaker stopped a cause. */
  readonly stopped: number;
  readonly from: number;
  /** When the last build had ended. */
  readonly end: number;
  /** Packages that were still wanted when nothing happened any more: none, unless the floor has a bug. */
  readonly left: readonly string[];
  /** Averages by the hour from `from` on. */
  readonly queue: readonly number[];
  readonly busy: readonly number[];
  /** Publications by the day from `from` on. */
  readonly published: readonly number[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Line {
  building?: Job;
  next?: Job;
  /** A failed one that a person works on. */
  failed?: Job;
  gone: boolean;
  builds: number;
  version: string;
  /** Something that is inside of it, or that it is linked with, changed since its last build began. */
  forced: boolean;
}

type Happening =
  | { readonly kind: 'arrival'; readonly arrival: Arrival }
  | { readonly kind: 'request'; readonly packages: readonly string[] }
  | { readonly kind: 'ended'; readonly job: Job; readonly failed: boolean; readonly forced: boolean; readonly nth: number }
  | { readonly kind: 'mended'; readonly job: Job }
  | { readonly kind: 'resumed'; readonly cause: string }
  | { readonly kind: 'tick' };

/**
 * Plays a season through the real rules of the floor under a virtual clock. Ordinary releases and the rebuilds that the floor orders share the build slots, the more urgent first; one package has one
 * build at a time; a release that arrives while another waits takes its place; one that waits serves a rebuild that is ordered meanwhile. How builds end is told by the oracle of the seed. The graph, and
 * how long a build takes, are the same for the whole season. Ends when nothing is left to happen.
 */
export function simulate(input: SimulationInput): SimulationResult {
  const { graph, linked, policies, isToolchain, seconds, settings, seed } = input;
  const { names } = graph;
  const oracle = oracleOf(seed, input.assumptions);
  const timeline = timelineOf<Happening>();
  const builder = builderOf(settings.slots);
  const lines: Line[] = names.map(() => ({ gone: false, builds: 0, version: '0', forced: false }));
  const first = Math.min(input.arrivals[0]?.at ?? Infinity, input.requests?.[0]?.at ?? Infinity);
  const from = first === Infinity ? 0 : first;
  const [queue, busy] = [gaugeFrom(from, HOUR), gaugeFrom(from, HOUR)];
  const rootAt = new Map<string, number>();
  const tally = { builds: 0, releaseBuilds: 0, rebuildBuilds: 0, equal: 0, failed: 0, slotSeconds: 0, stopped: 0 };
  const [released, rebuilt, published]: [number[], number[], number[]] = [[], [], []];
  let longestHold: SimulationResult['longestHold'] = { seconds: 0 };
  let state: FloorState = newFloor('season', settings);
  let tickAt = Infinity;
  let now = from;
  let end = from;
  let news = 0;

  const reduce = (event: FloorEvent): void => {
    const step = reduceFloor(state, event);
    state = step.state;
    if (step.wakeAt !== undefined && step.wakeAt < tickAt) {
      tickAt = step.wakeAt;
      timeline.put(step.wakeAt, { kind: 'tick' });
    }
    for (const command of step.commands) carryOut(command);
  };

  const carryOut = (command: FloorCommand): void => {
    if (command.kind === 'plan') {
      return reduce({ kind: 'planned', plan: planRebuild({ graph, policies, seconds, packages: command.packages }), at: now });
    }
    if (command.kind === 'tell') {
      tally.stopped += 1;
      const cause = state.causes.find((one) => one.paused !== undefined && command.id.endsWith(one.id));
      if (cause) timeline.put(now + oracle.mendSeconds(cause.id, 0) * 1000, { kind: 'resumed', cause: cause.id });
      return;
    }
    const node = graph.numbers.get(command.package)!;
    const job = jobOf(command.package);
    const hold = job ? (now - job.wanted) / 1000 : 0;
    if (hold > longestHold.seconds) longestHold = { seconds: hold, package: command.package };
    if (lines[node]!.gone) return tell(node, 'equal', [...command.roots], 3, 0);
    const wanted = lines[node]!.failed ?? wantedOf(node, command.urgency);
    for (const root of command.roots) {
      wanted.roots.add(root);
      const merged = rootAt.has(root) ? undefined : state.causes.find((cause) => cause.id === root)?.merged;
      if (merged) rootAt.set(root, Math.min(...merged.ids.map((id) => rootAt.get(id) ?? now)));
    }
  };

  const jobOf = (name: string): FloorJob | undefined => {
    const number = state.plan && decodePlan(state.plan).numbers.get(name);
    const job = number === undefined ? 0 : state.jobs[number];
    return job || undefined;
  };

  /** The job that the next build of a package is for. */
  const wantedOf = (node: number, urgency: Urgency): Job => {
    const line = lines[node]!;
    const known = line.next;
    const job: Job = known ?? { package: node, urgency, arrivals: [], roots: new Set() };
    if (!line.building) {
      if (known) builder.drop(known);
      if (urgency < job.urgency) job.urgency = urgency;
      builder.ask(job);
    } else if (urgency < job.urgency) job.urgency = urgency;
    line.next = job;
    return job;
  };

  const tell = (
    node: number,
    outcome: FloorNews['outcome'],
    roots: readonly string[],
    urgency: Urgency,
    took: number,
    change?: PublishedChange,
  ): void => {
    const line = lines[node]!;
    const version = `${line.version}-r${line.builds}`;
    news += 1;
    const more = change ? { change } : {};
    const text = outcome === 'waits' ? 'the build failed' : '';
    reduce({
      kind: 'news',
      news: { id: String(news), package: names[node]!, version, outcome, roots, text, urgency, seconds: took, ...more },
      at: now,
    });
  };

  const onArrival = (arrival: Arrival): void => {
    const node = graph.numbers.get(arrival.package)!;
    const line = lines[node]!;
    if (arrival.kind === 'removed') return onRemoved(node);
    line.gone = false;
    const job = wantedOf(node, arrival.kind === 'remedy' ? 1 : 3);
    absorb(line, job);
    job.arrivals.push(arrival);
  };

  /** A newer release takes the place of one that failed, with what that one was for. */
  const absorb = (line: Line, job: Job): void => {
    const { failed } = line;
    delete line.failed;
    if (!failed) return;
    job.arrivals.push(...failed.arrivals);
    for (const root of failed.roots) job.roots.add(root);
  };

  const onRemoved = (node: number): void => {
    const line = lines[node]!;
    const roots = new Set([...(line.next?.roots ?? []), ...(line.failed?.roots ?? [])]);
    if (line.next) builder.drop(line.next);
    delete line.next;
    delete line.failed;
    line.gone = true;
    if (roots.size > 0) tell(node, 'equal', [...roots], 3, 0);
  };

  const onEnded = ({ job, failed, forced, nth }: Extract<Happening, { kind: 'ended' }>): void => {
    const line = lines[job.package]!;
    builder.end();
    end = now;
    delete line.building;
    if (line.next) builder.ask(line.next);
    if (failed) return onFailed(job, nth);
    const took = seconds[job.package]!;
    const roots = [...job.roots];
    if (roots.length > 0) rebuilt.push((now - Math.min(...roots.map((root) => rootAt.get(root) ?? now))) / 1000);
    if (job.arrivals.length === 0 && !forced && oracle.isEqual(names[job.package]!, nth)) {
      tally.equal += 1;
      return tell(job.package, 'equal', roots, job.urgency, took);
    }
    for (const { at } of job.arrivals) released.push((now - at) / 1000);
    const day = Math.floor((now - from) / DAY);
    published[day] = (published[day] ?? 0) + 1;
    const change = changeOf(job);
    line.version = job.arrivals[job.arrivals.length - 1]?.version ?? line.version;
    if (job.arrivals.length > 0) rootAt.set(`${names[job.package]!}@${line.version}-r${line.builds}`, job.arrivals[0]!.at);
    force(job.package, change);
    tell(job.package, 'published', roots, job.urgency, took, change);
  };

  const changeOf = (job: Job): PublishedChange => {
    const dependents = targetsOf(linked, job.package);
    const kinds = job.arrivals.map((arrival): PublishedChange['kind'] => {
      if (arrival.kind === 'added') return 'new';
      if (arrival.kind === 'remedy') return 'content';
      const isBreak = oracle.breaks(arrival.package, arrival.version ?? '', stepOf(arrival.previous, arrival.version));
      return isBreak && dependents.length > 0 ? 'break' : 'compatible';
    });
    const kind = strongest(['content', ...kinds]);
    return { kind, breaks: kind === 'break' ? Array.from(dependents, (node) => names[node]!) : [] };
  };

  const force = (node: number, { kind }: PublishedChange): void => {
    const concerned = isToolchain[node] ? targetsOf(graph.neededBy, node) : kind === 'break' ? targetsOf(linked, node) : [];
    for (const dependent of concerned) lines[dependent]!.forced = true;
  };

  const onFailed = (job: Job, nth: number): void => {
    const line = lines[job.package]!;
    tally.failed += 1;
    line.forced = true;
    if (line.next) {
      for (const root of job.roots) line.next.roots.add(root);
      line.next.arrivals.unshift(...job.arrivals);
      return;
    }
    line.failed = job;
    timeline.put(now + oracle.mendSeconds(names[job.package]!, nth) * 1000, { kind: 'mended', job });
    tell(job.package, 'waits', [...job.roots], job.urgency, seconds[job.package]!);
  };

  const happen = (what: Happening): void => {
    if (what.kind === 'arrival') return onArrival(what.arrival);
    if (what.kind === 'ended') return onEnded(what);
    if (what.kind === 'mended') {
      const line = lines[what.job.package]!;
      if (line.failed === what.job) absorb(line, wantedOf(what.job.package, what.job.urgency));
      return;
    }
    if (what.kind === 'tick') {
      tickAt = Infinity;
      return reduce({ kind: 'tick', at: now });
    }
    if (what.kind === 'request') {
      const id = `request-${now}`;
      rootAt.set(id, now);
      return reduce({
        kind: 'decision',
        decision: { kind: 'rebuild', id, by: 'season', reason: 'asked for', packages: what.packages },
        at: now,
      });
    }
    const cause = causeBehind(state.causes, what.cause);
    if (cause?.paused) {
      reduce({ kind: 'decision', decision: { kind: 'resume', by: 'season', reason: 'looked at', cause: cause.id }, at: now });
    }
  };

  const startBuilds = (): void => {
    for (let job = builder.start(); job; job = builder.start()) {
      const line = lines[job.package]!;
      const nth = (line.builds += 1);
      const took = seconds[job.package]!;
      line.building = job;
      delete line.next;
      tally.builds += 1;
      tally[job.arrivals.length > 0 ? 'releaseBuilds' : 'rebuildBuilds'] += 1;
      tally.slotSeconds += took;
      timeline.put(now + took * 1000, { kind: 'ended', job, failed: oracle.fails(names[job.package]!, nth), forced: line.forced, nth });
      line.forced = false;
    }
  };

  for (const arrival of input.arrivals) timeline.put(arrival.at, { kind: 'arrival', arrival });
  for (const { at, packages } of input.requests ?? []) timeline.put(at, { kind: 'request', packages });
  for (let next = timeline.take(); next; next = timeline.take()) {
    now = next.at;
    happen(next.what);
    startBuilds();
    queue.set(now, peekStanding(state).waiting.count + builder.waiting());
    busy.set(now, builder.busy());
  }
  return {
    ...tally,
    released: spreadOf(released),
    rebuilt: spreadOf(rebuilt),
    longestHold,
    peakQueue: queue.peak(),
    from,
    end,
    left: state.plan ? state.plan.names.filter((_, node) => state.jobs[node]) : [],
    queue: queue.averages(end),
    busy: busy.averages(end),
    published: Array.from({ length: Math.ceil((end - from) / DAY) }, (_, day) => published[day] ?? 0),
  };
}
