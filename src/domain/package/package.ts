import type { Cause } from '../release/release';
import type { UpdateDecision } from '../update/candidate';
import { compareVersionTexts, fullVersion } from '../version/version';

/** What is wanted of a package, and the one release that brings it there. Plain JSON: it is carried through continue-as-new. */
export interface PackageState {
  readonly package: string;
  /** Hints that wait for a look. */
  readonly pending: readonly PackageHint[];
  readonly looking: boolean;
  readonly inFlight?: Target & { readonly release: string; readonly superseded: boolean };
  /** A newer target than the one in flight; decided anew once that one has settled. */
  readonly next?: Target;
  readonly rejected: readonly { readonly version: string; readonly reason: string }[];
  /** Ids of hints that were looked at with nothing to do since the last change of state. */
  readonly idle: readonly string[];
  readonly history: readonly SettledRelease[];
  readonly starts: readonly { readonly at: number; readonly version: string }[];
  readonly stopped?: string;
  readonly lastLook?: { readonly at: number; readonly text: string };
  readonly removed: boolean;
}

export interface PackageHint {
  readonly id: string;
  readonly cause: Cause;
  readonly version?: string;
  readonly insist?: boolean;
}

export interface Target {
  readonly version: string;
  readonly epoch: number;
  readonly change: 'bump' | 'rebuild' | 'none';
  readonly previous?: string;
  readonly candidate?: { readonly name: string; readonly commit?: string; readonly link?: string };
  readonly causes: readonly Cause[];
}

export interface SettledRelease {
  readonly id: string;
  readonly release: string;
  readonly version: string;
  readonly epoch: number;
  readonly outcome: 'published' | 'equal' | 'rejected' | 'superseded' | 'failed';
  readonly reason: string;
  readonly buildSeconds: Readonly<Record<string, number>>;
}

/** What a look found; the part of an assessment that the rules use. */
export interface Look {
  readonly spec?: { readonly version: string; readonly epoch: number };
  readonly published?: { readonly version: string };
  readonly update?: UpdateDecision;
  readonly problem?: string;
}

export type PackageEvent =
  | { readonly kind: 'hint'; readonly hint: PackageHint }
  | { readonly kind: 'looked'; readonly look: Look; readonly hints: readonly PackageHint[]; readonly at: number }
  | { readonly kind: 'settled'; readonly settled: SettledRelease }
  | { readonly kind: 'withdrawn'; readonly version: string; readonly reason: string }
  /** The release in flight is gone without a word (terminated by a person). */
  | { readonly kind: 'vanished'; readonly release: string };

export type PackageCommand =
  | { readonly kind: 'look'; readonly hints: readonly PackageHint[]; readonly version?: string }
  | { readonly kind: 'start'; readonly target: Target }
  | { readonly kind: 'supersede'; readonly release: string; readonly by: string };

export interface PackageStep {
  readonly state: PackageState;
  readonly commands: readonly PackageCommand[];
  /** What the sender of a hint is told. */
  readonly text: string;
}

const HISTORY = 20;
const REJECTED = 50;
const IDLE = 100;
const STARTS = 50;
const CAUSES = 20;
const DAY = 24 * 60 * 60 * 1000;
/** The same version started this often within a day is a loop (a real bot "updated" one package 423 times). */
const SAME_VERSION_STARTS = 4;
const STARTS_A_DAY = 30;

export function newPackage(name: string): PackageState {
  return { package: name, pending: [], looking: false, rejected: [], idle: [], history: [], starts: [], removed: false };
}

/** The rules of `package:<name>`: hints in, at most one release in flight out. Pure. */
export function reducePackage(state: PackageState, event: PackageEvent): PackageStep {
  if (event.kind === 'hint') return onHint(state, event.hint);
  if (event.kind === 'looked') return onLooked({ ...state, looking: false }, event.look, event.hints, event.at);
  if (event.kind === 'settled') return onSettled(state, event.settled);
  if (event.kind === 'withdrawn')
    return say({ ...state, rejected: reject(state, event.version, `withdrawn: ${event.reason}`) }, 'withdrawn');
  return state.inFlight?.release === event.release
    ? lookAgain(without(state, 'inFlight'), state.inFlight.causes, 'its release vanished')
    : say(state, 'not in flight');
}

