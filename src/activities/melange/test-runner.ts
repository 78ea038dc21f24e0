import type { BuiltPackage, LockedPackage, SpecSnapshot } from '../../domain/release/release';

/** What a test sees: the built apks on top of the published generation, stage0 and the other repositories. */
export interface CandidateRequest {
  readonly architecture: string;
  /** The apks under test, of this architecture. */
  readonly builds: readonly BuiltPackage[];
}

export interface TestRequest extends CandidateRequest {
  readonly snapshot: SpecSnapshot;
  readonly version: string;
  readonly epoch: number;
  /** 0 unless a person asked for a retry; only names the log. */
  readonly attempt: number;
}

export interface TestReport {
  readonly outcome: 'passed' | 'failed';
  /** How many packages (main and sub) had tests; 0 is a spec without test blocks, with outcome `passed` and an empty log. */
  readonly ran: number;
  /** Name of the log in the store; empty when nothing ran. */
  readonly log: string;
  /** One line. */
  readonly summary: string;
  readonly seconds: number;
  /** Of a failed one; infrastructure failures throw instead. */
  readonly failure?: { readonly class: 'flaky' | 'real'; readonly step?: string };
}

export interface CommandRequest extends CandidateRequest {
  /** World: `zlib=1.3.1-r0`, `busybox` … */
  readonly packages: readonly string[];
  /** Each is run on its own, without a shell, without network, as an unprivileged user. */
  readonly commands: readonly (readonly string[])[];
  /** For each command. */
  readonly timeoutSeconds: number;
}

export interface CommandReport {
  readonly command: readonly string[];
  /** 128 when a signal or the timeout ended it. */
  readonly code: number;
  readonly timedOut: boolean;
  /** Standard output and error, the last 4 KiB. */
  readonly output: string;
}

export interface SolveRequest extends CandidateRequest {
  readonly packages: readonly string[];
}

/** `problem` is apko's own sentence. */
export type SolveReport =
  { readonly ok: true; readonly installed: readonly LockedPackage[] } | { readonly ok: false; readonly problem: string };

export interface LintFinding {
  /** File name of the apk. */
  readonly package: string;
  readonly linter: string;
  readonly message: string;
}

/** `failed` are of linters that must pass (melange's own default set), `warned` of the others. */
export interface LintReport {
  readonly failed: readonly LintFinding[];
  readonly warned: readonly LintFinding[];
}

/** Runs what was built: the checks of a release call it. All throw a retryable ApplicationFailure `Infrastructure` when the machine is at fault. */
export interface TestRunner {
  /** `melange test` of the spec on exactly these packages. */
  testPackages(input: TestRequest): Promise<TestReport>;
  /** Installs the packages into a scratch root and runs each command in it. Throws `Unsolvable` when they do not install. */
  runCommands(input: CommandRequest): Promise<readonly CommandReport[]>;
  /** Whether apko would install these packages together. */
  solve(input: SolveRequest): Promise<SolveReport>;
  /** melange's linters over the apks. */
  runLinters(input: { readonly architecture: string; readonly builds: readonly BuiltPackage[] }): Promise<LintReport>;
}
