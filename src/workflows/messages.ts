import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { ReleaseStory } from '../domain/release/details';
import type { FloorDecision, FloorNews, FloorSettings } from '../domain/floor/floor';
import type { FloorView } from '../domain/floor/view';
import type { ImageStory } from '../domain/image/details';
import type { ImageTestView } from '../domain/image/test-details';
import type { ImageDecision } from '../domain/image/image';
import type { ImageHold, ImageOrder, ImageRollback, OrderTaken } from '../domain/image/order';
import type { ImageHint, ImageState, SettledImage } from '../domain/image/reduce';
import type { Cause, Decision, ReleaseOutcome, Reminders } from '../domain/release/release';
import type { PublishRequest, WithdrawRequest } from '../activities/contract';

/** Every signal, update, query, search attribute, workflow id and task queue of Millrace, in one place. */

export const QUEUES = {
  workflows: 'millrace-workflows',
  control: 'millrace-control',
  builder: (architecture: string) => `millrace-builder-${architecture}`,
  tester: 'millrace-tester',
  /** Of the tester too: what only waits for others (a cluster, the store), as many as come. */
  suites: 'millrace-suites',
  signer: 'millrace-signer',
  publisher: 'millrace-publisher',
} as const;

export const packageId = (name: string) => `package:${name}`;
export const releaseId = (name: string, version: string, epoch: number) => `release:${name}-${version}-r${epoch}`;
export const repositoryId = (distribution: string) => `repository:${distribution}`;
export const floorId = (distribution: string) => `floor:${distribution}`;
export const imageId = (name: string) => `image:${name}`;
export const watchScheduleId = (distribution: string) => `watch:${distribution}`;

