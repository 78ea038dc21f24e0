import type { Digest } from '../digest';
import type { Withdrawal } from './index-rules';

/** The advisories that a generation is published with. */
export interface AdvisoryCommit {
  readonly commit: string;
  /** Of the advisory branch when it was made; the commit itself when the generation adds no event. */
  readonly base: string;
  /** Where the commit waits until the generation is published; absent when it adds no event. */
  readonly branch?: string;
  /** Documents that the events are in. */
  readonly files: readonly string[];
}

/** `manifest.json` of a generation: what it is, for people and for the next publisher. */
export interface Manifest {
  readonly generation: number;
  readonly previous: number;
  /** ISO 8601. */
  readonly time: string;
  /** What was newly published with it, as `name-version-rN`. */
  readonly contains: readonly string[];
  /** What the generation before had and this one has not, with who took it back and why. */
  readonly withdrawn: readonly Withdrawal[];
  /** Digest of the signed index, by architecture. */
  readonly indexes: Readonly<Record<string, Digest>>;
  /** Absent where the factory keeps no advisories. */
  readonly advisories?: AdvisoryCommit;
}
