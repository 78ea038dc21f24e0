import type { FloorNews } from '../floor/floor';
import type { Cause } from '../release/release';
import { urgencyOf } from '../release/urgency';
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
  /** Orders of the floor that came while a release was in flight: what it builds may have been begun before what they ask for was published. Decided once it has settled. */
  readonly owed: readonly Cause[];
  /** Ids of orders of the floor whose release has ended, so that a late repeat starts nothing. */
  readonly answered: readonly string[];
  readonly rejected: readonly { readonly version: string; readonly reason: string }[];
  /** Ids of hints that were looked at with nothing to do since the last change of state. */
  readonly idle: readonly string[];
  readonly history: readonly SettledRelease[];
  /** `roots` of a rebuild: what it was started for. */
  readonly starts: readonly { readonly at: number; readonly version: string; readonly roots?: readonly string[] }[];
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
  | { readonly kind: 'supersede'; readonly release: string; readonly by: string }
  /** An order that leads to no release: the floor must not wait for one. */
  | { readonly kind: 'tell'; readonly news: FloorNews };

export interface PackageStep {
  readonly state: PackageState;
  readonly commands: readonly PackageCommand[];
  /** What the sender of a hint is told. */
  readonly text: string;
}

const HISTORY = 20;
const REJECTED = 50;
const IDLE = 100;
const STARTS = 100;
const ANSWERED = 100;
const CAUSES = 20;
const TOLD = 400;
const DAY = 24 * 60 * 60 * 1000;
/** The same version started this often within a day is a loop (a real bot "updated" one package 423 times). */
const SAME_VERSION_STARTS = 4;
/** Of those that are no rebuilds: a cascade may rebuild a package for any number of causes. */
const STARTS_A_DAY = 30;

export function newPackage(name: string): PackageState {
  return {
    package: name,
    pending: [],
    looking: false,
    owed: [],
    answered: [],
    rejected: [],
    idle: [],
    history: [],
    starts: [],
    removed: false,
  };
}

/** The rules of `package:<name>`: hints in, at most one release in flight out. Pure. */
export function reducePackage(state: PackageState, event: PackageEvent): PackageStep {
  if (event.kind === 'hint') return onHint(state, event.hint);
  if (event.kind === 'looked') return onLooked({ ...state, looking: false }, event.look, event.hints, event.at);
  if (event.kind === 'settled') return onSettled(state, event.settled);
  if (event.kind === 'withdrawn')
    return say({ ...state, rejected: reject(state, event.version, `withdrawn: ${event.reason}`) }, 'withdrawn');
  return state.inFlight?.release === event.release
    ? lookAgain({ ...without(state, 'inFlight'), owed: [] }, [...state.inFlight.causes, ...state.owed], 'its release vanished')
    : say(state, 'not in flight');
}

function onHint(state: PackageState, hint: PackageHint): PackageStep {
  const person = hint.insist === true || hint.version !== undefined || hint.cause.kind === 'person';
  if (state.pending.some((pending) => pending.id === hint.id)) return say(state, 'already waiting for a look');
  if (state.inFlight?.causes.some((cause) => cause.id === hint.cause.id) && !hint.insist)
    return say(state, `already in flight: ${state.inFlight.release}`);
  if (state.owed.some((cause) => cause.id === hint.cause.id)) return say(state, `waits for ${state.inFlight?.release}`);
  if (isOrder(hint.cause) && state.answered.includes(hint.cause.id)) return say(state, 'answered before');
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
  const orders = hints.filter((hint) => isOrder(hint.cause));
  if (state.inFlight && orders.length > 0) return onOrdersInFlight(state, state.inFlight, found, hints, at);
  const insist = hints.some((hint) => hint.insist);
  const decided = decide(state, found, hints, insist);
  if (typeof decided === 'string') {
    const settledIds = found.problem ? [] : hints.map((hint) => hint.id);
    const idle = [...state.idle.filter((id) => !settledIds.includes(id)), ...settledIds].slice(-IDLE);
    const removed = !found.spec && !found.problem && !state.inFlight;
    return tellOf(look({ ...state, idle, removed, lastLook: { at, text: decided } }, decided), found, orders);
  }
  const full = fullVersion(decided.version, decided.epoch);
  if (state.inFlight) return onTargetInFlight(state, state.inFlight, decided, hints, at);
  const roots = decided.change === 'rebuild' ? rootsOf(decided.causes) : undefined;
  const looping = insist ? undefined : loop(state, full, roots, at);
  if (looping) return tellOf(look({ ...state, stopped: looping, lastLook: { at, text: looping } }, looping), found, orders);
  const release = `release:${state.package}-${full}`;
  // Orders that came during the look ask for nothing that a build from now on would not have.
  const late = state.pending.map((hint) => hint.cause).filter(isOrder);
  const target: Target = { ...decided, causes: mergeCauses(decided.causes, late) };
  const started: PackageState = {
    ...without(without(state, 'stopped'), 'next'),
    pending: state.pending.filter((hint) => !isOrder(hint.cause)),
    inFlight: { ...target, release, superseded: false },
    // A rebuild that turns out equal changes nothing.
    idle: roots ? state.idle : [],
    rejected: state.rejected.filter((entry) => entry.version !== full),
    starts: [...state.starts, { at, version: full, ...(roots ? { roots } : {}) }].slice(-STARTS),
    lastLook: { at, text: `${full} started` },
  };
  const rest = look(started, `${full} started`);
  return { ...rest, commands: [{ kind: 'start', target }, ...rest.commands] };
}

