import type { Verdict } from '../check/verdict';
import type { Digest } from '../digest';
import type { Cause, Decision, DecisionRecord, Reminders } from '../release/release';

/** Exactly what an image is made of, of one variant and all architectures, from one generation. `digest` addresses the file of `apko lock` in the store. */
export interface LockedVariant {
  /** Empty for the plain one, else what its tags end in: `dev` makes `latest-dev`. */
  readonly variant: string;
  /** The apko configuration as read, in the store. */
  readonly config: Digest;
  readonly digest: Digest;
  /** Newest version-rN of the image's main package in it. */
  readonly version: string;
  readonly packages: number;
}

/** What an image would be made of now. */
export interface ImageLock {
  readonly image: string;
  /** Path in the registry, as image.yaml says. */
  readonly repository: string;
  /** Of the spec repository: where image.yaml and the configurations were read. */
  readonly commit: string;
  readonly generation: number;
  /** image.yaml as read, in the store: who builds, tests and tags has no spec repository. */
  readonly spec: Digest;
  /** Its test suites by name; the files are in the store, with the manifests that they name. */
  readonly suites: readonly { readonly name: string; readonly file: Digest; readonly manifests?: Readonly<Record<string, Digest>> }[];
  readonly variants: readonly LockedVariant[];
  /** Digest over image.yaml, suites, configurations and locks: equal means that nothing would change. */
  readonly key: Digest;
  /** What differs from the lock before, one line each (`zlib 1.3.1-r0 to 1.3.2-r0`, `image.yaml changed`), at most 20; empty for a first one. */
  readonly changes: readonly string[];
}

export interface TagMove {
  readonly tag: string;
  /** Where it pointed before; absent for a new one. */
  readonly from?: string;
  readonly to: string;
}

/** The record `image-tags` of an image: where its tags point, and every move of them. Written with the moves; commands and pages read it. */
export interface ImageTags {
  readonly image: string;
  readonly repository: string;
  /** Digest by tag. */
  readonly tags: Readonly<Record<string, string>>;
  /** The stream that each tag belongs to, and from which day (`YYYY-MM-DD`) on it stays where it is. */
  readonly streams?: Readonly<Record<string, TagStream>>;
  /** Oldest first, the last 500. */
  readonly moves: readonly RecordedMove[];
  /** What was begun and not yet seen through: after a crash these moves are made, and not others. */
  readonly begun?: readonly RecordedMove[];
}

export interface TagStream {
  readonly stream: string;
  readonly endOfLife?: string;
}

export interface RecordedMove extends TagMove {
  readonly at: string;
  /** That made the digest which the tag points to. */
  readonly release: string;
  /** What changed in the image; of a rollback why it was ordered. */
  readonly reason: string;
  /** Of a release: the gate record that allowed it. */
  readonly gate?: Digest;
  /** Of a rollback: which, and who ordered it. */
  readonly rollback?: { readonly id: string; readonly by: string };
}

/** The record `image-lock` of an image: what the last look found; which images a generation may change is read from it. */
export interface LastImageLock {
  /** Of the spec repository. */
  readonly commit: string;
  /** Absent where it could not be locked. */
  readonly lock?: ImageLock;
  /** Origins of the packages in it, sorted. */
  readonly origins: readonly string[];
  readonly problem?: string;
}

/** One variant in the registry. */
export interface BuiltVariant {
  readonly variant: string;
  /** `sha256:…` of the image index. */
  readonly digest: string;
  /** OCI layout as an object of the store. */
  readonly layout: Digest;
  /** SPDX documents by architecture, in the store. */
  readonly sboms: Readonly<Record<string, Digest>>;
  readonly bytes: number;
}

/** What a release of an image is asked to carry to its tags. */
export interface ImageReleaseInput {
  readonly distribution: string;
  readonly lock: ImageLock;
  readonly causes: readonly Cause[];
  readonly architectures: readonly string[];
  readonly reminders: Reminders;
}

/** Answers to a waiting image: a suite again, or give it up; `waive` accepts one named suite with a reason. */
export type ImageDecision = Extract<Decision, { kind: 'retry' | 'waive' | 'reject' }>;

export type ImageOutcome = 'tagged' | 'rejected' | 'superseded' | 'failed';

/** What the signer reads for itself before it signs an image. */
export interface ImageGateRecord {
  readonly release: string;
  readonly image: string;
  readonly repository: string;
  /** Says which checks are required. */
  readonly lock: ImageLock;
  readonly variants: readonly BuiltVariant[];
  readonly verdicts: readonly Verdict[];
  readonly accepted: readonly { readonly check: string; readonly by: string; readonly reason: string; readonly at: string }[];
  readonly openedAt: string;
}

/** Written when an image's release ends; commands and pages read it. */
export interface ImageRecord {
  readonly id: string;
  readonly image: string;
  readonly repository: string;
  readonly lock: ImageLock;
  readonly outcome: ImageOutcome;
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly variants: readonly BuiltVariant[];
  readonly verdicts: readonly Verdict[];
  readonly decisions: readonly DecisionRecord[];
  readonly tags: readonly TagMove[];
  readonly startedAt: string;
  readonly finishedAt: string;
}
