import { fail, ok } from '../result';
import type { Result } from '../result';
import { gitRef } from './git-ref';

/** What `melange compile` says of a spec, as far as the factory decides on it: variables substituted, pipelines expanded, what they need gathered. */
export interface CompiledSpec {
  readonly name: string;
  readonly version: string;
  readonly epoch: number;
  /** Atoms of the build environment, with what the pipelines need, sorted, each once. */
  readonly environment: readonly string[];
  /** APK repositories that the spec names itself. */
  readonly repositories: readonly string[];
  /** Names of the steps in their order, undefined where a step has none; by package, the origin first. */
  readonly steps: Readonly<Record<string, readonly (string | undefined)[]>>;
  /** The tests: of the origin and of its subpackages. */
  readonly tests: readonly CompiledTest[];
  /** What the build clones without condition. */
  readonly checkouts: readonly CompiledCheckout[];
  /** What the build fetches without condition: the URI and the SHA-256 or SHA-512, in hexadecimal digits, that it expects. */
  readonly fetches: readonly { readonly uri: string; readonly digest: string }[];
}

export interface CompiledCheckout {
  readonly repository: string;
  /** The whole name of the tag or branch; the branch is `main` where the step names neither. */
  readonly ref: string;
  /** Empty where the step expects none. */
  readonly commit: string;
  readonly submodules: boolean;
}

export interface CompiledTest {
  readonly package: string;
  /** Atoms of the test environment, the package itself left out. */
  readonly environment: readonly string[];
}

interface RawStep {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly if?: string;
  readonly pipeline?: readonly RawStep[];
}

interface RawEnvironment {
  readonly contents?: {
    readonly packages?: readonly string[];
    readonly repositories?: readonly string[];
    readonly build_repositories?: readonly string[];
  };
}

interface RawTest {
  readonly environment?: RawEnvironment;
  readonly pipeline?: readonly RawStep[];
}

interface RawSpec {
  readonly package?: { readonly name?: string; readonly version?: string; readonly epoch?: number };
  readonly environment?: RawEnvironment;
  readonly pipeline?: readonly RawStep[];
  readonly subpackages?: readonly { readonly name?: string; readonly pipeline?: readonly RawStep[]; readonly test?: RawTest }[];
  readonly test?: RawTest;
}

/** Reads the JSON that `melange compile` prints. Fails when it is not of that form (another melange). */
export function readCompiledSpec(json: string): Result<CompiledSpec> {
  const raw = parse(json);
  const { name, version, epoch } = raw?.package ?? {};
  if (!raw || name === undefined || version === undefined)
    return fail({
      message: 'melange compile printed something else than a spec',
      remedy: 'use the melange version that Millrace pins: run its setup',
    });
  const subpackages = raw.subpackages ?? [];
  const steps: Record<string, readonly (string | undefined)[]> = { [name]: stepNames(raw.pipeline) };
  for (const subpackage of subpackages) if (subpackage.name !== undefined) steps[subpackage.name] = stepNames(subpackage.pipeline);
  const tests = [{ name, test: raw.test }, ...subpackages].flatMap(({ name: tested, test }) =>
    tested !== undefined && test?.pipeline?.length
      ? [{ package: tested, environment: atoms(test.environment?.contents?.packages, tested) }]
      : [],
  );
  const environments = [raw.environment, raw.test?.environment, ...subpackages.map(({ test }) => test?.environment)];
  const certain = [raw.pipeline, ...subpackages.map(({ pipeline }) => pipeline)].flatMap((pipeline) => allSteps(pipeline));
  return ok({
    name,
    version,
    epoch: epoch ?? 0,
    environment: atoms(raw.environment?.contents?.packages),
    repositories: atoms(
      environments.flatMap((environment) => [
        ...(environment?.contents?.repositories ?? []),
        ...(environment?.contents?.build_repositories ?? []),
      ]),
    ),
    steps,
    tests,
    checkouts: certain.filter(({ uses }) => uses === 'git-checkout').map(checkoutOf),
    fetches: certain
      .filter(({ uses }) => uses === 'fetch')
      .map((step) => ({
        uri: step.with?.['uri'] ?? '',
        digest: step.with?.['expected-sha256'] || step.with?.['expected-sha512'] || '',
      })),
  });
}

function parse(json: string): RawSpec | undefined {
  try {
    return JSON.parse(json) as RawSpec;
  } catch {
    return undefined;
  }
}

function atoms(list: readonly string[] | undefined, without?: string): readonly string[] {
  return [...new Set(list ?? [])].filter((atom) => atom !== without).sort();
}

/** As melange announces them: by name, else by what they use. */
function stepNames(steps: readonly RawStep[] | undefined): readonly (string | undefined)[] {
  return (steps ?? []).map(({ name, uses }) => name || uses || undefined);
}

/** Those without a condition: whether an `if` holds is melange's to say. */
function allSteps(steps: readonly RawStep[] | undefined): readonly RawStep[] {
  return (steps ?? []).filter((step) => !step.if).flatMap((step) => [step, ...allSteps(step.pipeline)]);
}

function checkoutOf(step: RawStep): CompiledCheckout {
  // The shell that melange hands them to drops the line end of a block scalar.
  const value = (key: string) => step.with?.[key]?.trim() ?? '';
  return {
    repository: value('repository'),
    ref: gitRef({ tag: value('tag'), branch: value('branch') }),
    commit: value('expected-commit'),
    submodules: value('recurse-submodules') === 'true',
  };
}
