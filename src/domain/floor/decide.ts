import { nearestKey } from '../spec/nearest-key';
import { addCause, pauseCause, put, rememberStuck, retire, waitingAgain, type Draft } from './draft';
import type { FloorDecision } from './floor';
import { causeBehind, jobOf, type FloorCause, type FloorState, type Stop } from './state';

/** Packages that persons ask for anew and no plan has yet, together: the state stays small. */
const ASKED = 5000;
/** Packages on hold at once. */
const HELD = 500;
const TEXT = 400;

/** Why a decision does not fit what is there now, with what would; undefined where it does. */
export function refusalOf(state: FloorState, decision: FloorDecision): string | undefined {
  if (decision.by.trim() === '') return 'a decision needs the name of who makes it';
  if (decision.reason.trim() === '') return 'a decision needs a reason';
  if (decision.kind === 'rebuild') return refusalOfRebuild(state, decision);
  if (decision.kind === 'drop') return causeOf(state, decision.cause) ? undefined : noCause(state, decision.cause);
  return 'package' in decision ? refusalOfPackage(state, decision) : refusalOfPause(state, decision);
}

function refusalOfRebuild(state: FloorState, { id, packages }: Extract<FloorDecision, { kind: 'rebuild' }>): string | undefined {
  if (packages.length === 0) return 'a rebuild names at least one package';
  if (causeOf(state, id) || state.history.some((ended) => ended.id === id)) return `${id} was asked for before`;
  const asked = state.asks.reduce((sum, ask) => sum + (ask.packages?.length ?? 0), 0);
  if (asked > 0 && asked + packages.length > ASKED)
    return `${asked} packages that were asked for wait for a plan, and ${packages.length} more are too many: ask again when it is made (millrace floor status)`;
  return undefined;
}

function refusalOfPause(state: FloorState, { kind, cause: id }: Extract<FloorDecision, { kind: 'pause' | 'resume' }>): string | undefined {
  const cause = id === undefined ? undefined : causeOf(state, id);
  if (id !== undefined && !cause) return noCause(state, id);
  const paused = cause ? cause.paused : state.paused;
  const what = cause ? cause.id : 'the floor';
  if (kind === 'pause' && paused) return `${what} is paused already, by ${paused.by}: ${paused.reason}`;
  if (kind === 'resume' && !paused) {
    const others = state.causes.filter((one) => one.paused).map((one) => one.id);
    return `${what} is not paused${others.length > 0 ? `; paused: ${others.slice(0, 5).join(', ')}` : ''}`;
  }
  return undefined;
}

function refusalOfPackage(
  state: FloorState,
  { kind, package: name }: Extract<FloorDecision, { kind: 'front' | 'hold' | 'release' }>,
): string | undefined {
  if (name.trim() === '') return 'name a package';
  const held = state.held[name];
  if (kind === 'hold') {
    if (held) return `${name} is on hold already, by ${held.by}: ${held.reason}`;
    return Object.keys(state.held).length >= HELD
      ? `${HELD} packages are on hold, and more are too many: pause the cause, or the floor`
      : undefined;
  }
  const job = jobOf(state, name);
  const waits = job?.waits
    ? `the release of ${name} waits for an answer, and an order would wait behind it: answer that (${job.text})`
    : undefined;
  if (kind === 'front') {
    if (!job) return `${name} is not wanted${near(state, name)}`;
    if (waits) return waits;
    if (job.status === 'building') return `${name} builds already`;
    return job.front ? `${name} is in front already` : undefined;
  }
  if (held) return undefined;
  if (job?.status === 'failed') return waits;
  return job ? `${name} is neither on hold nor failed: it is ${job.status}` : `${name} is neither on hold nor failed${near(state, name)}`;
}

const causeOf = (state: FloorState, id: string): FloorCause | undefined => state.causes.find((cause) => cause.id === id);

