import { decodePlan, type EncodedPlan } from './encoded-plan';
import type { FloorSettings, PublishedChange, Urgency } from './floor';

/** Who stopped something, and why. */
export interface Stop {
  readonly by: string;
  readonly reason: string;
  /** Milliseconds. */
  readonly at: number;
}

/** A rebuild that is wanted, under way, or has failed. It has roots for as long as anything wants it. */
export interface FloorJob {
  readonly status: 'waiting' | 'building' | 'failed';
  /** Numbers of causes, ascending. A building job may have none left: its cause was dropped. */
  readonly roots: readonly number[];
  /** Who asked for it first: `glibc 2.42-r1`. */
  readonly by: string;
  /** Milliseconds; since when it is wanted. */
  readonly wanted: number;
  /** Milliseconds; since when it builds or has failed. */
  readonly since?: number;
  /** Id of the order that builds it. */
  readonly order?: string;
  /** Asked for anew since that build started: it is built once more after it. */
  readonly again?: { readonly roots: readonly number[]; readonly by: string; readonly wanted: number };
  /** Why it failed. */
  readonly text?: string;
  /** Of one that has failed: its release is there and waits for a person. An order would wait behind it without a word. */
  readonly waits?: true;
  readonly front?: true;
}

/** What was done of a package of the plan for causes that are still alive. */
export interface FloorPast {
  /** Step of its last start; -1 where that came to nothing. */
  readonly step: number;
  /** How often it was built for a cause: number of the cause, count, and so on in turn. */
  readonly built: readonly number[];
}

/** One publication that asks for rebuilds, or one request of a person. */
export interface FloorCause {
  readonly number: number;
  readonly id: string;
  /** `glibc 2.42-r1`, or who asked and why. */
  readonly text: string;
  readonly urgency: Urgency;
  /** Milliseconds. */
  readonly at: number;
  readonly paused?: Stop;
  /** Its breaker is judged once. */
  readonly judged?: true;
  readonly started: number;
  readonly published: number;
  readonly equal: number;
  /** Rebuilds that did not end well at first; one that was mended later stays counted. */
  readonly failed: number;
  /** Packages that it may not have rebuilt once more: how many, and the first of them. */
  readonly overBudget: number;
  readonly overBudgetNames: readonly string[];
  /** Of one that stands for many: the text of the first, how many they were, and the ids that it is still known by. */
  readonly merged?: { readonly first: string; readonly count: number; readonly ids: readonly string[] };
}

/** A wish that waits for a plan: of what depends on `provider`, or of `packages`. */
export interface FloorAsk {
  readonly roots: readonly number[];
  readonly by: string;
  readonly provider?: string;
  readonly change?: PublishedChange;
  readonly packages?: readonly string[];
  /** Step and milliseconds of the news. */
  readonly step: number;
  readonly at: number;
  /** Milliseconds: not asked for before. */
  readonly due: number;
  /** Whether the plan that is being made has it. */
  readonly sent?: true;
}

/** A cause that has ended. */
export interface EndedCause extends Pick<FloorCause, 'id' | 'text' | 'at' | 'started' | 'published' | 'equal' | 'failed' | 'overBudget'> {
  readonly ended: number;
  readonly dropped?: Stop;
}

/** What the floor knows: plain JSON; `carryFloor` makes it small to travel. Never changed in place. */
export interface FloorState {
  readonly distribution: string;
  readonly settings: FloorSettings;
  /** Events so far: orders what happened in the same millisecond. */
  readonly step: number;
  /** Ids of the last news. */
  readonly seen: readonly string[];
  /** Ascending by number. */
  readonly causes: readonly FloorCause[];
  readonly nextCause: number;
  readonly asks: readonly FloorAsk[];
  /** What a plan was asked for and has not come yet. */
  readonly planning?: readonly string[];
  /** There is one while anything is wanted. */
  readonly plan?: EncodedPlan;
  /** By number in the plan; 0 for none. */
  readonly jobs: readonly (FloorJob | 0)[];
  readonly past: readonly (FloorPast | 0)[];
  /** The same of packages that the plan no longer has. */
  readonly beyond: Readonly<Record<string, FloorPast>>;
  readonly held: Readonly<Record<string, Stop>>;
  /** Packages with a release of their own that waits for a person, and why: an order would only wait behind it. */
  readonly stuck: Readonly<Record<string, string>>;
  readonly paused?: Stop;
  /** Oldest first. */
  readonly history: readonly EndedCause[];
}

/** A floor where nothing has happened. */
export function newFloor(distribution: string, settings: FloorSettings): FloorState {
  return {
    distribution,
    settings,
    step: 0,
    seen: [],
    causes: [],
    nextCause: 1,
    asks: [],
    jobs: [],
    past: [],
    beyond: {},
    held: {},
    stuck: {},
    history: [],
  };
}

/** The cause that goes by this id, or that the one of this id has become a part of. */
export function causeBehind(causes: readonly FloorCause[], id: string): FloorCause | undefined {
  return causes.find((cause) => cause.id === id) ?? causes.find((cause) => cause.merged?.ids.includes(id));
}

/** The job of a package, if anything wants it built. */
export function jobOf(state: FloorState, name: string): FloorJob | undefined {
  const node = state.plan && decodePlan(state.plan).numbers.get(name);
  const job = node === undefined ? 0 : state.jobs[node];
  return job === 0 ? undefined : job;
}
