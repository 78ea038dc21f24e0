/** The names of the checks of a release; `build-<architecture>` stands once for each architecture. */
export const CHECK_NAMES = [
  'spec-lint',
  'update-config',
  'sources-verified',
  'licence',
  'secrets',
  'build',
  'upstream-tests',
  'installable',
  'file-diff',
  'abi',
  'sbom',
  'linters',
  'dangerous-files',
  'capability-diff',
  'package-tests',
  'sniff-tests',
] as const;

/** How a failed step failed: whose turn it is (the machine's, luck's, or a person's). */
export type FailureClass = 'infrastructure' | 'flaky' | 'real';

/** What one check says of one release. A missing verdict is not a pass. */
export interface Verdict {
  readonly check: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** One line; a skipped one gives its reason here. */
  readonly summary: string;
  /** At most 40 lines; more goes to the artifact store. */
  readonly details: readonly string[];
  readonly seconds: number;
  readonly failure?: FailureReport;
}

/** What a person needs to answer a failed step. */
export interface FailureReport {
  readonly class: FailureClass;
  /** Name of the whole log in the artifact store, where there is one. */
  readonly log?: string;
  /** The last lines of the log, 200 at most, kept out of histories: read from the log when shown. */
  readonly differenceToLastGood: readonly string[];
  readonly alike: readonly { readonly release: string; readonly check: string; readonly summary: string; readonly answer: string }[];
}

/** A person's word that a named check need not pass. */
export interface Waiver {
  readonly check: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}