function noCause(state: FloorState, id: string): string {
  const whole = causeBehind(state.causes, id);
  if (whole) return `${id} goes on as a part of ${whole.id} (${whole.text}), one of too many causes: name that`;
  const ended = state.history.some((one) => one.id === id);
  const ids = state.causes.map((cause) => cause.id);
  const known = ids.length === 0 ? 'there is none now' : `causes now: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ' and more' : ''}`;
  return `${id} ${ended ? 'has ended' : 'is no cause'}; ${known}`;
}

function near(state: FloorState, name: string): string {
  const names = state.plan ? state.plan.names.filter((_, node) => state.jobs[node]) : [];
  const nearest = nearestKey(name, names);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/** Does what a person decided. What does not fit is left, and told. */
export function decide(draft: Draft, decision: FloorDecision): string {
  const { state } = draft;
  const refused = refusalOf({ ...state, jobs: draft.jobs, causes: [...draft.causes.values()] }, decision);
  if (refused !== undefined) return refused;
  const stop: Stop = { by: decision.by.slice(0, TEXT), reason: decision.reason.slice(0, TEXT), at: draft.at };
  if (decision.kind === 'rebuild') return rebuild(draft, decision);
  if (decision.kind === 'drop') return drop(draft, decision.cause, stop);
  if (!('package' in decision)) return pause(draft, decision.cause, decision.kind === 'pause' ? stop : undefined);
  if (decision.kind === 'hold') {
    state.held = { ...state.held, [decision.package]: stop };
    return `${decision.package} is on hold`;
  }
  return again(draft, decision.package, decision.kind === 'front');
}

function rebuild(draft: Draft, { id, by, reason, packages }: Extract<FloorDecision, { kind: 'rebuild' }>): string {
  const { state, at } = draft;
  const text = `${by}: ${reason}`.slice(0, TEXT);
  const root = addCause(draft, { id, text, urgency: 5 });
  const wanted = [...new Set(packages)].sort();
  state.asks = [...state.asks, { roots: [root], by: text, packages: wanted, step: state.step, at, due: at }];
  return `${id}: ${wanted.length} packages are to be built anew`;
}

function pause(draft: Draft, id: string | undefined, stop: Stop | undefined): string {
  const word = stop ? 'paused' : 'resumed';
  if (id === undefined) {
    if (stop) draft.state.paused = stop;
    else delete draft.state.paused;
    return `the floor is ${word}`;
  }
  pauseCause(
    draft,
    [...draft.causes.values()].find((one) => one.id === id)!,
    stop,
  );
  return `${id} is ${word}`;
}

function drop(draft: Draft, id: string, stop: Stop): string {
  const { state } = draft;
  const cause = [...draft.causes.values()].find((one) => one.id === id)!;
  const others = (roots: readonly number[]): readonly number[] => roots.filter((root) => root !== cause.number);
  state.asks = state.asks.map((ask) => ({ ...ask, roots: others(ask.roots) })).filter((ask) => ask.roots.length > 0);
  let left = 0;
  draft.jobs.forEach((job, node) => {
    if (!job || !(job.roots.includes(cause.number) || job.again?.roots.includes(cause.number))) return;
    const { again: more, ...rest } = job;
    const roots = others(job.roots);
    const againRoots = others(more?.roots ?? []);
    if (roots.length > 0 || job.status === 'building') {
      put(draft, node, { ...rest, roots, ...(more && againRoots.length > 0 ? { again: { ...more, roots: againRoots } } : {}) });
      return;
    }
    left += 1;
    if (job.waits) rememberStuck(draft, draft.plan!.names[node]!, job.text!);
    put(draft, node, 0);
  });
  retire(draft, cause, stop);
  return `${id} is dropped: ${left} packages are wanted no more`;
}

/** Takes a package off hold, and what has failed is built again. */
function again(draft: Draft, name: string, front: boolean): string {
  const { [name]: held, ...others } = draft.state.held;
  draft.state.held = others;
  const node = draft.plan?.numbers.get(name);
  const job = node === undefined ? 0 : draft.jobs[node]!;
  if (!job || job.status === 'building' || job.waits) return `${name} is off hold`;
  put(draft, node!, waitingAgain({ ...job, ...(front ? { front } : {}) }));
  return `${name} waits for its turn${front ? ' in front' : ''}`;
}
