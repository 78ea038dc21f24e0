import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { refusalOf } from '../../../src/domain/floor/decide';
import { carryFloor, uncarryFloor, type CarriedFloor } from '../../../src/domain/floor/carried';
import { decodePlan } from '../../../src/domain/floor/encoded-plan';
import type { FloorCommand, FloorDecision, FloorEvent, FloorNews, PublishedChange, RebuildPolicy } from '../../../src/domain/floor/floor';
import { planRebuild } from '../../../src/domain/floor/plan';
import { liftedLevel, NONE, peekStanding, standingAnew } from '../../../src/domain/floor/ready';
import { closeDraft, openDraft, type FloorStep } from '../../../src/domain/floor/draft';
import { mergeAsks, mergeCauses } from '../../../src/domain/floor/merge';
import { reduceFloor } from '../../../src/domain/floor/reduce';
import { newFloor, type FloorJob, type FloorState } from '../../../src/domain/floor/state';
import { graphOf, type Adjacency, type Graph } from '../../../src/domain/graph/adjacency';

/** A world around the floor: packages with releases of their own, builds that end well or badly, and people who decide. It keeps its own books, in the slowest and plainest way, and knows when the floor breaks a law. */

const NODES = 7;
const NAMES = Array.from({ length: NODES }, (_, node) => `p${node}`);
const POLICIES: readonly RebuildPolicy[] = ['static', 'content', 'abi', 'abi', 'none'];
const KINDS: readonly PublishedChange['kind'][] = ['new', 'same', 'compatible', 'content', 'break', 'break', 'break'];

const node = fc.nat(NODES - 1);
const change = fc.record({
  kind: fc.constantFrom(...KINDS),
  // Not every name in a break has a spec.
  breaks: fc.uniqueArray(fc.constantFrom(...NAMES, 'ghost'), { maxLength: 4, size: 'max' }),
});
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), node, change, seconds: fc.constantFrom(0, 5, 1000) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('finish' as const),
      pick: fc.nat(),
      change,
      outcome: fc.constantFrom(...(['published', 'published', 'published', 'equal', 'waits', 'failed', 'rejected', 'superseded'] as const)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const), pick: fc.nat(), change, seconds: fc.constantFrom(0, 5, 1000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('trouble' as const), node, outcome: fc.constantFrom('waits' as const, 'failed' as const) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('plan' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      kind: fc.constantFrom(...(['pause', 'resume', 'drop', 'front', 'hold', 'release', 'rebuild'] as const)),
      node,
      cause: fc.option(fc.nat(), { nil: undefined }),
    }),
  },
);

