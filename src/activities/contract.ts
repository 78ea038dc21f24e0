import type { AdvisoryCommit } from '../domain/repository/manifest';
import type { Digest } from '../domain/digest';
import type { Verdict } from '../domain/check/verdict';
import type { EncodedPlan } from '../domain/floor/encoded-plan';
import type { BuiltVariant, ImageGateRecord, ImageLock, ImageRecord, TagMove } from '../domain/image/image';
import type { ImageRollback, RolledBack } from '../domain/image/order';
import type { Pause, PlannedTest, SuitePlan, SuiteRun, TestOutcome } from '../domain/image/suite-run';
import type {
  BuildResult,
  BuiltPackage,
  Cause,
  Change,
  Comparison,
  FetchedSource,
  GateRecord,
  ReleaseInput,
  ReleaseRecord,
  SpecSnapshot,
} from '../domain/release/release';
import type { UpdateDecision } from '../domain/update/candidate';

/** What the workflows call, by task queue. An activity input or result stays far below 256 KiB: artifacts, logs and records travel by digest or name. */

/** What is true of a package now; the package entity decides on it. */
export interface Assessment {
  readonly package: string;
  /** Absent when main has no such spec. */
  readonly spec?: { readonly version: string; readonly epoch: number; readonly digest: Digest; readonly commit: string };
  /** Newest published `version-rN` of the origin that is not withdrawn, and the digest of the spec it was built from where a build record tells. */
  readonly published?: { readonly version: string; readonly spec?: Digest };
  readonly update?: UpdateDecision;
  /** Why there is no update decision, or what is wrong with the spec. */
  readonly problem?: string;
}

export interface ControlActivities {
  /** Looks at spec, index and (unless `upstream` is false) upstream. */
  assess(input: { readonly package: string; readonly upstream: boolean; readonly version?: string }): Promise<Assessment>;
  /** Looks at every package for the watch and returns only those with something to do. */
  sweep(): Promise<{
    readonly looked: number;
    readonly hints: readonly { readonly package: string; readonly cause: Cause }[];
    readonly problems: readonly string[];
  }>;
  /** Fetches and verifies the sources, edits the spec (or takes main as it is), commits on a branch. */
  prepareChange(input: { readonly release: ReleaseInput }): Promise<Change>;
  /** After a person's commit on the branch: reads it again, fetches and verifies what it names. */
  adoptPatch(input: { readonly change: Change; readonly commit: string }): Promise<Change>;
  mergeChange(input: {
    readonly change: Change;
    readonly package: string;
  }): Promise<{ readonly merged: true; readonly commit: string } | { readonly merged: false; readonly reason: string }>;
  closeChange(input: { readonly branch: string }): Promise<void>;
  reportChange(input: {
    readonly commit: string;
    readonly state: 'pending' | 'passed' | 'failed';
    readonly summary: string;
    readonly verdicts: readonly Verdict[];
  }): Promise<void>;
  writeGateRecord(gate: GateRecord): Promise<Digest>;
  writeReleaseRecord(record: ReleaseRecord): Promise<void>;
  /** signalWithStart for entities, signal for journeys (a closed one is no error). At least once: receivers drop repeats by `id`. */
  announce(input: { readonly messages: readonly Message[] }): Promise<void>;
  /** POST to the one outgoing webhook of millrace.yaml; nothing where none is set. */
  notify(input: { readonly event: string; readonly workflow: string; readonly text: string; readonly answer: string }): Promise<void>;
}

/** A message to a workflow. `start` names the workflow type, its input and what the Temporal UI says of it, for signalWithStart. */
export interface Message {
  readonly workflowId: string;
  readonly signal: string;
  readonly argument: unknown;
  readonly start?: {
    readonly type: string;
    readonly taskQueue: string;
    readonly input: unknown;
    readonly summary: string;
    readonly details: string;
  };
}