/** The floor orders again what it took back, so an order for what the release in flight was started for is served by that; any other one waits until it has settled. */
function onOrdersInFlight(
  state: PackageState,
  inFlight: NonNullable<PackageState['inFlight']>,
  found: Look,
  hints: readonly PackageHint[],
  at: number,
): PackageStep {
  const served = new Set(rootsOf(inFlight.causes));
  const orders = hints.map((hint) => hint.cause).filter(isOrder);
  const owed = orders.filter((cause) => !cause.roots?.every((root) => served.has(root)));
  const text = owed.length > 0 ? `a rebuild waits for ${inFlight.release}` : `${inFlight.release} serves it`;
  const kept: PackageState = {
    ...state,
    inFlight: {
      ...inFlight,
      causes: mergeCauses(
        inFlight.causes,
        orders.filter((cause) => !owed.includes(cause)),
      ),
    },
    owed: mergeCauses(state.owed, owed),
    lastLook: { at, text },
  };
  const others = hints.filter((hint) => !isOrder(hint.cause));
  return others.length === 0 ? look(kept, text) : onLooked(kept, found, others, at);
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
    if (found.published?.version === spec && !causes.some(isOrder)) return `${refused.version} was refused: ${refused.reason}`;
  }
  if (found.published?.version === spec && causes.some(isOrder))
    return { version: found.spec.version, epoch: found.spec.epoch + 1, change: 'rebuild', ...common };
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
  const heard: PackageState = { ...state, history, rejected, idle: settled.outcome === 'equal' ? state.idle : [] };
  if (state.inFlight?.release !== settled.release) return say(heard, 'settled');
  const orders = state.inFlight.causes.filter(isOrder);
  const superseded = settled.outcome === 'superseded';
  const answered = [...state.answered, ...(superseded ? [] : orders.map((order) => order.id))].slice(-ANSWERED);
  const causes = [...(state.next?.causes ?? []), ...state.owed, ...(superseded ? orders : [])];
  return lookAgain({ ...without(without(heard, 'inFlight'), 'next'), owed: [], answered }, causes, `${full} ${settled.outcome}`);
}

/** Looks again for causes that are still owed an answer. */
function lookAgain(state: PackageState, causes: readonly Cause[], text: string): PackageStep {
  const pending = [...state.pending];
  for (const cause of causes) if (!pending.some((known) => known.id === cause.id)) pending.push({ id: cause.id, cause });
  return look({ ...state, pending }, text);
}

/** A rebuild that turns out equal leaves its version to the next one: those are counted by what they were started for. */
function loop(state: PackageState, full: string, roots: readonly string[] | undefined, at: number): string | undefined {
  const today = state.starts.filter((start) => at - start.at < DAY);
  const same = today.filter((start) => start.version === full);
  const advice = `stopped until a person says: millrace release ${state.package} --insist`;
  if (roots) {
    const again = roots.find((root) => same.filter((start) => start.roots?.includes(root)).length >= SAME_VERSION_STARTS);
    return again === undefined ? undefined : `${full} was started ${SAME_VERSION_STARTS} times within a day for ${again}; ${advice}`;
  }
  const others = today.filter((start) => !start.roots).length;
  if (same.length >= SAME_VERSION_STARTS) return `${full} was started ${same.length} times within a day; ${advice}`;
  if (others >= STARTS_A_DAY) return `${others} releases were started within a day; ${advice}`;
  return undefined;
}

const isOrder = (cause: Cause): boolean => cause.kind === 'rebuild';
const rootsOf = (causes: readonly Cause[]): readonly string[] => [...new Set(causes.flatMap((cause) => cause.roots ?? []))];

/** Tells the floor of orders that lead to no release, and why. */
function tellOf(step: PackageStep, found: Look, orders: readonly PackageHint[]): PackageStep {
  const tells = orders.map(({ cause }): PackageCommand => {
    const news: FloorNews = {
      id: `package:${step.state.package}:${cause.id}`,
      package: step.state.package,
      version: found.published?.version ?? '',
      outcome: 'failed',
      roots: cause.roots ?? [],
      text: step.text.slice(0, TOLD),
      urgency: urgencyOf([cause]),
      seconds: 0,
    };
    return { kind: 'tell', news };
  });
  return { ...step, commands: [...step.commands, ...tells] };
}

function reject(state: PackageState, version: string, reason: string): PackageState['rejected'] {
  return [...state.rejected.filter((entry) => entry.version !== version), { version, reason }].slice(-REJECTED);
}

function mergeCauses(known: readonly Cause[], more: readonly Cause[]): readonly Cause[] {
  const merged = [...known];
  for (const cause of more) if (!merged.some((entry) => entry.id === cause.id)) merged.push(cause);
  // An order that is lost is one that the floor waits for.
  return merged.filter((cause, index) => index < CAUSES || isOrder(cause));
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