export const worlds = fc.record({
  edges: fc.array(fc.tuple(node, node), { maxLength: 18, size: 'max' }),
  policies: fc.array(fc.constantFrom(...POLICIES), { minLength: NODES, maxLength: NODES }),
  slots: fc.integer({ min: 1, max: 3 }),
  budget: fc.integer({ min: 1, max: 2 }),
  debounce: fc.constantFrom(0, 7),
  after: fc.constantFrom(2, 1000),
  actions: fc.array(action, { maxLength: 60, size: 'max' }),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

/** A release that the floor ordered, as its package sees it: at most one is open. */
interface Open {
  readonly roots: readonly string[];
  /** Milliseconds: when its build began. */
  readonly began: number;
  readonly waits: boolean;
}

/** Something that a package must be built for. */
interface Debt {
  readonly package: string;
  readonly since: number;
  /** Causes that it is owed to, by number. */
  readonly roots: ReadonlySet<number>;
}

export interface Report {
  readonly starts: number;
  readonly debts: number;
}

/** Runs a world to its end and throws at the first law that is broken. */
export function live(world: World): Report {
  const graph = graphOf(
    NAMES,
    world.edges.map(([from, to]): [string, string] => [NAMES[from]!, NAMES[to]!]),
  );
  const floor = {
    state: newFloor('test', {
      slots: world.slots,
      debounceSeconds: world.debounce,
      cycleBudget: world.budget,
      breaker: { after: world.after, share: 0.5 },
    }),
  };
  let now = 1_000_000;
  let serial = 0;
  let asked: readonly string[] | undefined;
  let starts = 0;
  const open = new Map<string, Open>();
  const told: FloorNews[] = [];
  const debts: Debt[] = [];
  const good = new Map<string, number[]>();
  const built = new Map<string, number>();
  const served = new Map<string, number>();
  const forgiven = new Map<string, number>();
  const dropped = new Set<number>();
  const mergedInto = new Map<number, number>();
  const causesEver = new Set<string>();

  const step = (event: FloorEvent): void => go((state) => reduceFloor(state, event));

  const go = (reduce: (state: FloorState) => FloorStep): void => {
    const before = floor.state;
    const kept = JSON.stringify(before);
    const copy = JSON.parse(JSON.stringify(carryFloor(before))) as CarriedFloor;
    const { state, commands } = reduce(before);
    law(kept === JSON.stringify(before), 'a state is never changed in place');
    const again = reduce(uncarryFloor(copy));
    const told = ({ state: one, commands: all }: Pick<FloorStep, 'state' | 'commands'>) => JSON.stringify([carryFloor(one), all]);
    law(told(again) === told({ state, commands }), 'a state that travelled decides the same');
    floor.state = state;
    law(isDeepStrictEqual(peekStanding(state), standingAnew(state)), 'what is kept of a standing is what stands');
    if (state.plan) planLaws(graph, state);
    if (state.plan) standingLaws(state);
    for (const cause of state.causes) causesEver.add(cause.id);
    for (const command of commands) obey(command);
    const building = jobs(state).filter(([, job]) => job.status === 'building');
    law(building.length <= world.slots || commands.every(({ kind }) => kind !== 'start'), 'no more builds than slots');
    for (const [name, job] of building) law(open.has(name) && job.order !== undefined, `${name} builds and was ordered`);
    for (const [name, job] of jobs(state)) law(job.status === 'building' || job.roots.length > 0, `${name} is wanted by someone`);
    for (const [name, job] of jobs(state))
      for (const root of [...job.roots, ...(job.again?.roots ?? [])])
        law(
          state.causes.some((cause) => cause.number === root),
          `${name} is wanted by a cause that is there`,
        );
  };

  const obey = (command: FloorCommand): void => {
    if (command.kind === 'plan') {
      law(asked === undefined, 'one plan at a time');
      asked = command.packages;
    }
    if (command.kind !== 'start') return;
    starts += 1;
    const { package: name, roots } = command;
    const { state } = floor;
    law(!state.paused, 'nothing starts on a paused floor');
    law(!state.held[name], `${name} does not start while it is on hold`);
    law(roots.length > 0 && roots.every((root) => causesEver.has(root)), `${name} starts because of causes that there are`);
    law(!open.has(name) || open.get(name)!.waits, `${name} starts while it builds`);
    const causes = state.causes.filter((cause) => roots.includes(cause.id));
    law(causes.length === 0 || causes.some((cause) => !cause.paused), `${name} starts for a cause that is not paused`);
    for (const above of ancestors(graph, cutOf(state), name)) {
      const job = jobs(state).find(([other]) => other === above);
      law(!job, `${name} starts before ${above}, which is ${job?.[1].status}`);
    }
    for (const { number } of causes) {
      const key = `${number} ${name}`;
      built.set(key, (built.get(key) ?? 0) + 1);
      law(built.get(key)! <= world.budget + (forgiven.get(name) ?? 0), `${name} is rebuilt ${built.get(key)} times for one cause`);
    }
    open.set(name, { roots: [...roots, ...(open.get(name)?.roots ?? [])], began: now, waits: open.get(name)?.waits ?? false });
  };

  const publish = (name: string, of: PublishedChange, roots: readonly string[], began: number): void => {
    const job = jobs(floor.state).find(([other]) => other === name)?.[1];
    const known = floor.state.causes
      .filter((cause) => [cause.id, ...(cause.merged?.ids ?? [])].some((id) => roots.includes(id)))
      .map((cause) => cause.number);
    const ours =
      job && (job.status === 'building' ? roots.length > 0 || job.roots.length === 0 : job.roots.some((root) => known.includes(root)));
    const derived = ours ? job.roots : known;
    // What is asked for again, after this publication, is no rebuild beyond the budget.
    if (job && (!ours || job.status !== 'building')) forgive(name);
    if (!ours || roots.length === 0) open.delete(name);
    if (ours) for (const root of job.roots) served.set(`${root} ${name}`, (served.get(`${root} ${name}`) ?? 0) + 1);
    const version = `${(serial += 1)}-r0`;
    const seconds = (now - began) / 1000;
    const next: FloorNews = {
      id: `n${serial}`,
      package: name,
      version,
      outcome: 'published',
      change: of,
      roots,
      text: '',
      urgency: 3,
      seconds,
    };
    told.push(next);
    good.set(name, [...(good.get(name) ?? []), began]);
    const number = floor.state.nextCause;
    step({ kind: 'news', at: now, news: next });
    // A publication that takes the place of an earlier one has the cause of that one, which may have been merged since.
    const id = `${name}@${version}`;
    const own = floor.state.causes.find((cause) => cause.id === id || cause.merged?.ids.includes(id))?.number ?? number;
    const owed = derived && derived.length > 0 ? derived : [own];
    for (const wanted of wishes(graph, world.policies, name, of)) debts.push({ package: wanted, since: now, roots: new Set(owed) });
  };

  const forgive = (name: string): void => {
    forgiven.set(name, (forgiven.get(name) ?? 0) + 1);
  };

  const tell = (name: string, outcome: FloorNews['outcome'], roots: readonly string[]): void => {
    serial += 1;
    const next: FloorNews = {
      id: `n${serial}`,
      package: name,
      version: `${serial}-r0`,
      outcome,
      roots,
      text: 'because',
      urgency: 3,
      seconds: 1,
    };
    told.push(next);
    step({ kind: 'news', at: now, news: next });
  };

  const finish = (name: string, outcome: FloorNews['outcome'], of: PublishedChange): void => {
    const { roots, began } = open.get(name)!;
    if (outcome === 'superseded') return tell(name, outcome, roots);
    if (outcome === 'waits') {
      open.set(name, { roots, began, waits: true });
      return tell(name, outcome, roots);
    }
    open.delete(name);
    if (outcome === 'published') return publish(name, of, roots, began);
    if (outcome === 'equal') good.set(name, [...(good.get(name) ?? []), began]);
    tell(name, outcome, roots);
  };

  const decide = (decision: FloorDecision): void => {
    const refused = refusalOf(floor.state, decision);
    const causes = floor.state.causes;
    if (decision.kind === 'release' || decision.kind === 'front') forgive(decision.package);
    if (decision.kind === 'drop' && !refused) dropped.add(causes.find((cause) => cause.id === decision.cause)!.number);
    step({ kind: 'decision', decision, at: now });
  };

  /** As if more than one cause were too many. */
  const merge = (): void => {
    const before = floor.state.causes;
    go((state) => {
      const draft = openDraft(state, now);
      mergeAsks(draft, 0);
      mergeCauses(draft, { most: 1, left: 1 });
      return closeDraft(draft, 'merged');
    });
    const whole = floor.state.causes.find((cause) => cause.merged && !before.some(({ number }) => number === cause.number));
    for (const { id, merged, number } of before)
      if (whole?.merged!.ids.includes(merged?.ids[0] ?? id)) mergedInto.set(number, whole.number);
  };

  const answerPlan = (): void => {
    const packages = asked!;
    asked = undefined;
    const seconds = NAMES.map((_, place) => place + 1);
    step({ kind: 'planned', plan: planRebuild({ graph, policies: world.policies, seconds, packages }), at: now });
  };

  const act = (one: World['actions'][number]): void => {
    now += 1000;
    if (one.do === 'release') {
      const began = now - one.seconds * 1000;
      return publish(NAMES[one.node]!, one.change, [], began);
    }
    if (one.do === 'finish') {
      const running = [...open].filter(([, { waits }]) => !waits);
      return running.length > 0 ? finish(running[one.pick % running.length]![0], one.outcome, one.change) : undefined;
    }
    if (one.do === 'mend') {
      const waiting = [...open].filter(([, { waits }]) => waits);
      const [name, release] = waiting[one.pick % Math.max(1, waiting.length)] ?? [];
      if (name === undefined || !release) return;
      open.delete(name);
      return publish(name, one.change, release.roots, Math.max(release.began, now - one.seconds * 1000));
    }
    if (one.do === 'trouble') return open.has(NAMES[one.node]!) ? undefined : tell(NAMES[one.node]!, one.outcome, []);
    if (one.do === 'plan') return asked ? answerPlan() : undefined;
    if (one.do === 'merge') return merge();
    if (one.do === 'tick') return step({ kind: 'tick', at: (now += 3000) });
    if (one.do === 'repeat') {
      const news = told[one.pick % Math.max(1, told.length)];
      const before = floor.state;
      if (!news) return;
      step({ kind: 'news', at: now, news });
      return law(floor.state.seen.length === before.seen.length && jobs(floor.state).length <= jobs(before).length, 'news is heard once');
    }
    const { kind } = one;
    const name = NAMES[one.node]!;
    const person = { by: 'anna', reason: 'because' };
    const cause = one.cause === undefined ? undefined : floor.state.causes[one.cause % Math.max(1, floor.state.causes.length)]?.id;
    if (kind === 'rebuild') {
      const packages = [name, NAMES[(one.node + 2) % NODES]!];
      serial += 1;
      const number = floor.state.nextCause;
      for (const wanted of packages) debts.push({ package: wanted, since: now, roots: new Set([number]) });
      return decide({ kind, id: `mass-${serial}`, packages, ...person });
    }
    if (kind === 'drop') return decide({ kind, cause: cause ?? 'none', ...person });
    if (kind === 'pause' || kind === 'resume') return decide({ kind, ...(cause === undefined ? {} : { cause }), ...person });
    return decide({ kind, package: name, ...person });
  };

  /** Lets everything go on until nothing does. */
  const settleAll = (): void => {
    for (let round = 0; ; round += 1) {
      law(round < 2000, 'the floor comes to rest');
      now += 1000;
      const running = [...open].find(([, { waits }]) => !waits);
      const stopped = floor.state.causes.find((cause) => cause.paused);
      const person = { by: 'anna', reason: 'because' };
      if (asked) answerPlan();
      else if (floor.state.paused) decide({ kind: 'resume', ...person });
      else if (stopped) decide({ kind: 'resume', cause: stopped.id, ...person });
      else if (Object.keys(floor.state.held).length > 0) decide({ kind: 'release', package: Object.keys(floor.state.held)[0]!, ...person });
      else if (running) finish(running[0], 'published', { kind: 'compatible', breaks: [] });
      else if (floor.state.asks.length > 0) {
        const { wakeAt } = reduceFloor(floor.state, { kind: 'tick', at: now });
        step({ kind: 'tick', at: (now = Math.max(now, wakeAt ?? now)) });
      } else return;
    }
  };

  for (const one of world.actions) act(one);
  settleAll();
  for (const [name, job] of jobs(floor.state)) {
    const above = ancestors(graph, cutOf(floor.state), name);
    const failed = jobs(floor.state).some(([other, { status }]) => status === 'failed' && above.includes(other));
    law(job.status === 'failed' || (job.status === 'waiting' && failed), `${name} is ${job.status} and nothing holds it`);
  }
  // Failures are mended one after the other: what they held goes on by itself.
  for (let round = 0; jobs(floor.state).length > 0; round += 1) {
    law(round < 200, 'mended failures let the rest go on');
    now += 1000;
    const [name, { waits }] = jobs(floor.state).find(([, { status }]) => status === 'failed')!;
    const release = open.get(name);
    if (waits) {
      open.delete(name);
      publish(name, { kind: 'content', breaks: [] }, release?.roots ?? [], now);
    } else decide({ kind: 'release', package: name, by: 'anna', reason: 'because' });
    settleAll();
  }
  const { state } = floor;
  law(state.causes.length === 0 && state.asks.length === 0 && !state.plan && state.jobs.length === 0, 'a floor at rest is empty');
  for (const debt of debts) {
    const paid = (good.get(debt.package) ?? []).some((began) => began >= debt.since);
    const isSpent = (root: number | undefined): boolean =>
      root !== undefined &&
      (dropped.has(root) || (built.get(`${root} ${debt.package}`) ?? 0) >= world.budget || isSpent(mergedInto.get(root)));
    const spent = [...debt.roots].every(isSpent);
    law(paid || spent, `${debt.package} was never built for what was published at ${debt.since}`);
  }
  return { starts, debts: debts.length };
}

function law(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}

function jobs(state: FloorState): readonly (readonly [string, FloorJob])[] {
  return state.jobs.flatMap((job, place) => (job ? [[state.plan!.names[place]!, job] as const] : []));
}

function cutOf(state: FloorState): ReadonlySet<string> {
  const { names, cut } = state.plan!;
  return new Set(cut.map(([from, to]) => `${names[from]} ${names[to]}`));
}

/** All that a package needs, directly or not, by the edges of the graph that were not cut. */
function ancestors(graph: Graph, cut: ReadonlySet<string>, name: string): readonly string[] {
  const found = new Set<string>();
  const visit = (one: string): void => {
    for (const need of NAMES) {
      if (!needs(graph, one, need) || cut.has(`${one} ${need}`) || found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(name);
  return [...found];
}

function needs(graph: Graph, name: string, need: string): boolean {
  const { starts, targets } = graph.needs;
  const from = NAMES.indexOf(name);
  return targets.subarray(starts[from], starts[from + 1]).includes(NAMES.indexOf(need));
}

/** By the rules as docs/floor.md tells them. */
function wishes(graph: Graph, policies: readonly RebuildPolicy[], name: string, { kind, breaks }: PublishedChange): readonly string[] {
  const policy = policies[NAMES.indexOf(name)]!;
  const direct = NAMES.filter((other) => needs(graph, other, name));
  const broken = kind === 'break' ? NAMES.filter((other) => breaks.includes(other) && other !== name) : [];
  if (kind === 'new' || policy === 'none') return [];
  if (policy === 'static' || (policy === 'content' && kind !== 'same')) return [...new Set([...direct, ...broken])];
  return broken;
}

/** A plan holds all that depends on what it holds, its edges are those of the graph, and what is left out of them lies on a cycle. */
function planLaws(graph: Graph, state: FloorState): void {
  const plan = decodePlan(state.plan!);
  const cut = cutOf(state);
  plan.names.forEach((need, number) => {
    const dependents = NAMES.filter((name) => needs(graph, name, need));
    const row = [...plan.dependents.targets.subarray(plan.dependents.starts[number], plan.dependents.starts[number + 1])];
    const kept = dependents.filter((name) => !cut.has(`${name} ${need}`));
    law(String(row.map((dependent) => plan.names[dependent])) === String(kept), `the plan has the dependents of ${need}`);
    law(!ancestors(graph, cut, need).includes(need), `the plan has an order for ${need}`);
  });
  for (const edge of cut) {
    const [from, to] = edge.split(' ') as [string, string];
    law(ancestors(graph, new Set(), to).includes(from) && needs(graph, from, to), `${edge} was cut from a cycle`);
  }
}

/** What follows from plan, jobs and causes, looked up the slow way. */
function standingLaws(state: FloorState): void {
  const plan = decodePlan(state.plan!);
  const row = ({ starts, targets }: Adjacency, node: number) => [...targets.subarray(starts[node], starts[node + 1])];
  const isUnsettled = (node: number): boolean => state.jobs[node] !== 0 || row(plan.needs, node).some(isUnsettled);
  const urgencies = new Map(state.causes.map((cause) => [cause.number, cause.paused ? NONE : cause.urgency]));
  const levelOf = (node: number): number => {
    const job = state.jobs[node]!;
    if (job === 0 || job.status !== 'waiting') return NONE;
    const level = Math.min(...job.roots.map((root) => urgencies.get(root)!));
    return job.front && level !== NONE ? 0 : level;
  };
  const mostUrgent = (node: number): number => Math.min(levelOf(node), ...row(plan.dependents, node).map(mostUrgent));
  const standing = peekStanding(state);
  const nodes = [...state.jobs.keys()];
  const blockers = nodes.map((node) => row(plan.needs, node).filter(isUnsettled).length);
  law(String(standing.blockers) === String(blockers), 'blockers are the unsettled needs');
  const ready = nodes.filter((node) => state.jobs[node] && state.jobs[node].status === 'waiting' && blockers[node] === 0);
  law(String([...standing.ready].sort((a, b) => a - b)) === String(ready), 'what waits without a blocker is ready');
  const levels = ready.map((node) => (levelOf(node) === NONE ? NONE : mostUrgent(node)));
  law(String(ready.map((node) => liftedLevel(standing, node))) === String(levels), 'what is urgent lifts what it waits for');
}