/** Looks at other workflows on behalf of an entity. */
export interface EntityActivities {
  /** Whether a workflow still runs; `unknown` when the server cannot tell. */
  standing(input: { readonly workflowId: string }): Promise<'running' | 'closed' | 'unknown'>;
}

export interface FloorActivities {
  /** Plans all that may be affected by what depends on these packages. Small: see EncodedPlan. */
  planRebuilds(input: { readonly packages: readonly string[] }): Promise<EncodedPlan>;
  /** Appends to the floor's journal. At least once: the same sequence numbers again overwrite. */
  recordDecisions(input: { readonly run: string; readonly lines: readonly string[]; readonly from: number }): Promise<void>;
}

export interface ImageControlActivities {
  /** Locks an image of main against the newest generation. `problem`: it cannot be locked now, or there is no such image (`removed`). */
  lockImage(input: {
    readonly image: string;
    readonly previous?: ImageLock;
  }): Promise<{ readonly lock: ImageLock } | { readonly problem: string; readonly removed?: boolean }>;
  /** Hints the images that a generation may change: those whose last lock has one of these packages (origins), those that never had one, and all when `packages` is absent. */
  hintImages(input: {
    readonly id: string;
    readonly cause: Cause;
    readonly packages?: readonly string[];
  }): Promise<{ readonly hinted: number }>;
  writeImageGate(gate: ImageGateRecord): Promise<Digest>;
  writeImageRecord(record: ImageRecord): Promise<void>;
}

export interface ImageBuilderActivities {
  /** Builds every architecture of a variant from its lock; the same lock gives the same digest. Also looks at what it made: SBOM, user, entrypoint, files. */
  buildImage(input: {
    readonly lock: ImageLock;
    readonly variant: string;
  }): Promise<{ readonly built: BuiltVariant; readonly verdicts: readonly Verdict[] }>;
}

/** The single steps of `imageTest`, on the tester: what runs on this machine on its own queue, all else on the queue of suites. */
export interface SuiteActivities {
  /** What of a suite is to be run here; its verdict where the suite as it stands has passed on this digest before. */
  planSuite(run: SuiteRun): Promise<SuitePlan & { readonly passed?: Verdict }>;
  /** Runs one test with its tries. A worker that dies is followed by one that finds what it began on the cluster, which stays there until `discardTest`. `keep` decides whether the outcome names it as kept for a person. */
  runTest(input: SuiteRun & Pick<PlannedTest, 'test' | 'architecture'> & { readonly keep: Pause['mode'] }): Promise<TestOutcome>;
  /** Removes all that a test may have left in the cluster. */
  discardTest(input: SuiteRun & Pick<PlannedTest, 'test' | 'architecture'>): Promise<void>;
  /** The verdict, remembered where it is a pass. */
  concludeSuite(
    input: SuiteRun & Pick<SuitePlan, 'untested' | 'impossible'> & { readonly outcomes: readonly TestOutcome[]; readonly seconds: number },
  ): Promise<Verdict>;
}

export interface ImagePublisherActivities {
  /** Pushes by digest, without a tag. Pushing again is nothing. */
  pushImage(input: { readonly lock: ImageLock; readonly built: BuiltVariant }): Promise<void>;
  /**
   * Moves the tags that the rules of image.yaml give each variant, with the signature first. Moves that happened are answered again. `said`: why tags stay, and which will soon.
   * Throws `GateRefused` unless the gate record names these digests.
   */
  moveTags(input: {
    readonly lock: ImageLock;
    readonly gate: Digest;
    readonly signatures: Digest;
  }): Promise<{ readonly tags: readonly TagMove[]; readonly said: readonly string[] }>;
  /** Moves tags back to digests that the record says they pointed to. Moves that happened are answered again. Throws `GateRefused` for any other digest: then nothing moves. */
  rollBackTags(input: { readonly image: string; readonly rollback: ImageRollback }): Promise<RolledBack>;
}

export interface ImageSignerActivities {
  /** Signs the digests that the gate record names. The result addresses a store object with a cosign signature for each. Throws `GateRefused`. */
  signImages(input: { readonly gate: Digest }): Promise<{ readonly signatures: Digest }>;
}

