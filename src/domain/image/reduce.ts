import type { Cause } from '../release/release';
import type { ImageLock, ImageOutcome, TagMove } from './image';
import { acceptedOrder, orderRefusal } from './order';
import type { ImageHold, ImageOrder, ImageRollback, OrderTaken, RolledBack } from './order';

/** What an image is made of, and the one release that carries its newest lock to its tags. Plain JSON: it is carried through continue-as-new. */
export interface ImageState {
  readonly image: string;
  /** Hints that wait for a look. */
  readonly pending: readonly ImageHint[];
  readonly looking: boolean;
  readonly inFlight?: ImageTarget & { readonly release: string };
  /** Another lock than the one in flight; looked at anew once that one has settled. */
  readonly next?: ImageTarget;
  /** What the tags point to. */
  readonly tagged?: ImageLock;
  /** Locks that a person rejected, by key. */
  readonly rejected: readonly { readonly key: string; readonly generation: number; readonly reason: string }[];
  /** Ids of hints that were looked at with nothing to do since the last change of state. */
  readonly idle: readonly string[];
  readonly history: readonly ImageHistory[];
  readonly lastLook?: { readonly at: number; readonly text: string };
  /** Why it could not be locked at the last look. */
  readonly problem?: string;
  readonly removed: boolean;
  /** While it is there nothing is started. */
  readonly hold?: ImageHold;
  /** What would have started a release but for the hold. */
  readonly owed: readonly Cause[];
  /** `begun`: the publisher was told. Before that a release in flight must stand still, or have ended. */
  readonly rollback?: ImageRollback & { readonly begun?: true };
  /** Some tags were rolled back since the last release: which of them have the lock `tagged` is not known. */
  readonly rolledBack?: true;
  readonly orders: readonly OrderTaken[];
  /** Why the last order was refused, where it came from where nobody could be told. */
  readonly refused?: string;
}

/** "Look again at this image." */
export interface ImageHint {
  readonly id: string;
  readonly cause: Cause;
  readonly insist?: boolean;
}

export interface ImageTarget {
  readonly lock: ImageLock;
  readonly causes: readonly Cause[];
}

export interface ImageHistory {
  readonly id: string;
  readonly release: string;
  readonly generation: number;
  /** Of the main package in the first variant. */
  readonly version: string;
  readonly outcome: ImageOutcome;
  readonly reason: string;
  readonly moved: readonly string[];
}

/** A release of an image tells its entity how it ended. */
export interface SettledImage {
  readonly id: string;
  readonly release: string;
  readonly lock: ImageLock;
  readonly outcome: ImageOutcome;
  readonly reason: string;
  readonly tags: readonly TagMove[];
}

/** What a look found: a lock, or why there is none. */
export type ImageLook = { readonly lock: ImageLock } | { readonly problem: string; readonly removed?: boolean };

export type ImageEvent =
  | { readonly kind: 'hint'; readonly hint: ImageHint }
  | { readonly kind: 'looked'; readonly look: ImageLook; readonly hints: readonly ImageHint[]; readonly at: number }
  | { readonly kind: 'settled'; readonly settled: SettledImage }
  /** The release in flight is gone without a word (terminated by a person). */
  | { readonly kind: 'vanished'; readonly release: string }
  | { readonly kind: 'order'; readonly order: ImageOrder; readonly at: number }
  /** The release heard that it is held, and had not begun to move its tags. */
  | { readonly kind: 'held'; readonly release: string }
  | { readonly kind: 'rolled-back'; readonly id: string; readonly result: RolledBack | { readonly problem: string } };

export type ImageCommand =
  | { readonly kind: 'look'; readonly hints: readonly ImageHint[]; readonly previous?: ImageLock }
  | { readonly kind: 'start'; readonly release: string; readonly target: ImageTarget }
  | { readonly kind: 'supersede'; readonly release: string; readonly by: string }
  /** Tells a release that it is held; without `hold`, that it goes on. */
  | { readonly kind: 'hold'; readonly release: string; readonly hold?: ImageHold }
  | { readonly kind: 'rollback'; readonly rollback: ImageRollback };

export interface ImageStep {
  readonly state: ImageState;
  readonly commands: readonly ImageCommand[];
  /** What the sender of a hint is told. */
  readonly text: string;
}

