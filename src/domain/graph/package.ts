import { parseDependency, type Bound, type Dependency } from '../apk/dependency';
import type { Position } from '../result';
import type { ExpandedPackage, ExpandedSpec, ExpandedStep, Need } from '../spec/expand';
import { fullVersion } from '../version/version';

/** A name that a package can be asked for by. */
export interface Provided {
  readonly name: string;
  /** Empty: the name is provided without a version. */
  readonly version: string;
  readonly priority: number;
  /** Whether it is the name of an apk, not one under `provides`. */
  readonly own: boolean;
}

/** One dependency: the atom, where it is written (not for those of an index), and within what. */
export interface Wanted {
  readonly atom: string;
  readonly name: string;
  readonly bound: Bound;
  readonly limit: string;
  readonly at?: Position;
  /** `environment`, `pipeline strip`, `runtime of zlib-dev` or `published zlib-dev-1.3.1-r0`. */
  readonly within: string;
}

/** A spec as the graph sees it: what all its apks provide, what its build wants, and what they want at run time. */
export interface GraphPackage {
  readonly name: string;
  /** With `-rN`. */
  readonly version: string;
  readonly provides: readonly Provided[];
  readonly build: readonly Wanted[];
  readonly runtime: readonly Wanted[];
}

/**
 * Reduces an expanded spec to what relates it to others. The build wants the packages of its environment and the `needs` of all steps of the package and its subpackages, tests left out,
 * steps whose `if` does not hold included: so the order of building is the same for every architecture. A subpackage whose `if` does not hold provides and wants nothing at run time.
 */
export function graphPackageOf(expanded: ExpandedSpec): GraphPackage {
  const { spec } = expanded;
  const version = fullVersion(spec.version.value, spec.epoch.value);
  const made = [expanded, ...expanded.subpackages.filter(({ active }) => active)];
  const inactive = [expanded, ...expanded.subpackages].flatMap(({ pipeline }) => inactiveNeeds(pipeline));
  return {
    name: expanded.name,
    version,
    provides: made.flatMap((one) => providedBy(one, version)),
    build: once([...expanded.environment, ...inactive].flatMap((need) => wantedOf(need.package, need.at, buildPlace(need)))),
    runtime: once(
      made.flatMap((one) => one.dependencies.runtime.flatMap(({ value, at }) => wantedOf(value, at, `runtime of ${one.name}`))),
    ),
  };
}

function buildPlace({ via }: Need): string {
  return via === undefined ? 'environment' : `pipeline ${via}`;
}

/** Needs of steps that do not run here: those of steps that do are in the environment. */
function inactiveNeeds(steps: readonly ExpandedStep[]): readonly Need[] {
  return steps.flatMap((step) => (step.active ? inactiveNeeds(step.pipeline) : allNeeds([step])));
}

function allNeeds(steps: readonly ExpandedStep[]): readonly Need[] {
  return steps.flatMap((step) => [...step.needs, ...allNeeds(step.pipeline)]);
}

function providedBy({ name, dependencies }: ExpandedPackage, version: string): readonly Provided[] {
  const priority = Number(dependencies.providerPriority?.value ?? 0);
  const more = dependencies.provides.flatMap(({ value }) => providedOf(value, priority));
  return [{ name, version, priority, own: true }, ...more];
}

/** `!name` under `provides` takes a generated one back: it provides nothing. */
export function providedOf(atom: string, priority: number): readonly Provided[] {
  const parsed = parseDependency(atom);
  return parsed && !parsed.conflict ? [{ name: parsed.name, version: parsed.version, priority, own: false }] : [];
}

function wantedOf(atom: string, at: Position, within: string): readonly Wanted[] {
  const parsed: Dependency | undefined = parseDependency(atom);
  return parsed && !parsed.conflict ? [{ atom, name: parsed.name, bound: parsed.bound, limit: parsed.version, at, within }] : [];
}

function once(wanted: readonly Wanted[]): readonly Wanted[] {
  const seen = new Set<string>();
  return wanted.filter(({ atom }) => !seen.has(atom) && seen.add(atom));
}
