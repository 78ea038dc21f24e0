import type { Cause } from '../release/release';
import type { ImageLock, ImageOutcome, TagMove } from './image';

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
  | { readonly kind: 'vanished'; readonly release: string };

export type ImageCommand =
  | { readonly kind: 'look'; readonly hints: readonly ImageHint[]; readonly previous?: ImageLock }
  | { readonly kind: 'start'; readonly release: string; readonly target: ImageTarget }
  | { readonly kind: 'supersede'; readonly release: string; readonly by: string };

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

export function newImage(name: string): ImageState {
  return { image: name, pending: [], looking: false, rejected: [], idle: [], history: [], removed: false };
}

/** `key` is the key of a lock: one release for one lock, whoever asks for it. */
export function imageReleaseId(image: string, key: string): string {
  return `image-release:${image}-${key.replace(/^sha256:/, '').slice(0, 16)}`;
}

/** The rules of `image:<name>`: hints in, at most one release in flight out. Pure. */
export function reduceImage(state: ImageState, event: ImageEvent): ImageStep {
  if (event.kind === 'hint') return onHint(state, event.hint);
  if (event.kind === 'looked') return onLooked({ ...state, looking: false }, event.look, event.hints, event.at);
  if (event.kind === 'settled') return onSettled(state, event.settled);
  if (state.inFlight?.release !== event.release) return say(state, 'not in flight');
  const owed = [...state.inFlight.causes, ...(state.next?.causes ?? [])];
  return lookAgain(without(state, 'inFlight', 'next'), owed, 'its release vanished');
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
  if (nothing !== undefined) return look({ ...idle(state, hints), lastLook: { at, text: nothing } }, nothing);
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

/** Why a lock needs no release; undefined when it does. */
function nothingToDo(state: ImageState, lock: ImageLock, insist: boolean): string | undefined {
  if (lock.key === state.tagged?.key) return `unchanged at generation ${lock.generation}`;
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
    ...state,
    history: [...state.history, entry].slice(-HISTORY),
    idle: [],
    ...(outcome === 'tagged' ? { tagged: lock } : {}),
    ...(outcome === 'rejected' ? { rejected: reject(state.rejected, lock, reason) } : {}),
  };
  if (state.inFlight?.release !== release) return say(heard, 'settled');
  return lookAgain(without(heard, 'inFlight', 'next'), state.next?.causes ?? [], `generation ${lock.generation} ${outcome}`);
}

function reject(known: ImageState['rejected'], { key, generation }: ImageLock, reason: string): ImageState['rejected'] {
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

function without(state: ImageState, ...keys: readonly ('inFlight' | 'next' | 'problem')[]): ImageState {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !(keys as readonly string[]).includes(key))) as unknown as ImageState;
}

const say = (state: ImageState, text: string): ImageStep => ({ state, commands: [], text });