const HISTORY = 20;
const REJECTED = 50;
const IDLE = 100;
const CAUSES = 20;
const DIGEST_SHOWN = 'sha256:'.length + 12;
const ORDERS = 20;

export function newImage(name: string): ImageState {
  return { image: name, pending: [], looking: false, rejected: [], idle: [], history: [], removed: false, owed: [], orders: [] };
}

/** `key` is the key of a lock: one release for one lock, whoever asks for it. */
export function imageReleaseId(image: string, key: string): string {
  return `image-release:${image}-${key.replace(/^sha256:/, '').slice(0, 16)}`;
}

/** The rules of `image:<name>`: hints in, at most one release in flight out. Pure. */
export function reduceImage(state: ImageState, event: ImageEvent): ImageStep {
  if (event.kind === 'hint') return onHint(state, event.hint);
  if (event.kind === 'looked') return onLooked({ ...state, looking: false }, event.look, event.hints, event.at);
  if (event.kind === 'settled') return rollBackNext(onSettled(state, event.settled));
  if (event.kind === 'vanished') return rollBackNext(onVanished(state, event.release));
  if (event.kind === 'order') return onOrder(state, event.order, event.at);
  if (event.kind === 'rolled-back') return onRolledBack(state, event.id, event.result);
  if (state.inFlight?.release !== event.release) return say(state, 'not in flight');
  return beginRollback(say(state, 'it stands before its tags'));
}

function onVanished(state: ImageState, release: string): ImageStep {
  if (state.inFlight?.release !== release) return say(state, 'not in flight');
  const owed = [...state.inFlight.causes, ...(state.next?.causes ?? [])];
  return lookAgain(without(state, 'inFlight', 'next'), owed, 'its release vanished');
}

function onOrder(before: ImageState, ordered: ImageOrder, at: number): ImageStep {
  const refused = orderRefusal(ordered, before);
  if (refused !== undefined) return say({ ...before, refused }, refused);
  const order = acceptedOrder(ordered);
  const by = order.by;
  const given: ImageHold = { by, reason: order.reason ?? '', at: new Date(at).toISOString() };
  const orders = [...before.orders, { kind: order.kind, ...given }].slice(-ORDERS);
  const state = { ...without(before, 'refused'), orders };
  if (order.kind === 'resume') return resume(state, given);
  const flying = state.inFlight?.release;
  if (order.kind === 'hold') {
    const text = flying === undefined ? 'on hold: nothing is started' : `on hold: ${flying} goes on up to its tags`;
    return { state: { ...state, hold: given }, commands: holdRelease(state, given), text };
  }
  const id = `rollback:${state.image}@${given.at}`;
  const hold: ImageHold = { ...given, reason: `rollback: ${given.reason}` };
  const rolling: ImageState = { ...state, hold, rollback: { ...given, id, moves: order.moves } };
  const moves = order.moves.map(({ tag, to }) => `${tag} to ${to.slice(0, DIGEST_SHOWN)}`).join(', ');
  const text = `on hold, and rolls back ${moves}${flying === undefined ? '' : ` once ${flying} stands still`}`;
  return rollBackNext({ state: rolling, commands: holdRelease(state, hold), text });
}

/** What would have been started meanwhile is looked at, and a release that waits before its tags goes on. */
function resume(state: ImageState, { by, reason, at }: ImageHold): ImageStep {
  const id = `resume:${state.image}@${at}`;
  const cause: Cause = { id, kind: 'person', text: `${by} resumed ${state.image}${reason === '' ? '' : `: ${reason}`}`, at, by };
  const going: ImageState = { ...without(state, 'hold'), owed: [], idle: [] };
  const rest = lookAgain(going, [...state.owed, cause], state.hold ? 'resumed, looking' : 'was not on hold; looking');
  return { ...rest, commands: [...holdRelease(state, undefined), ...rest.commands] };
}

function holdRelease({ inFlight }: ImageState, hold: ImageHold | undefined): readonly ImageCommand[] {
  return inFlight ? [{ kind: 'hold', release: inFlight.release, ...(hold ? { hold } : {}) }] : [];
}

/** No release is in flight that could move a tag at the same moment. */
function rollBackNext(step: ImageStep): ImageStep {
  return step.state.inFlight ? step : beginRollback(step);
}

