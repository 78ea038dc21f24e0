import { decodePlan, type Plan } from './encoded-plan';
import type { FloorCommand, PublishedChange } from './floor';
import { pickStarts } from './pick';
import { keepStanding, putJob, standingOf, takeStanding, urgencyOf, type Standing } from './ready';
import type { FloorAsk, FloorCause, FloorJob, FloorPast, FloorState, Stop } from './state';

const HISTORY = 50;
/** Packages over their budget that a cause tells by name. */
export const NAMES = 20;
const STUCK = 500;
const NEVER = -1;
const TEXT = 400;

/** A step under way: a copy of the state that the rules may change, and what they have ordered so far. */
export interface Draft {
  readonly state: { -readonly [key in keyof FloorState]: FloorState[key] };
  plan: Plan | undefined;
  readonly at: number;
  /** Changed by `put` alone. */
  jobs: (FloorJob | 0)[];
  past: (FloorPast | 0)[];
  standing: Standing;
  readonly causes: Map<number, FloorCause>;
  readonly commands: FloorCommand[];
}

export interface FloorStep {
  readonly state: FloorState;
  readonly commands: readonly FloorCommand[];
  /** What the step did, for logs and for who asked. */
  readonly text: string;
  /** Milliseconds: when the next tick is due, at the latest. */
  readonly wakeAt?: number;
}

export function openDraft(before: FloorState, at: number): Draft {
  return {
    state: { ...before, step: before.step + 1 },
    plan: before.plan && decodePlan(before.plan),
    at,
    jobs: before.jobs.slice(),
    past: before.past.slice(),
    standing: takeStanding(before),
    causes: new Map(before.causes.map((cause) => [cause.number, cause])),
    commands: [],
  };
}

/** Asks for a plan that is due, starts what may start, and lets causes go that nothing waits for. */
export function closeDraft(draft: Draft, text: string): FloorStep {
  askForPlan(draft);
  if (draft.plan) {
    const picking = { ...draft.state, jobs: draft.jobs, causes: draft.causes };
    for (const node of pickStarts(picking, draft.plan, draft.standing, draft.at)) start(draft, draft.plan, node);
  }
  retireCauses(draft);
  const { state, causes } = draft;
  // Where a cause is left there is a job or an ask: only then need nobody look.
  const idle = causes.size === 0 && state.asks.length === 0 && !state.planning && draft.jobs.every((job) => job === 0);
  const { plan, ...rest } = state;
  const closed: FloorState = {
    ...rest,
    ...(plan && !idle ? { plan } : {}),
    causes: [...causes.values()],
    jobs: idle ? [] : draft.jobs,
    past: idle ? [] : draft.past,
    beyond: idle ? {} : state.beyond,
  };
  keepStanding(closed, idle ? standingOf(undefined, [], causes) : draft.standing);
  const wakeAt = state.planning ? undefined : state.asks.reduce((next, ask) => Math.min(next, ask.due), Infinity);
  return { state: closed, commands: draft.commands, text, ...(wakeAt !== undefined && wakeAt < Infinity ? { wakeAt } : {}) };
}

/** A wish for packages, and when what they are wanted for happened. */
export interface Wish {
  /** Causes that are alive. */
  readonly roots: readonly number[];
  readonly by: string;
  /** Step of the news: a build that started in it or later has what is wanted. */
  readonly step: number;
  readonly at: number;
  /** These roots together with others: most of what a wish is for has the same roots, and keeps them as one list. */
  readonly together: Map<readonly number[], readonly number[]>;
}

