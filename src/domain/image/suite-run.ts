import type { BuiltVariant, ImageLock } from './image';

/** One suite on one pushed variant of an image: what `image-test:…` runs. */
export interface SuiteRun {
  readonly lock: ImageLock;
  readonly built: BuiltVariant;
  /** Name of the suite; `entrypoint` where the image has none (see ENTRYPOINT_SUITE). */
  readonly suite: string;
  /** How often a person asked for it again. */
  readonly attempt: number;
  /** Also where it has passed before: a person wants to see it run. */
  readonly anew?: true;
  /** Instead of what the suite says. */
  readonly pause?: Pause['mode'];
}

/** What a suite is made of, as one text: the image whose it is, its file and its manifests. A mended suite is another one. */
export function suiteContent({ lock, suite }: Pick<SuiteRun, 'lock' | 'suite'>): string {
  const found = lock.suites.find(({ name }) => name === suite);
  const manifests = Object.entries(found?.manifests ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [lock.image, suite, found?.file ?? '', ...manifests.map(([name, digest]) => `${name}=${digest}`)].join('\0');
}

/** Id of the workflow of a suite: the same run asked for again is the same workflow. */
export function imageTestId({ lock, built, suite, attempt }: SuiteRun): string {
  return `image-test:${lock.image}:${built.digest.replace(/^sha256:/, '').slice(0, 16)}:${suite}:${attempt}`;
}

/** Name in the store of the log of one run of a test; `part` tells runs of the same test apart. */
export function logOfTest(
  { lock, built, suite, attempt, architecture }: SuiteRun & { readonly architecture: string },
  test: string,
  part: string,
): string {
  const digest = built.digest.replace(/^sha256:/, '').slice(0, 16);
  const name = test.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  return `images/${lock.image}/${digest}/${built.variant || 'plain'}-${suite}-${attempt}/${name}-${architecture}-${part}.log`;
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