function onHint(state: PackageState, hint: PackageHint): PackageStep {
  const person = hint.insist === true || hint.version !== undefined || hint.cause.kind === 'person';
  if (state.pending.some((pending) => pending.id === hint.id)) return say(state, 'already waiting for a look');
  if (state.inFlight?.causes.some((cause) => cause.id === hint.cause.id) && !hint.insist)
    return say(state, `already in flight: ${state.inFlight.release}`);
  if (!person && state.idle.includes(hint.id)) return say(state, `nothing to do: ${state.lastLook?.text ?? 'looked before'}`);
  const pending = [...state.pending, hint];
  return look({ ...state, pending, removed: false }, state.inFlight ? `looking again; in flight: ${state.inFlight.release}` : 'looking');
}

function look(state: PackageState, text: string): PackageStep {
  if (state.looking || state.pending.length === 0) return say(state, text);
  const version = state.pending.find((hint) => hint.version !== undefined)?.version;
  const command: PackageCommand = { kind: 'look', hints: state.pending, ...(version ? { version } : {}) };
  return { state: { ...state, looking: true, pending: [] }, commands: [command], text };
}

function onLooked(state: PackageState, found: Look, hints: readonly PackageHint[], at: number): PackageStep {
  const insist = hints.some((hint) => hint.insist);
  const decided = decide(state, found, hints, insist);
  if (typeof decided === 'string') {
    const settledIds = found.problem ? [] : hints.map((hint) => hint.id);
    const idle = [...state.idle.filter((id) => !settledIds.includes(id)), ...settledIds].slice(-IDLE);
    const removed = !found.spec && !found.problem && !state.inFlight;
    return look({ ...state, idle, removed, lastLook: { at, text: decided } }, decided);
  }
  const full = fullVersion(decided.version, decided.epoch);
  if (state.inFlight) return onTargetInFlight(state, state.inFlight, decided, hints, at);
  const looping = insist ? undefined : loop(state, full, at);
  if (looping) return look({ ...state, stopped: looping, lastLook: { at, text: looping } }, looping);
  const release = `release:${state.package}-${full}`;
  const started: PackageState = {
    ...without(without(state, 'stopped'), 'next'),
    inFlight: { ...decided, release, superseded: false },
    idle: [],
    rejected: state.rejected.filter((entry) => entry.version !== full),
    starts: [...state.starts, { at, version: full }].slice(-STARTS),
    lastLook: { at, text: `${full} started` },
  };
  const rest = look(started, `${full} started`);
  return { ...rest, commands: [{ kind: 'start', target: decided }, ...rest.commands] };
}

function onTargetInFlight(
  state: PackageState,
  inFlight: NonNullable<PackageState['inFlight']>,
  target: Target,
  hints: readonly PackageHint[],
  at: number,
): PackageStep {
  const full = fullVersion(target.version, target.epoch);
  if (full === fullVersion(inFlight.version, inFlight.epoch)) {
    const causes = mergeCauses(
      inFlight.causes,
      hints.map((hint) => hint.cause),
    );
    const text = `${full} is in flight already`;
    return look({ ...without(state, 'next'), inFlight: { ...inFlight, causes }, lastLook: { at, text } }, text);
  }
  const text = `${full} replaces ${fullVersion(inFlight.version, inFlight.epoch)} once that waits or ends`;
  const rest = look({ ...state, next: target, inFlight: { ...inFlight, superseded: true }, lastLook: { at, text } }, text);
  return { ...rest, commands: [{ kind: 'supersede', release: inFlight.release, by: full }, ...rest.commands] };
}