export const SEARCH = {
  package: defineSearchAttributeKey('MillracePackage', SearchAttributeType.KEYWORD),
  image: defineSearchAttributeKey('MillraceImage', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('MillraceStage', SearchAttributeType.KEYWORD),
  waitingFor: defineSearchAttributeKey('MillraceWaitingFor', SearchAttributeType.KEYWORD),
  causes: defineSearchAttributeKey('MillraceCauses', SearchAttributeType.KEYWORD_LIST),
  deadline: defineSearchAttributeKey('MillraceDeadline', SearchAttributeType.DATETIME),
} as const;

/** "Look again at this package." Events are hints; the same `id` twice is one hint. */
export interface Hint {
  readonly id: string;
  readonly cause: Cause;
  /** A person may name a version; the rules still decide whether it is newer. */
  readonly version?: string;
  /** A person asks again for what was rejected or stopped by the breaker. */
  readonly insist?: boolean;
}

/** What the sender of a hint is told at once. */
export interface HintAnswer {
  readonly accepted: boolean;
  readonly text: string;
}

/** A release tells its package entity how it ended. */
export interface Settled {
  readonly id: string;
  readonly release: string;
  readonly version: string;
  readonly epoch: number;
  readonly outcome: ReleaseOutcome;
  readonly reason: string;
  readonly buildSeconds: Readonly<Record<string, number>>;
}

export interface PackageEntityInput {
  readonly distribution: string;
  readonly package: string;
  readonly architectures: readonly string[];
  readonly reminders: { readonly everySeconds: number; readonly escalateAfterSeconds: number };
  /** What the floor is started with when a release of this package is the first to tell it something. */
  readonly floor: FloorSettings;
  /** Carried through continue-as-new. */
  readonly state?: unknown;
}

/** What `package:<name>` shows. */
export interface PackageView {
  readonly package: string;
  readonly inFlight?: { readonly release: string; readonly version: string; readonly epoch: number; readonly causes: readonly Cause[] };
  readonly next?: { readonly version: string; readonly epoch: number };
  readonly lastLook?: { readonly at: string; readonly text: string };
  readonly rejected: readonly { readonly version: string; readonly reason: string }[];
  readonly history: readonly Settled[];
  readonly stopped?: string;
}

/** What `release:…` shows while it runs. */
export interface ReleaseView extends ReleaseStory {
  readonly attempt: number;
}

export interface RepositoryInput {
  readonly distribution: string;
  readonly state?: unknown;
}

export interface RepositoryView {
  readonly generation: number;
  readonly waiting: readonly string[];
  readonly working: readonly string[];
  readonly problem?: string;
}

/** The repository answers a release. */
export interface Publication {
  readonly id: string;
  readonly generation?: number;
  readonly refused?: string;
}

export const hintSignal = defineSignal<[Hint]>('hint');
export const hintUpdate = defineUpdate<HintAnswer, [Hint]>('hint');
export const settledSignal = defineSignal<[Settled]>('settled');
/** The repository tells a package that a version was withdrawn: it must not come back by itself. */
export const withdrawnSignal = defineSignal<[{ readonly version: string; readonly reason: string }]>('withdrawn');
export const packageQuery = defineQuery<PackageView>('state');

export const decideSignal = defineSignal<[Decision]>('decide');
export const decideUpdate = defineUpdate<string, [Decision]>('decide');
export const supersedeSignal = defineSignal<[{ readonly by: string }]>('supersede');
export const publicationSignal = defineSignal<[Publication]>('publication');
export const releaseQuery = defineQuery<ReleaseView>('state');

export const publishSignal = defineSignal<[PublishRequest]>('publish');
export const withdrawSignal = defineSignal<[WithdrawRequest]>('withdraw');
export const withdrawUpdate = defineUpdate<string, [WithdrawRequest]>('withdraw');
export const repositoryQuery = defineQuery<RepositoryView>('state');

export interface FloorInput {
  readonly distribution: string;
  readonly settings: FloorSettings;
  /** What package entities are started with when the floor is the first to speak to them. */
  readonly architectures: readonly string[];
  readonly reminders: Reminders;
  readonly state?: unknown;
}

/** News of a package for `floor:<distribution>`. */
export const newsSignal = defineSignal<[FloorNews]>('news');
export const floorDecideUpdate = defineUpdate<string, [FloorDecision]>('decide');
export const floorDecideSignal = defineSignal<[FloorDecision]>('decide');
export const floorSettingsSignal = defineSignal<[FloorSettings]>('settings');
export const floorQuery = defineQuery<FloorView>('state');
/** Why a package is where it is, a sentence a line. */
export const floorWhyQuery = defineQuery<readonly string[], [string]>('why');

export interface ImageEntityInput {
  readonly distribution: string;
  readonly image: string;
  readonly architectures: readonly string[];
  readonly reminders: Reminders;
  readonly state?: unknown;
}

/** What `image:<name>` shows. */
export interface ImageView {
  readonly image: string;
  readonly inFlight?: { readonly release: string; readonly generation: number; readonly causes: readonly Cause[] };
  readonly next?: { readonly generation: number };
  /** What the tags point to. */
  readonly tagged?: { readonly key: string; readonly generation: number; readonly version: string };
  readonly lastLook?: { readonly at: string; readonly text: string };
  /** Why it cannot be locked now. */
  readonly problem?: string;
  readonly rejected: ImageState['rejected'];
  readonly history: ImageState['history'];
  readonly hold?: ImageHold;
  /** Ordered, and not seen through yet. */
  readonly rollback?: ImageRollback;
  /** Holds, resumptions and rollbacks, oldest first, the last 20. */
  readonly orders: readonly OrderTaken[];
}

/** What `image-release:…` shows while it runs. */
export interface ImageReleaseView extends ImageStory {
  readonly attempt: number;
}

export const imageQuery = defineQuery<ImageView>('state');
export const imageReleaseQuery = defineQuery<ImageReleaseView>('state');
export const imageHintSignal = defineSignal<[ImageHint]>('hint');
export const imageHintUpdate = defineUpdate<HintAnswer, [ImageHint]>('hint');
export const imageSettledSignal = defineSignal<[SettledImage]>('settled');
export const imageOrderUpdate = defineUpdate<string, [ImageOrder]>('order');
export const imageOrderSignal = defineSignal<[ImageOrder]>('order');
/** The image tells its release that it stops before its tags; without `hold`, that it goes on. */
export const imageHoldSignal = defineSignal<[{ readonly hold?: ImageHold }]>('hold');
/** The release tells its image that it heard, and has not begun to move tags. */
export const imageHeldSignal = defineSignal<[{ readonly release: string }]>('held');
export const imageDecideSignal = defineSignal<[ImageDecision]>('decide');
export const imageDecideUpdate = defineUpdate<string, [ImageDecision]>('decide');

/** A person needs a kept sandbox no longer. */
export interface EndPause {
  readonly by: string;
}

export const imageTestQuery = defineQuery<ImageTestView>('state');
export const endPauseUpdate = defineUpdate<string, [EndPause]>('end-pause');
export const endPauseSignal = defineSignal<[EndPause]>('end-pause');