/** Wants a package built for these causes. A wish may come later than a younger one, since it waited for a plan. Merged with what is wanted already; nothing where it was built since; refused, and noted, where a cause has spent its budget. True where a build follows. */
export function want(draft: Draft, plan: Plan, node: number, wish: Wish): boolean {
  const job = draft.jobs[node];
  if (job && job.status === 'building' && stepOf(draft, node) >= wish.step) {
    // Not counted: what it needs may yet be built for these causes, and then so must it.
    const roots = unionOf(wish, job.roots, wish.roots);
    if (roots !== job.roots) put(draft, node, { ...job, roots });
    return false;
  }
  if (!job && stepOf(draft, node) >= wish.step) return false;
  const roots = withinBudget(draft, plan, node, wish.roots);
  if (roots.length === 0) return false;
  const { by, at } = wish;
  if (!job) {
    const stuck = draft.state.stuck[plan.names[node]!];
    put(draft, node, {
      ...(stuck === undefined ? { status: 'waiting' } : { status: 'failed', since: draft.at, text: stuck, waits: true }),
      roots,
      by,
      wanted: at,
    });
  } else if (job.status === 'building') {
    const again = {
      roots: unionOf(wish, job.again?.roots ?? [], roots),
      by: job.again?.by ?? by,
      wanted: Math.max(job.again?.wanted ?? 0, at),
    };
    put(draft, node, { ...job, again });
  } else put(draft, node, { ...job, roots: unionOf(wish, job.roots, roots), wanted: Math.max(job.wanted, at) });
  return true;
}

function withinBudget(draft: Draft, plan: Plan, node: number, roots: readonly number[]): readonly number[] {
  const past = draft.past[node];
  if (!past || past.built.length === 0) return roots;
  const budget = draft.state.settings.cycleBudget;
  const built = countsOf(past);
  const within = roots.filter((root) => (built.get(root) ?? 0) < budget);
  if (within.length === roots.length) return roots;
  for (const root of roots) if ((built.get(root) ?? 0) >= budget) noteOverBudget(draft, root, plan.names[node]!);
  return within;
}

function unionOf(wish: Wish, some: readonly number[], roots: readonly number[]): readonly number[] {
  if (roots !== wish.roots) return union(some, roots);
  const known = wish.together.get(some);
  if (known) return known;
  const both = some.length === 0 ? roots : union(some, roots);
  wish.together.set(some, both);
  return both;
}

/** Gives a package another job, or none. */
export function put(draft: Draft, node: number, job: FloorJob | 0): void {
  putJob(draft.standing, draft.plan!, draft.jobs, draft.causes, node, job);
}

/** A release that waits for a person, of a package that nothing wants built again: an order would wait behind it without a word. */
export function rememberStuck({ state }: Draft, name: string, text: string): void {
  state.stuck = Object.fromEntries(Object.entries({ ...state.stuck, [name]: text.slice(0, TEXT) }).slice(-STUCK));
}

/** The job is over. What was asked for since its build started is wanted again. */
export function end(draft: Draft, node: number): void {
  const { again } = draft.jobs[node] as FloorJob;
  if (again && again.roots.length > 0) {
    put(draft, node, { status: 'waiting', ...again });
    return;
  }
  put(draft, node, 0);
}

function start(draft: Draft, plan: Plan, node: number): void {
  const job = draft.jobs[node] as FloorJob;
  const name = plan.names[node]!;
  const id = `${name}#${draft.at.toString(36)}-${draft.state.step}`;
  const { front, ...rest } = job;
  put(draft, node, { ...rest, status: 'building', since: draft.at, order: id });
  draft.past[node] = counted(draft.past[node], draft.state.step, job.roots, 1);
  for (const root of job.roots) tally(draft, root, 'started');
  const roots = job.roots.map((root) => draft.causes.get(root)!);
  draft.commands.push({
    kind: 'start',
    id,
    package: name,
    roots: roots.map((cause) => cause.id),
    text: `${name} was asked for by ${job.by}${roots[0]!.text === job.by ? '' : `, because of ${roots[0]!.text}`}`,
    urgency: urgencyOf(job, draft.causes) ?? 5,
  });
}

/** What was started is not what builds: it is ordered once more, and counts as never started. */
export function takeBack(draft: Draft, node: number): void {
  const job = draft.jobs[node] as FloorJob;
  const { roots, wanted } = job.again ?? job;
  draft.past[node] = counted(draft.past[node], NEVER, job.roots, -1);
  put(draft, node, waitingAgain({ ...job, roots: union(job.roots, roots), wanted }));
}