/** The target, or why there is none. State is truth: hints only supply causes. */
function decide(state: PackageState, found: Look, hints: readonly PackageHint[], insist: boolean): Target | string {
  if (!found.spec) return found.problem ?? `main has no spec of ${state.package}`;
  const spec = `${found.spec.version}-r${found.spec.epoch}`;
  const causes = mergeCauses(
    [],
    hints.map((hint) => hint.cause),
  );
  const common = { causes, ...(found.published ? { previous: found.published.version } : {}) };
  const chosen = found.update?.chosen;
  if (chosen && isNewer(chosen.version, found.spec.version)) {
    const target: Target = { version: chosen.version, epoch: 0, change: 'bump', candidate: chosen.candidate, ...common };
    const refused = insist ? undefined : state.rejected.find((entry) => entry.version === fullVersion(target.version, target.epoch));
    if (!refused) return target;
    if (found.published?.version === spec) return `${refused.version} was refused: ${refused.reason}`;
  }
  if (found.published?.version === spec && found.update?.retagged) return moved(found.update.retagged);
  if (found.published?.version === spec)
    return found.problem ?? `${spec} is published; ${found.update?.reason ?? 'upstream was not asked'}`;
  if (found.published && !isNewer(spec, found.published.version))
    return `main says ${spec}, which is not newer than the published ${found.published.version}: raise the version or the epoch`;
  const refused = insist ? undefined : state.rejected.find((entry) => entry.version === spec);
  if (refused) return `${spec} was refused: ${refused.reason}`;
  return { version: found.spec.version, epoch: found.spec.epoch, change: 'none', ...common };
}

/** A tag that points elsewhere than when it was released: an attack, or an upstream without care. Nothing is released of it. */
function moved({ name, was, is }: NonNullable<UpdateDecision['retagged']>): string {
  return `security: upstream moved the tag ${name} from ${was.slice(0, 12)} to ${is.slice(0, 12)}; what is published was built from the former`;
}

function onSettled(state: PackageState, settled: SettledRelease): PackageStep {
  if (state.history.some((entry) => entry.id === settled.id)) return say(state, 'heard before');
  const history = [...state.history, settled].slice(-HISTORY);
  const full = `${settled.version}-r${settled.epoch}`;
  const rejected = settled.outcome === 'rejected' ? reject(state, full, settled.reason) : state.rejected;
  const heard: PackageState = { ...state, history, rejected, idle: [] };
  if (state.inFlight?.release !== settled.release) return say(heard, 'settled');
  const causes = state.next?.causes ?? [];
  return lookAgain(without(without(heard, 'inFlight'), 'next'), causes, `${full} ${settled.outcome}`);
}

/** Looks again for causes that are still owed an answer. */
function lookAgain(state: PackageState, causes: readonly Cause[], text: string): PackageStep {
  const owed = causes.map((cause): PackageHint => ({ id: cause.id, cause }));
  return look(
    { ...state, pending: [...state.pending, ...owed.filter((hint) => !state.pending.some((pending) => pending.id === hint.id))] },
    text,
  );
}

function loop(state: PackageState, full: string, at: number): string | undefined {
  const today = state.starts.filter((start) => at - start.at < DAY);
  const same = today.filter((start) => start.version === full).length;
  const advice = `stopped until a person says: millrace release ${state.package} --insist`;
  if (same >= SAME_VERSION_STARTS) return `${full} was started ${same} times within a day; ${advice}`;
  if (today.length >= STARTS_A_DAY) return `${today.length} releases were started within a day; ${advice}`;
  return undefined;
}

function reject(state: PackageState, version: string, reason: string): PackageState['rejected'] {
  return [...state.rejected.filter((entry) => entry.version !== version), { version, reason }].slice(-REJECTED);
}

function mergeCauses(known: readonly Cause[], more: readonly Cause[]): readonly Cause[] {
  const merged = [...known];
  for (const cause of more) if (!merged.some((entry) => entry.id === cause.id)) merged.push(cause);
  return merged.slice(0, CAUSES);
}

function isNewer(a: string, b: string): boolean {
  const order = compareVersionTexts(a, b);
  return order.ok && order.value > 0;
}

function without(state: PackageState, key: 'inFlight' | 'next' | 'stopped'): PackageState {
  const { [key]: _, ...rest } = state;
  return rest;
}

const say = (state: PackageState, text: string): PackageStep => ({ state, commands: [], text });
