import type { Verdict, Waiver } from '../check/verdict';
import type { Digest } from '../digest';
import type { FloorSettings, PublishedChange } from '../floor/floor';
import type { Candidate } from '../update/candidate';

/** Why something happens; carried along the whole chain, so that `why` can tell it. `id` comes from the content. */
export interface Cause {
  readonly id: string;
  readonly kind: 'upstream-release' | 'spec-change' | 'person' | 'rebuild' | 'vulnerability';
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
  readonly by?: string;
  readonly link?: string;
  /** Of a rebuild: ids of the floor's causes that ordered it. One order is one cause, whatever it serves. */
  readonly roots?: readonly string[];
}

/** The files of one package's spec at a commit, in the artifact store: what a build reads instead of the spec repository. */
export interface SpecSnapshot {
  readonly package: string;
  /** Path of the spec in the spec repository, for messages. */
  readonly path: string;
  readonly commit: string;
  readonly spec: Digest;
  /** Files of the package's folder (patches …) by path relative to that folder. */
  readonly files: Readonly<Record<string, Digest>>;
}

/** A source in the artifact store, verified. `sha256` is the digest of the file as fetched (of the canonical tar, for git). */
export interface FetchedSource {
  readonly uri: string;
  readonly object: Digest;
  readonly sha256: string;
  readonly sha512: string;
  readonly bytes: number;
  /** For git sources. */
  readonly commit?: string;
  readonly git?: GitObjects;
}

/** What a clone of a git source is made from, where there is no network. */
export interface GitObjects {
  /** A pack file in the artifact store: everything that the refs lead to, as far as it was fetched. */
  readonly pack: Digest;
  /** By their whole name (`refs/tags/v1`), what they stand for: a commit, or an annotated tag of it. */
  readonly refs: Readonly<Record<string, string>>;
  /** Commits whose parents are left out. */
  readonly shallow: readonly string[];
}

/** A change of the spec repository, proposed on a branch; without a branch it is what main already says. */
export interface Change {
  readonly branch?: string;
  readonly base: string;
  readonly commit: string;
  readonly snapshot: SpecSnapshot;
  readonly version: string;
  readonly epoch: number;
  readonly sources: readonly FetchedSource[];
  readonly droppedPatches: readonly string[];
  readonly summary: string;
}

/** What a release is asked to carry to publication. */
export interface ReleaseInput {
  readonly distribution: string;
  readonly package: string;
  readonly version: string;
  readonly epoch: number;
  /** The newest published `version-rN` before it, if any. */
  readonly previous?: string;
  /** `bump`: edit the spec to this version; `rebuild`: raise its epoch, and drop the change if what is built equals what is published; `none`: the spec on main already says it. */
  readonly change: 'bump' | 'rebuild' | 'none';
  readonly candidate?: Candidate;
  readonly causes: readonly Cause[];
  readonly architectures: readonly string[];
  readonly reminders: Reminders;
  /** What the floor is started with when this release is the first to tell it something. */
  readonly floor: FloorSettings;
}

/** Seconds from the start of waiting. */
export interface Reminders {
  readonly everySeconds: number;
  readonly escalateAfterSeconds: number;
}

/** An apk that a build made. `file` is its name in a repository: `<name>-<version>-r<epoch>.apk`. */
export interface BuiltPackage {
  readonly name: string;
  readonly file: string;
  readonly object: Digest;
  readonly checksum: string;
  readonly bytes: number;
}

/** Everything that provenance and a rebuild need, written with every build; addressed by `key`. */
export interface BuildRecord {
  readonly key: Digest;
  readonly package: string;
  readonly version: string;
  readonly epoch: number;
  readonly architecture: string;
  readonly commit: string;
  readonly snapshot: SpecSnapshot;
  readonly sources: readonly FetchedSource[];
  /** The exact environment: name, version and checksum of every package. */
  readonly environment: readonly LockedPackage[];
  readonly environmentDigest: Digest;
  readonly tools: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly sourceDateEpoch: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly attempt: string;
  readonly log: string;
  readonly packages: readonly BuiltPackage[];
  /** Name of the upstream test step in the spec, and whether the build ran it. */
  readonly upstreamTests: { readonly step: string } | undefined;
}

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly checksum: string;
  readonly url: string;
}

/** What a build activity returns: small; the record is in the store. */
export interface BuildResult {
  readonly outcome: 'built' | 'failed';
  readonly architecture: string;
  readonly key: Digest;
  readonly log: string;
  readonly seconds: number;
  /** Whether a finished build with the same key was found. */
  readonly reused: boolean;
  readonly packages: readonly BuiltPackage[];
  readonly upstreamTests?: string;
  readonly failure?: { readonly class: 'infrastructure' | 'flaky' | 'real'; readonly summary: string; readonly step?: string };
}

/** The signer reads this for itself: it signs these packages and no others. */
export interface GateRecord {
  readonly release: string;
  readonly package: string;
  readonly version: string;
  readonly epoch: number;
  readonly commit: string;
  readonly verdicts: readonly Verdict[];
  readonly waivers: readonly Waiver[];
  readonly builds: readonly { readonly architecture: string; readonly key: Digest; readonly packages: readonly BuiltPackage[] }[];
  readonly openedAt: string;
}

/** A person's answer to a waiting release. */
export type Decision =
  | { readonly kind: 'retry'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'patch'; readonly by: string; readonly commit: string; readonly reason?: string }
  | { readonly kind: 'waive'; readonly by: string; readonly check: string; readonly reason: string }
  | { readonly kind: 'reject'; readonly by: string; readonly reason: string };

/** A decision as it is kept: with its time and the failure it answered. */
export interface DecisionRecord {
  readonly decision: Decision;
  readonly at: string;
  readonly answered: readonly string[];
}

/** How a release ended. */
export type ReleaseOutcome = 'published' | 'equal' | 'rejected' | 'superseded' | 'failed';

/** What was built beside what was published before it, over all architectures. */
export interface Comparison extends PublishedChange {
  /** Sonames that are gone and that nothing else keeps, sorted. */
  readonly removed: readonly string[];
  /** At most 20 lines. */
  readonly changes: readonly string[];
}

/** Written to the store when a release ends; `show`, `why` and every figure read it. */
export interface ReleaseRecord {
  readonly id: string;
  readonly input: ReleaseInput;
  readonly outcome: ReleaseOutcome;
  readonly reason: string;
  readonly change?: Change;
  readonly builds: readonly BuildResult[];
  readonly verdicts: readonly Verdict[];
  readonly waivers: readonly Waiver[];
  readonly decisions: readonly DecisionRecord[];
  readonly attempts: number;
  /** How what was built differs from what was published before. */
  readonly comparison?: Comparison;
  readonly generation?: number;
  readonly gate?: Digest;
  readonly mergedAs?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Seconds by station: change, build, checks, waiting, merge, sign, publish. */
  readonly seconds: Readonly<Record<string, number>>;
}