/** What was started failed: it is no build that anything could be served by. */
export function cameToNothing(draft: Draft, node: number): void {
  const past = draft.past[node];
  if (past) draft.past[node] = { ...past, step: NEVER };
}

/** The same job, to be built. */
export function waitingAgain({ roots, by, wanted, front }: FloorJob): FloorJob {
  return { status: 'waiting', roots, by, wanted, ...(front ? { front } : {}) };
}

function counted(past: FloorPast | 0 | undefined, step: number, roots: readonly number[], more: number): FloorPast {
  const built = past ? countsOf(past) : new Map<number, number>();
  for (const root of roots) {
    const count = (built.get(root) ?? 0) + more;
    if (count > 0) built.set(root, count);
    else built.delete(root);
  }
  const pairs: number[] = [];
  for (const [root, count] of built) pairs.push(root, count);
  return { step, built: pairs };
}

function countsOf({ built }: FloorPast): Map<number, number> {
  const counts = new Map<number, number>();
  for (let at = 0; at < built.length; at += 2) counts.set(built[at]!, built[at + 1]!);
  return counts;
}

/** Of the last start of a package, unless it came to nothing. */
function stepOf(draft: Draft, node: number): number {
  const past = draft.past[node];
  return past ? past.step : NEVER;
}

/** Both ascending, as what they are together. */
export function union(some: readonly number[], more: readonly number[]): readonly number[] {
  const known = new Set(some);
  const added = more.filter((root) => !known.has(root));
  if (added.length === 0) return some;
  const both = [...some, ...added];
  return some.length === 0 || some[some.length - 1]! < added[0]! ? both : both.sort((a, b) => a - b);
}

export function changeCause(draft: Draft, root: number, change: Partial<FloorCause>): void {
  const cause = draft.causes.get(root);
  if (cause) draft.causes.set(root, { ...cause, ...change });
}

/** Stops a cause, or lets it go on: what is wanted for it alone has another turn. */
export function pauseCause(draft: Draft, { paused: _, ...cause }: FloorCause, paused: Stop | undefined): void {
  draft.causes.set(cause.number, paused ? { ...cause, paused } : cause);
  draft.standing = standingOf(draft.plan, draft.jobs, draft.causes);
}

export function tally(draft: Draft, root: number, key: 'started' | 'published' | 'equal' | 'failed'): void {
  const cause = draft.causes.get(root);
  if (cause) draft.causes.set(root, { ...cause, [key]: cause[key] + 1 });
}

function noteOverBudget(draft: Draft, root: number, name: string): void {
  const cause = draft.causes.get(root)!;
  if (cause.overBudgetNames.includes(name)) return;
  changeCause(draft, root, { overBudget: cause.overBudget + 1, overBudgetNames: [...cause.overBudgetNames, name].slice(0, NAMES) });
}

export function addCause(draft: Draft, cause: Pick<FloorCause, 'id' | 'text' | 'urgency'>): number {
  const number = draft.state.nextCause;
  draft.state.nextCause += 1;
  const none = { started: 0, published: 0, equal: 0, failed: 0, overBudget: 0, overBudgetNames: [] };
  draft.causes.set(number, { number, ...cause, text: cause.text.slice(0, TEXT), at: draft.at, ...none });
  return number;
}

/** Packages that a change asks for: those of the plan by number, and names that it does not have. */
export function wishesOf(
  plan: Plan,
  provider: string,
  policy: 'static' | 'content' | 'abi' | 'none',
  change: PublishedChange,
): { readonly nodes: readonly number[]; readonly unknown: readonly string[] } {
  const nodes = new Set<number>();
  const unknown: string[] = [];
  // Nothing that is published was built with a package that is new.
  if (policy === 'none' || change.kind === 'new') return { nodes: [], unknown };
  const node = plan.numbers.get(provider);
  if (node !== undefined && (policy === 'static' || (policy === 'content' && change.kind !== 'same'))) {
    const { starts, targets } = plan.dependents;
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) nodes.add(targets[edge]!);
    for (const dependent of plan.cutDependents.get(node) ?? []) nodes.add(dependent);
  }
  if (change.kind === 'break') {
    for (const name of change.breaks) {
      const broken = plan.numbers.get(name);
      if (broken === undefined) unknown.push(name);
      else if (broken !== node) nodes.add(broken);
    }
  }
  return { nodes: [...nodes].sort((a, b) => a - b), unknown };
}

