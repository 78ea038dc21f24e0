import type { CheckRequest } from '../activities/contract';
import type { TestRunner } from '../activities/melange/test-runner';
import type { ApkEntry, IndexRecord, PackageInfo } from '../domain/apk/apk';
import type { FailureClass } from '../domain/check/verdict';
import type { RebuildPolicy } from '../domain/floor/floor';
import type { BuiltPackage, Change, FetchedSource, ReleaseInput } from '../domain/release/release';
import type { Problem, Result } from '../domain/result';
import type { SourceReference, Spec } from '../domain/spec/spec';
import type { Candidate } from '../domain/update/candidate';
import type { Upstream } from '../domain/update/upstream';

/** What a check finds; time, failure report and reuse are added by the activity that runs it. */
export interface Finding {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** One line; for a skipped one its reason. */
  readonly summary: string;
  readonly details: readonly string[];
  /** Of a failed one; `real` where nothing is said. */
  readonly class?: FailureClass;
  /** Name of a log in the artifact store. */
  readonly log?: string;
}

/** One check of a release. */
export interface Check {
  /** One of CHECK_NAMES. */
  readonly name: string;
  /** What it asks, in a few words. */
  readonly title: string;
  /** `change` runs before the build and may reach upstream; `package` looks at what was built; `test` runs it. */
  readonly stage: CheckRequest['stage'];
  /** Raised when the rules change, so that passes by the older rules are not reused. */
  readonly revision: number;
  /** What it depends on beyond the release itself: `index` is the published index, `policy` how dependents are rebuilt, `upstream` cannot be reused at all. */
  readonly reads: readonly ('index' | 'policy' | 'upstream')[];
  /** Throws only for what is nobody's fault in the release: the caller reports it as infrastructure. */
  run(context: CheckContext): Promise<Finding>;
}

/** An apk opened once for all checks. */
export interface OpenedApk {
  /** Its name in a repository. */
  readonly file: string;
  readonly info: PackageInfo;
  readonly entries: readonly ApkEntry[];
  /** Install scripts and triggers by their name in the control member. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Reads it once more and shows the content of each regular file that is wanted; of a file above 64 MiB only the beginning. */
  visit(wanted: (entry: ApkEntry) => boolean, see: (entry: ApkEntry, content: Buffer) => void): Promise<void>;
}

export interface ChangedFile {
  readonly path: string;
  readonly before?: Buffer;
  readonly after?: Buffer;
}

/** What one architecture of a release built, beside what was published before it. */
export interface BuildView {
  readonly architecture: string;
  readonly packages: readonly BuiltPackage[];
  built(): Promise<readonly OpenedApk[]>;
  /** The packages of the release before, as published; empty for a first release. */
  previous(): Promise<readonly OpenedApk[]>;
  /** The published index: every version that is not withdrawn. */
  index(): Promise<readonly IndexRecord[]>;
}

/** What a check may look at; everything is loaded when first asked for, and only once for all checks of a request. */
export interface CheckContext {
  readonly release: ReleaseInput;
  readonly change: Change;
  readonly attempt: number;
  readonly builds: readonly BuildView[];
  readonly runner: TestRunner;
  /** When what depends on the package is built again. */
  readonly rebuildPolicy: RebuildPolicy;
  /** Read strictly: every defect of the file at once. */
  spec(): Promise<Result<Spec, readonly Problem[]>>;
  /** The sources that the spec names at its version. */
  sourceReferences(): Promise<Result<readonly SourceReference[], readonly Problem[]>>;
  /** The files of the package: spec and folder, by path in the spec repository. */
  packageFiles(): Promise<readonly { readonly path: string; readonly content: Buffer }[]>;
  /** What the change adds to the spec repository; empty for a release without a change of it. */
  changedFiles(): Promise<readonly ChangedFile[]>;
  /** Path of a source in the store; undefined when it is not there. */
  source(source: FetchedSource): Promise<string | undefined>;
  /** Names of the files of a source archive, after the same inspection as at the fetch; the problem, if it would not be accepted. */
  inspect(source: FetchedSource): Promise<Result<readonly string[], string>>;
  /** What an upstream offers now. Throws `UpstreamUnreachable`. */
  offered(upstream: Upstream): Promise<readonly Candidate[]>;
  /** Licence of the main package as last published, on any architecture. */
  publishedLicence(): Promise<string | undefined>;
}

export const passed = (summary: string, details: readonly string[] = []): Finding => ({ outcome: 'passed', summary, details });
export const skipped = (reason: string, details: readonly string[] = []): Finding => ({ outcome: 'skipped', summary: reason, details });
export const failed = (
  summary: string,
  details: readonly string[] = [],
  more: { readonly class?: FailureClass; readonly log?: string } = {},
): Finding => ({ outcome: 'failed', summary, details, ...more });

/** "1 file", "2 files". */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/** Passes when nothing is wrong, else fails with the problems: the first in the summary, all in the details. */
export function fromProblems(problems: readonly string[], good: string, details: readonly string[] = []): Finding {
  const [first] = problems;
  if (first === undefined) return passed(good, details);
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return failed(`${first}${more}`, [...problems, ...details]);
}

/** Asks for each architecture and makes one finding of the answers: failed if one failed, skipped if all were, with the architecture before each detail. */
export async function perArchitecture(context: CheckContext, ask: (build: BuildView) => Promise<Finding>): Promise<Finding> {
  const found: { readonly architecture: string; readonly finding: Finding }[] = [];
  for (const build of context.builds) found.push({ architecture: build.architecture, finding: await ask(build) });
  const [only] = found;
  if (!only) return failed('there is no build to look at', [], { class: 'infrastructure' });
  const details = found.flatMap(({ architecture, finding }) => finding.details.map((detail) => `${architecture}: ${detail}`));
  const decisive =
    found.filter(({ finding }) => finding.outcome === 'failed').length > 0
      ? found.filter(({ finding }) => finding.outcome === 'failed')
      : found.some(({ finding }) => finding.outcome === 'passed')
        ? found.filter(({ finding }) => finding.outcome === 'passed')
        : found;
  const summaries = new Set(decisive.map(({ finding }) => finding.summary));
  const [same] = summaries;
  const summary =
    summaries.size === 1 && same !== undefined
      ? same
      : decisive.map(({ architecture, finding }) => `${architecture}: ${finding.summary}`).join('; ');
  const [first] = decisive;
  return { ...(first ?? only).finding, summary, details };
}
