import type { BuiltVariant, ImageLock } from './image';

/** One suite on one pushed variant of an image: what `image-test:…` runs. */
export interface SuiteRun {
  readonly lock: ImageLock;
  readonly built: BuiltVariant;
  /** Name of the suite; `entrypoint` where the image has none (see ENTRYPOINT_SUITE). */
  readonly suite: string;
  /** How often a person asked for it again. */
  readonly attempt: number;
}

/** One test of a suite on one architecture. */
export interface PlannedTest {
  readonly test: string;
  readonly kind: 'container' | 'kubernetes';
  readonly architecture: string;
  /** What all its tries may take together, with their starts. */
  readonly mostSeconds: number;
}

/** Whether a failed sandbox stays for a person, and for how long. */
export interface Pause {
  readonly mode: 'never' | 'on-error' | 'always';
  readonly seconds: number;
}

/** What is to be run of a suite; small, it stands in a history. */
export interface SuitePlan {
  readonly order: 'in-order' | 'side-by-side';
  readonly tests: readonly PlannedTest[];
  readonly pause: Pause;
  /** Architectures that image.yaml names as untested, with its reason. */
  readonly untested: readonly string[];
  /** Why tests cannot be run here at all: no such machine, no cluster. */
  readonly impossible: readonly string[];
}

/** How one test ended on one architecture. */
export interface TestOutcome {
  readonly test: string;
  readonly architecture: string;
  readonly passed: boolean;
  /** From 1; a pass on a later one is flaky. */
  readonly tries: number;
  /** What was not as expected in the last try; empty for a pass. */
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** The last lines of its output. */
  readonly output: readonly string[];
  /** Name of its log in the store. */
  readonly log: string;
  /** Its sandbox still stands (a Kubernetes namespace), and how a person looks into it. */
  readonly kept?: { readonly namespace: string; readonly look: string };
}
