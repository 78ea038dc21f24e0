import type { EncodedPlan } from './encoded-plan';

/** When what depends on a package is built again: `static` on every release of it, `content` when its packages differ, `abi` when a soname is gone that they are linked with, `none` never. */
export type RebuildPolicy = 'static' | 'content' | 'abi' | 'none';

/** How a published build differs from the one before it; of several architectures the most. `new`: there was none. */
export interface PublishedChange {
  readonly kind: 'new' | 'same' | 'content' | 'compatible' | 'break';
  /** Origins of the published packages that are linked with a soname that is gone, sorted. */
  readonly breaks: readonly string[];
}

/** 1: a vulnerability is waited for; 3: a release; 5: a mass rebuild. Less is more urgent. */
export type Urgency = 1 | 3 | 5;

/** What happened to a package, as its release tells it. The same `id` twice is one. */
export interface FloorNews {
  readonly id: string;
  readonly package: string;
  /** `version-rN`. */
  readonly version: string;
  readonly outcome: 'published' | 'equal' | 'waits' | 'failed' | 'rejected' | 'superseded';
  /** With `published`. */
  readonly change?: PublishedChange;
  /** Ids of the floor's causes that the release was started for; empty for one that the floor did not order. */
  readonly roots: readonly string[];
  /** One line: what the floor's cause is called, or why it failed. */
  readonly text: string;
  readonly urgency: Urgency;
  /** Of the longest build of it. */
  readonly seconds: number;
}

/** What a person says to the floor. */
export type FloorDecision =
  | { readonly kind: 'pause' | 'resume'; readonly by: string; readonly reason: string; readonly cause?: string }
  | { readonly kind: 'drop'; readonly by: string; readonly reason: string; readonly cause: string }
  | { readonly kind: 'front' | 'hold' | 'release'; readonly by: string; readonly reason: string; readonly package: string }
  /** Build these anew although nothing changed: a mass rebuild. */
  | { readonly kind: 'rebuild'; readonly id: string; readonly by: string; readonly reason: string; readonly packages: readonly string[] };

export interface FloorSettings {
  /** Rebuilds under way at once. */
  readonly slots: number;
  /** A cause waits this long for more of its kind. */
  readonly debounceSeconds: number;
  /** How often one cause may rebuild one package. */
  readonly cycleBudget: number;
  /** A cause stops when of its first `after` ended rebuilds more than `share` (0..1) failed. */
  readonly breaker: { readonly after: number; readonly share: number };
}

export type FloorEvent =
  | { readonly kind: 'news'; readonly news: FloorNews; readonly at: number }
  | { readonly kind: 'planned'; readonly plan: EncodedPlan; readonly at: number }
  | { readonly kind: 'decision'; readonly decision: FloorDecision; readonly at: number }
  | { readonly kind: 'settings'; readonly settings: FloorSettings; readonly at: number }
  | { readonly kind: 'tick'; readonly at: number };

export type FloorCommand =
  /** Plan the closure of what depends on these. */
  | { readonly kind: 'plan'; readonly packages: readonly string[] }
  /** Build it again. `id` is unique for every order. */
  | {
      readonly kind: 'start';
      readonly id: string;
      readonly package: string;
      readonly roots: readonly string[];
      readonly text: string;
      readonly urgency: Urgency;
    }
  /** Something that a person must know: a breaker that stopped a cause. */
  | { readonly kind: 'tell'; readonly id: string; readonly text: string };