/** One plan at a time: what is asked for meanwhile has the next. */
function askForPlan(draft: Draft): void {
  const { state } = draft;
  if (state.planning || !state.asks.some((ask) => ask.due <= draft.at)) return;
  state.asks = state.asks.map((ask): FloorAsk => (ask.due <= draft.at ? { ...ask, sent: true } : ask));
  const packages = new Set<string>();
  for (const ask of state.asks) {
    if (!ask.sent) continue;
    if (ask.provider !== undefined) packages.add(ask.provider);
    for (const name of ask.change?.breaks ?? []) packages.add(name);
    for (const name of ask.packages ?? []) packages.add(name);
  }
  for (const name of jobNames(draft)) packages.add(name);
  state.planning = [...packages].sort();
  draft.commands.push({ kind: 'plan', packages: state.planning });
}

function jobNames({ plan, jobs }: Draft): readonly string[] {
  const names: string[] = [];
  jobs.forEach((job, node) => job && names.push(plan!.names[node]!));
  return names;
}

/** Takes a new plan: jobs and their past go over by name. Those without a spec in it are dropped. */
export function install(draft: Draft, plan: Plan): readonly string[] {
  const { state } = draft;
  const isSame = draft.plan === plan;
  const lost: string[] = [];
  const jobs = new Array<FloorJob | 0>(plan.names.length).fill(0);
  const past = new Array<FloorPast | 0>(plan.names.length).fill(0);
  const beyond: Record<string, FloorPast> = {};
  const keep = (name: string, entry: FloorPast): void => {
    const built = aliveOf(draft, entry.built);
    if (built.length === 0 && state.asks.length === 0) return;
    const node = plan.numbers.get(name);
    if (node === undefined) beyond[name] = { ...entry, built };
    else past[node] = built === entry.built ? entry : { ...entry, built };
  };
  for (const [name, entry] of Object.entries(state.beyond)) keep(name, entry);
  draft.plan?.names.forEach((name, old) => {
    const entry = draft.past[old];
    if (entry) keep(name, entry);
    const job = draft.jobs[old];
    if (!job) return;
    const node = plan.numbers.get(name);
    if (node === undefined) lost.push(name);
    else jobs[node] = job;
  });
  state.plan = plan.encoded;
  state.beyond = beyond;
  draft.plan = plan;
  draft.jobs = jobs;
  draft.past = past;
  if (!isSame) draft.standing = standingOf(plan, jobs, draft.causes);
  return lost;
}

function aliveOf({ causes }: Draft, built: readonly number[]): readonly number[] {
  for (let at = 0; at < built.length; at += 2)
    if (!causes.has(built[at]!)) return built.filter((_, place) => causes.has(built[place - (place % 2)]!));
  return built;
}

/** Lets causes go that nothing waits for. */
export function retireCauses(draft: Draft): void {
  const { causes, standing, state } = draft;
  const asked = new Set(state.asks.flatMap((ask) => ask.roots));
  for (const cause of [...causes.values()]) if (!standing.named.has(cause.number) && !asked.has(cause.number)) retire(draft, cause);
}

/** A cause that asked for nothing leaves no trace: most publications do. */
export function retire(draft: Draft, cause: FloorCause, dropped?: Stop): void {
  draft.causes.delete(cause.number);
  if (cause.started + cause.published + cause.equal + cause.failed + cause.overBudget === 0 && !dropped) return;
  const { id, text, at, started, published, equal, failed, overBudget } = cause;
  const ended = { id, text, at, started, published, equal, failed, overBudget, ended: draft.at, ...(dropped ? { dropped } : {}) };
  draft.state.history = [...draft.state.history, ended].slice(-HISTORY);
}