export interface BuilderActivities {
  buildPackage(input: {
    readonly snapshot: SpecSnapshot;
    readonly version: string;
    readonly epoch: number;
    readonly sources: readonly FetchedSource[];
    readonly architecture: string;
    /** 0 unless a person asked for a retry: a pass is reused only with the same number. */
    readonly attempt: number;
  }): Promise<BuildResult>;
}

/** Checks run by stage: `change` on control, `package` and `test` on the tester. */
export interface CheckActivities {
  runChecks(input: CheckRequest): Promise<readonly Verdict[]>;
  /** On control: completes the failure reports of verdicts that follow from builds alone, from what earlier releases left in the store. */
  explainFailures(input: {
    readonly release: ReleaseInput;
    /** Absent where the change step itself failed. */
    readonly change?: Change;
    readonly builds: readonly BuildResult[];
    readonly verdicts: readonly Verdict[];
  }): Promise<readonly Verdict[]>;
}

/** On the tester. */
export interface ComparisonActivities {
  /** Compares what was built with what of the package is published, on every architecture. */
  compareBuilds(input: {
    readonly package: string;
    /** `version-rN` of what was built. */
    readonly version: string;
    readonly builds: readonly BuildResult[];
  }): Promise<Comparison>;
}

export interface CheckRequest {
  readonly stage: 'change' | 'package' | 'test';
  readonly release: ReleaseInput;
  readonly change: Change;
  /** Finished builds; empty for stage `change`. */
  readonly builds: readonly BuildResult[];
  readonly attempt: number;
}

export interface SignerActivities {
  /** Signs what the gate record names, and nothing else. Throws `GateRefused`. */
  signPackages(input: { readonly gate: Digest }): Promise<{ readonly packages: readonly SignedPackage[] }>;
  /** Signs the candidate index of one architecture. Throws `IndexRefused` unless it is the signed one before, plus gate-recorded packages, minus recorded withdrawals. */
  signIndexes(input: {
    readonly generation: number;
    readonly previous: number;
    readonly indexes: Readonly<Record<string, Digest>>;
  }): Promise<{ readonly signed: Readonly<Record<string, Digest>> }>;
}

export interface SignedPackage extends BuiltPackage {
  readonly architecture: string;
  /** The signed apk; `object` is the unsigned one it was made from. */
  readonly signed: Digest;
  readonly signedBytes: number;
}

export interface PublishRequest {
  readonly id: string;
  readonly gate: Digest;
  readonly package: string;
  readonly version: string;
  readonly packages: readonly SignedPackage[];
}

export interface WithdrawRequest {
  readonly id: string;
  readonly package: string;
  /** `version-rN` of the origin. */
  readonly version: string;
  readonly by: string;
  readonly reason: string;
}

export interface PublisherActivities {
  /** Writes objects that are not there (never overwrites), records withdrawals, and lays out the unsigned indexes of generation `previous + 1` as store objects. */
  prepareGeneration(input: { readonly publish: readonly PublishRequest[]; readonly withdraw: readonly WithdrawRequest[] }): Promise<{
    readonly generation: number;
    readonly previous: number;
    readonly indexes: Readonly<Record<string, Digest>>;
    readonly changed: boolean;
    /** What the generation is to be published with, where the factory keeps advisories. */
    readonly advisories?: AdvisoryCommit;
  }>;
  /** The commit point: creates `generations/<n>` exclusively, then switches `current`. Repeating a commit that happened returns it; a generation made by another throws `Conflict`. */
  commitGeneration(input: {
    readonly generation: number;
    readonly previous: number;
    readonly signed: Readonly<Record<string, Digest>>;
    readonly contains: readonly string[];
    readonly withdrawn: readonly string[];
    /** As `prepareGeneration` answered it. */
    readonly advisories?: AdvisoryCommit;
  }): Promise<{ readonly generation: number }>;
}