function beginRollback(step: ImageStep): ImageStep {
  const { rollback } = step.state;
  if (!rollback || rollback.begun) return step;
  return {
    ...step,
    state: { ...step.state, rollback: { ...rollback, begun: true } },
    commands: [...step.commands, { kind: 'rollback', rollback }],
  };
}

function onRolledBack(state: ImageState, id: string, result: RolledBack | { readonly problem: string }): ImageStep {
  const { rollback } = state;
  if (rollback?.id !== id) return say(state, 'heard before');
  const told = (outcome: string): ImageState => ({
    ...without(state, 'rollback'),
    orders: state.orders.map((order) => (order.kind === 'rollback' && order.at === rollback.at ? { ...order, outcome } : order)),
  });
  if ('problem' in result) return say(told(`refused: ${result.problem}`), result.problem);
  const { lock, moves, over } = result;
  const text = moves.length === 0 ? 'the tags point there already' : `moved ${moves.map(({ tag }) => tag).join(', ')} back`;
  const reason = `${rollback.by} rolled back from it: ${rollback.reason}`;
  const rejected = over.reduce((known, one) => reject(known, one, reason), state.rejected).filter(({ key }) => key !== lock?.key);
  return say({ ...told(text), rejected, idle: [], rolledBack: true, ...(lock ? { tagged: lock } : {}) }, text);
}

function onHint(state: ImageState, hint: ImageHint): ImageStep {
  if (state.pending.some(({ id }) => id === hint.id)) return say(state, 'already waiting for a look');
  const person = hint.insist === true || hint.cause.kind === 'person';
  if (!person && state.idle.includes(hint.id)) return say(state, `nothing to do: ${state.lastLook?.text ?? 'looked before'}`);
  if (!person && state.inFlight?.causes.some(({ id }) => id === hint.cause.id))
    return say(state, `already in flight: ${state.inFlight.release}`);
  const pending = [...state.pending, hint];
  return look({ ...state, pending, removed: false }, state.inFlight ? `looking again; in flight: ${state.inFlight.release}` : 'looking');
}

/** One look at a time: hints that come meanwhile are one look after it. */
function look(state: ImageState, text: string): ImageStep {
  if (state.looking || state.pending.length === 0) return say(state, text);
  const command: ImageCommand = { kind: 'look', hints: state.pending, ...(state.tagged ? { previous: state.tagged } : {}) };
  return { state: { ...state, looking: true, pending: [] }, commands: [command], text };
}

function onLooked(before: ImageState, found: ImageLook, hints: readonly ImageHint[], at: number): ImageStep {
  const state = without(before, 'problem');
  if (!('lock' in found)) {
    const removed = found.removed === true && !state.inFlight;
    return look({ ...state, removed, problem: found.problem, lastLook: { at, text: found.problem } }, found.problem);
  }
  const target: ImageTarget = { lock: found.lock, causes: causesOf(hints) };
  if (state.inFlight) return onTargetInFlight(state, state.inFlight, target, at);
  const insist = hints.some((hint) => hint.insist);
  const nothing = nothingToDo(state, found.lock, insist);
  if (nothing !== undefined) return look({ ...idle(state, hints), owed: [], lastLook: { at, text: nothing } }, nothing);
  if (state.hold) return onTargetHeld(state, state.hold, target, hints, at);
  const { generation, key } = found.lock;
  const release = imageReleaseId(state.image, key);
  const text = `generation ${generation} started`;
  const started: ImageState = {
    ...state,
    inFlight: { ...target, release },
    idle: [],
    rejected: state.rejected.filter((entry) => entry.key !== key),
    lastLook: { at, text },
  };
  const rest = look(started, text);
  return { ...rest, commands: [{ kind: 'start', release, target }, ...rest.commands] };
}

/** Nothing is started; what would be is said, and owed until the hold ends. A person who insists takes a rejection back all the same. */
function onTargetHeld(
  state: ImageState,
  hold: ImageHold,
  { lock, causes }: ImageTarget,
  hints: readonly ImageHint[],
  at: number,
): ImageStep {
  const changes = lock.changes.length === 0 ? '' : ` (${lock.changes.join(', ')})`;
  const text = `on hold by ${hold.by} (${hold.reason}): the lock of generation ${lock.generation} would be started${changes}`;
  const owed = mergeCauses(state.owed, causes);
  const rejected = state.rejected.filter(({ key }) => key !== lock.key);
  return look({ ...idle(state, hints), owed, rejected, lastLook: { at, text } }, text);
}

/** Why a lock needs no release; undefined when it does. */
function nothingToDo(state: ImageState, lock: ImageLock, insist: boolean): string | undefined {
  if (lock.key === state.tagged?.key && !state.rolledBack) return `unchanged at generation ${lock.generation}`;
  const refused = insist ? undefined : state.rejected.find(({ key }) => key === lock.key);
  return refused && `this lock was rejected: ${refused.reason} (millrace image build ${state.image} --insist)`;
}

function onTargetInFlight(state: ImageState, inFlight: NonNullable<ImageState['inFlight']>, target: ImageTarget, at: number): ImageStep {
  const { generation, key } = target.lock;
  if (key === inFlight.lock.key) {
    const causes = mergeCauses(inFlight.causes, target.causes);
    const text = `the lock of generation ${generation} is in flight already`;
    return look({ ...without(state, 'next'), inFlight: { ...inFlight, causes }, lastLook: { at, text } }, text);
  }
  // Also one that the tags point to already: what is in flight was withdrawn.
  const causes = mergeCauses(state.next?.causes ?? [], target.causes);
  const by = `the lock of generation ${generation}`;
  const text = `${by} replaces that of generation ${inFlight.lock.generation} once that waits or ends`;
  const rest = look({ ...state, next: { ...target, causes }, lastLook: { at, text } }, text);
  return { ...rest, commands: [{ kind: 'supersede', release: inFlight.release, by }, ...rest.commands] };
}

function onSettled(state: ImageState, settled: SettledImage): ImageStep {
  if (state.history.some(({ id }) => id === settled.id)) return say(state, 'heard before');
  const { id, release, lock, outcome, reason, tags } = settled;
  const entry: ImageHistory = {
    ...{ id, release, outcome, reason, generation: lock.generation },
    version: lock.variants[0]?.version ?? '',
    moved: tags.map(({ tag }) => tag),
  };
  const heard: ImageState = {
    ...(outcome === 'tagged' ? without(state, 'rolledBack') : state),
    history: [...state.history, entry].slice(-HISTORY),
    idle: [],
    ...(outcome === 'tagged' ? { tagged: lock } : {}),
    ...(outcome === 'rejected' ? { rejected: reject(state.rejected, lock, reason) } : {}),
  };
  if (state.inFlight?.release !== release) return say(heard, 'settled');
  return lookAgain(without(heard, 'inFlight', 'next'), state.next?.causes ?? [], `generation ${lock.generation} ${outcome}`);
}

function reject(
  known: ImageState['rejected'],
  { key, generation }: Pick<ImageLock, 'key' | 'generation'>,
  reason: string,
): ImageState['rejected'] {
  return [...known.filter((entry) => entry.key !== key), { key, generation, reason }].slice(-REJECTED);
}

/** Looks again for causes that are still owed an answer. */
function lookAgain(state: ImageState, causes: readonly Cause[], text: string): ImageStep {
  const owed = causes
    .map((cause): ImageHint => ({ id: cause.id, cause }))
    .filter(({ id }) => !state.pending.some((hint) => hint.id === id));
  return look({ ...state, pending: [...state.pending, ...owed] }, text);
}

function idle(state: ImageState, hints: readonly ImageHint[]): ImageState {
  const ids = hints.map(({ id }) => id);
  return { ...state, idle: [...state.idle.filter((id) => !ids.includes(id)), ...ids].slice(-IDLE) };
}

const causesOf = (hints: readonly ImageHint[]) =>
  mergeCauses(
    [],
    hints.map(({ cause }) => cause),
  );

/** The newest are kept: what set a release off is told, and it is the last of many that counts. */
function mergeCauses(known: readonly Cause[], more: readonly Cause[]): readonly Cause[] {
  const added = more.filter((cause, index) => ![...known, ...more.slice(0, index)].some(({ id }) => id === cause.id));
  return [...known, ...added].slice(-CAUSES);
}

type Passing = 'inFlight' | 'next' | 'problem' | 'hold' | 'rollback' | 'rolledBack' | 'refused';

function without(state: ImageState, ...keys: readonly Passing[]): ImageState {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !(keys as readonly string[]).includes(key))) as unknown as ImageState;
}

const say = (state: ImageState, text: string): ImageStep => ({ state, commands: [], text });
