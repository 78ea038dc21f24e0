import { fail, ok, type Position, type Result } from '../result';
import { architectureVariables, type SpecArchitecture } from './architecture';
import { evaluateCondition } from './condition';
import { nearestKey } from './nearest-key';
import type { PipelineDefinition, Pipelines } from './pipeline';
import type { SpecProblem, SpecRule } from './problem';
import type { Dependencies, Located, Spec, Step, Subpackage } from './spec';
import { substitute, variablesOf, withVariables, type Substituted, type Variables } from './substitute';

/** What a spec is expanded for. */
export interface Expansion {
  readonly arch: SpecArchitecture;
  readonly pipelines: Pipelines;
  /** Names of the spec's `options:` that are switched on. */
  readonly options?: readonly string[];
}

/** A package that an environment must have: a name with its constraint, and where it is written (in the spec, or in a pipeline that `via` names). */
export interface Need {
  readonly package: string;
  readonly at: Position;
  readonly via?: string;
}

/** A step with every variable put in, and the pipeline that it uses in its place. */
export interface ExpandedStep {
  readonly name?: string;
  readonly uses?: string;
  /** The inputs that differ from their defaults as written; none of a step that writes none, as `melange compile` has it. */
  readonly with: Readonly<Record<string, string>>;
  readonly runs?: string;
  readonly if?: string;
  /** Whether its condition holds, and those of the steps around it. */
  readonly active: boolean;
  readonly needs: readonly Need[];
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly label?: string;
  readonly requiredSteps?: number;
  readonly pipeline: readonly ExpandedStep[];
  readonly at: Position;
}

export interface ExpandedTest {
  /** Written ones and those that active steps need. */
  readonly environment: readonly Need[];
  readonly pipeline: readonly ExpandedStep[];
}

export interface ExpandedPackage {
  readonly name: string;
  readonly at: Position;
  readonly dependencies: Dependencies;
  readonly pipeline: readonly ExpandedStep[];
  readonly test?: ExpandedTest;
}

export interface ExpandedSubpackage extends ExpandedPackage {
  /** Whether its condition holds: melange makes no package otherwise, but does compile its steps. */
  readonly active: boolean;
  /** Index of the subpackage in the spec, and the variables of its range item. */
  readonly source: number;
  readonly variables: Variables;
}

/** A spec for one architecture as melange compiles it (`pkg/build/compile.go` of melange 0.59.1). */
export interface ExpandedSpec extends ExpandedPackage {
  readonly spec: Spec;
  /** What the build environment must have: written packages, then what active steps of the package and its subpackages need. Each text once. */
  readonly environment: readonly Need[];
  readonly subpackages: readonly ExpandedSubpackage[];
  /** What can be named outside of pipelines. */
  readonly variables: Variables;
}

interface Context {
  readonly pipelines: Pipelines;
  readonly problems: SpecProblem[];
  /** The `uses:` of the spec within which texts of a pipeline's own file are read, and the names of the pipelines around. */
  readonly used?: Located;
  readonly around: readonly string[];
}

/** Puts variables, ranges and pipelines in. The error is every undefined variable, unknown pipeline, missing or unknown input, cycle and malformed condition. */
export function expandSpec(spec: Spec, expansion: Expansion): Result<ExpandedSpec, readonly SpecProblem[]> {
  const made = expandAsFarAsPossible(spec, expansion);
  if (!made.ok) return made;
  return made.value.problems.length ? fail(made.value.problems) : ok(made.value.expanded);
}

/** `expandSpec` that also gives what could be expanded in spite of the problems: one defect of one spec must not leave it out of the graph of all. */
export function expandAsFarAsPossible(
  spec: Spec,
  expansion: Expansion,
): Result<{ readonly expanded: ExpandedSpec; readonly problems: readonly SpecProblem[] }, readonly SpecProblem[]> {
  const chosen = withOptions(spec, expansion.options ?? []);
  const known = variablesOf(chosen);
  if (!known.ok) return known;
  const context: Context = { pipelines: expansion.pipelines, problems: [], around: [] };
  const outside = known.value;
  const main = spec.name.value;
  const directory = (name: string) => `/home/build/melange-out/${name}`;
  const building = withVariables(outside, {
    ...architectureVariables(expansion.arch),
    ...Object.fromEntries(
      Object.keys(spec.options).map((name) => [`options.${name}.enabled`, String(Boolean(expansion.options?.includes(name)))]),
    ),
    'package.srcdir': '/home/build',
    'targets.outdir': '/home/build/melange-out',
    'targets.destdir': directory(main),
    'targets.contextdir': directory(main),
    'context.name': main,
  });
  const named = spec.subpackages.flatMap((subpackage, source) =>
    occurrences(context, chosen, subpackage, building, outside).map((each) => ({ ...each, subpackage, source })),
  );
  checkNames(context, main, named);
  const packages = withVariables(
    building,
    Object.fromEntries([main, ...named.map(({ name }) => name)].map((name) => [`targets.package.${name}`, directory(name)])),
  );
  const pipeline = expandSteps(context, chosen.pipeline, packages);
  const subpackages = named.map(({ name, subpackage, source, items }): ExpandedSubpackage => {
    const variables = withVariables(outside, items);
    const inside = withVariables(packages, {
      ...items,
      'subpkg.name': name,
      'context.name': name,
      'targets.subpkgdir': directory(name),
      'targets.contextdir': directory(name),
    });
    return {
      name,
      at: subpackage.name.at,
      active: subpackage.if ? holds(context, subpackage.if, inside, variables).active : true,
      source,
      variables,
      dependencies: dependenciesOf(context, subpackage.dependencies, variables),
      pipeline: expandSteps(context, subpackage.pipeline, inside),
      ...(subpackage.test ? { test: testOf(context, subpackage.test, inside, variables) } : {}),
    };
  });
  const written = needsOf(context, chosen.buildPackages, outside);
  const expanded: ExpandedSpec = {
    spec,
    name: main,
    at: spec.name.at,
    variables: outside,
    environment: once([...written, ...activeNeeds(pipeline), ...subpackages.flatMap((subpackage) => activeNeeds(subpackage.pipeline))]),
    dependencies: dependenciesOf(context, chosen.dependencies, outside),
    pipeline,
    subpackages,
    ...(chosen.test ? { test: testOf(context, chosen.test, packages, outside) } : {}),
  };
  return ok({ expanded, problems: distinct(context.problems) });
}

/** The spec as its enabled options alter it: their variables, and the packages that they add to and take from the build environment. */
function withOptions(spec: Spec, enabled: readonly string[]): Spec {
  const options = enabled.flatMap((name) => (Object.hasOwn(spec.options, name) ? [spec.options[name]!] : []));
  if (!options.length) return spec;
  const removed = new Set(options.flatMap((option) => option.remove.map(({ value }) => value)));
  return {
    ...spec,
    vars: Object.assign({}, spec.vars, ...options.map((option) => option.vars)) as Spec['vars'],
    buildPackages: [...spec.buildPackages, ...options.flatMap((option) => option.add)].filter(({ value }) => !removed.has(value)),
  };
}

interface Occurrence {
  readonly name: string;
  readonly items: Readonly<Record<string, string>>;
}

/** A subpackage, once for each item of its range in the order of the keys. */
function occurrences(context: Context, spec: Spec, subpackage: Subpackage, building: Variables, outside: Variables): readonly Occurrence[] {
  const { range } = subpackage;
  if (!range) return [{ name: text(context, subpackage.name, outside), items: {} }];
  if (!Object.hasOwn(spec.data, range.value)) {
    const near = nearestKey(range.value, Object.keys(spec.data));
    report(
      context,
      range,
      'unknown-range',
      `there is no data of the name ${JSON.stringify(range.value)}`,
      near ? `did you mean ${near}?` : 'write it under `data:`',
    );
    return [];
  }
  const entries = Object.entries(spec.data[range.value]!).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => {
    const items = { 'range.key': key, 'range.value': text(context, value, building) };
    return { items, name: text(context, subpackage.name, withVariables(outside, items)) };
  });
}

const PACKAGE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9+_.-]*$/;

function checkNames(context: Context, main: string, named: readonly (Occurrence & { readonly subpackage: Subpackage })[]): void {
  const seen = new Set([main]);
  for (const { name, subpackage } of named) {
    if (!PACKAGE_NAME.test(name))
      report(context, subpackage.name, 'name', `${JSON.stringify(name)} is no package name`, 'letters, digits and + _ . -');
    else if (seen.has(name))
      report(context, subpackage.name, 'duplicate-package', `two packages of this spec are called ${name}`, 'give each its own name');
    seen.add(name);
  }
}

function testOf(context: Context, test: NonNullable<Spec['test']>, inside: Variables, outside: Variables): ExpandedTest {
  const pipeline = expandSteps(context, test.pipeline, inside);
  return { environment: once([...needsOf(context, test.packages, outside), ...activeNeeds(pipeline)]), pipeline };
}

function dependenciesOf(context: Context, dependencies: Dependencies, variables: Variables): Dependencies {
  const all = (list: readonly Located[]) => list.map((each) => ({ ...each, value: text(context, each, variables) }));
  const priority = dependencies.providerPriority;
  const value = priority && text(context, priority, variables);
  if (priority && !/^([+-]?[0-9]+)?$/.test(value!))
    report(context, priority, 'type', `provider-priority is ${JSON.stringify(value)}, not a whole number`);
  return {
    runtime: all(dependencies.runtime),
    provides: all(dependencies.provides),
    replaces: all(dependencies.replaces),
    ...(priority ? { providerPriority: { ...priority, value: value! } } : {}),
  };
}

function needsOf(context: Context, packages: readonly Located[], variables: Variables, via?: string): readonly Need[] {
  return packages.map((each) => ({ package: text(context, each, variables), at: each.at, ...(via === undefined ? {} : { via }) }));
}

/** What the steps that run need, in their order. */
function activeNeeds(steps: readonly ExpandedStep[]): readonly Need[] {
  return steps.flatMap((step) => (step.active ? [...step.needs, ...activeNeeds(step.pipeline)] : []));
}

function once(needs: readonly Need[]): readonly Need[] {
  const seen = new Set<string>();
  return needs.filter((need) => !seen.has(need.package) && seen.add(need.package));
}

function expandSteps(context: Context, steps: readonly Step[], variables: Variables): readonly ExpandedStep[] {
  return steps.map((step) => expandStep(context, step, variables, { nested: false }));
}

/** What a step takes over from the one around it. */
interface Parent {
  readonly nested: boolean;
  readonly workingDirectory?: string;
}

function expandStep(context: Context, step: Step, around: Variables, parent: Parent): ExpandedStep {
  checkStep(context, step);
  const uses = step.uses?.value;
  const definition = uses && !step.pipeline.length ? definitionOf(context, step.uses) : undefined;
  const inner: Context = definition ? { ...context, used: context.used ?? step.uses!, around: [...context.around, uses!] } : context;
  const inputs = inputsOf(context, step, definition, around);
  const variables = Object.keys(inputs).length ? withVariables(around, prefixed(inputs)) : around;
  // What the pipeline says takes the place of what the step says, as when melange decodes the one onto the other; the name stays.
  const body = definition?.step ?? step;
  const condition = body.if ?? step.if;
  const ran = condition ? holds(body.if ? inner : context, condition, variables, inner.used ? undefined : around) : undefined;
  const inherited = body.workingDirectory ?? step.workingDirectory;
  const workingDirectory = inherited ? text(inner, inherited, variables) : parent.workingDirectory;
  const inside: Parent = { nested: true, ...(workingDirectory === undefined ? {} : { workingDirectory }) };
  const runs = body.runs ?? step.runs;
  const active = ran?.active ?? true;
  return {
    ...(step.name ? { name: early(step.name.value, context.used ? undefined : around) } : {}),
    ...(uses ? { uses } : {}),
    with: Object.keys(step.with).length || parent.nested ? changed(inputs, definition) : {},
    ...(runs ? { runs: text(inner, runs, variables) } : {}),
    ...(ran ? { if: ran.text } : {}),
    active,
    needs: needsOf(inner, body.needs, variables, definition ? uses : undefined),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    environment: {
      ...texts(context, step.environment, variables),
      ...(definition ? texts(inner, definition.step.environment, variables) : {}),
    },
    ...optionalLabel(body.label ?? step.label),
    ...optionalSteps(body.requiredSteps ?? step.requiredSteps),
    pipeline: body.pipeline.map((child) => expandStep(inner, child, variables, inside)),
    at: step.at,
  };
}

function optionalLabel(label: string | undefined): { readonly label?: string } {
  return label === undefined ? {} : { label };
}

function optionalSteps(requiredSteps: number | undefined): { readonly requiredSteps?: number } {
  return requiredSteps === undefined ? {} : { requiredSteps };
}

function texts(context: Context, entries: Readonly<Record<string, Located>>, variables: Variables): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, text(context, value, variables)]));
}

/** What melange refuses of a step (`validatePipelines`). */
function checkStep(context: Context, step: Step): void {
  if (step.uses && step.runs) report(context, step.runs, 'step', 'a step has `uses` or `runs`, not both', 'make two steps of it');
  const given = Object.keys(step.with).length > 0;
  if (given && !step.uses)
    report(context, { at: step.at }, 'step', 'a step has `with` but no `uses`', 'name the pipeline that takes these inputs');
}

function definitionOf(context: Context, uses: Located): PipelineDefinition | undefined {
  const name = uses.value;
  if (name.startsWith('/') || name.includes('..')) {
    report(context, uses, 'unknown-pipeline', `${JSON.stringify(name)} is no name of a pipeline`, 'no absolute path and no ..');
    return undefined;
  }
  if (context.around.includes(name)) {
    report(
      context,
      uses,
      'pipeline-cycle',
      `the pipelines use each other in a circle: ${[...context.around, name].join(' -> ')}`,
      'remove one of the `uses`',
    );
    return undefined;
  }
  const definition = context.pipelines.get(name);
  if (!definition) {
    const near = nearestKey(name, context.pipelines.names());
    report(
      context,
      uses,
      'unknown-pipeline',
      `there is no pipeline ${name}`,
      near ? `did you mean ${near}?` : `write it as pipelines/${name}.yaml beside the specs`,
    );
  }
  return definition === 'unreadable' ? undefined : definition;
}

const EXPECTED: Readonly<Record<string, number>> = { 'expected-sha256': 64, 'expected-sha512': 128, 'expected-commit': 40 };

/** The inputs of a pipeline with their values; a value may name the inputs of the pipeline around, or (where that has none of the name) others of its own. */
function inputsOf(
  context: Context,
  step: Step,
  definition: PipelineDefinition | undefined,
  around: Variables,
): Readonly<Record<string, string>> {
  if (!definition) return {};
  for (const [key, value] of Object.entries(step.with)) {
    if (Object.hasOwn(definition.inputs, key)) continue;
    const known = Object.keys(definition.inputs);
    const near = nearestKey(key, known);
    const remedy = near ? `did you mean \`${near}\`?` : known.length ? `it takes ${known.join(', ')}` : 'it takes none';
    report(context, value, 'unknown-input', `the pipeline ${step.uses!.value} has no input \`${key}\``, remedy);
  }
  const values: Record<string, string> = {};
  const resolving = new Set<string>();
  const own = (name: string): Substituted | undefined => {
    const key = name.startsWith('inputs.') ? name.slice('inputs.'.length) : undefined;
    if (key === undefined || !Object.hasOwn(definition.inputs, key) || resolving.has(key)) return undefined;
    return { value: resolve(key), versioned: false };
  };
  // What a step writes is meant in the pipeline around it, a default in the pipeline that has it.
  const writing: Variables = { get: (name) => around.get(name) ?? own(name), keys: () => around.keys() };
  const defaulting: Variables = { get: (name) => own(name) ?? around.get(name), keys: () => around.keys() };
  const resolve = (key: string): string => {
    if (Object.hasOwn(values, key)) return values[key]!;
    resolving.add(key);
    const written = Object.hasOwn(step.with, key) && step.with[key]!.value !== '' ? step.with[key] : undefined;
    const input = definition.inputs[key]!;
    const value = written
      ? text(context, written, writing)
      : input.default
        ? text({ ...context, used: context.used ?? step.uses! }, input.default, defaulting)
        : '';
    resolving.delete(key);
    values[key] = value;
    return value;
  };
  for (const [key, input] of Object.entries(definition.inputs)) {
    const value = resolve(key);
    if (input.required && value === '') {
      report(
        context,
        step.uses!,
        'missing-input',
        `the pipeline ${step.uses!.value} needs the input \`${key}\``,
        `write \`${key}:\` under \`with:\``,
      );
    }
    const length = Object.hasOwn(EXPECTED, key) ? EXPECTED[key] : undefined;
    const hex = value.trim();
    if (length !== undefined && hex && !(hex.length === length && /^[0-9a-fA-F]+$/.test(hex))) {
      report(context, step.with[key] ?? step.uses!, 'digest', `${key} is ${JSON.stringify(hex)}, not ${length} hexadecimal digits`);
    }
  }
  return values;
}

function prefixed(inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`inputs.${key}`, value]));
}

function changed(inputs: Readonly<Record<string, string>>, definition: PipelineDefinition | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).filter(([key, value]) => value !== (definition!.inputs[key]?.default?.value ?? '')));
}

/** Variables that melange replaces before it reads conditions: by their bare value, and only where they are written without spaces. */
const EARLY = /\$\{\{((?:package|vars|range)\.[A-Za-z0-9._-]+)\}\}/g;

/** In a pipeline's file (no variables given) nothing is replaced early. */
function early(text: string, variables: Variables | undefined): string {
  return variables ? text.replace(EARLY, (written, name: string) => variables.get(name)?.value ?? written) : text;
}

/** A condition with its variables put in, quoted, and whether it holds. */
function holds(
  context: Context,
  condition: Located,
  variables: Variables,
  written: Variables | undefined,
): { readonly text: string; readonly active: boolean } {
  const bare = early(condition.value, written);
  const quoting: Variables = {
    get: (name) => {
      const found = variables.get(name);
      return found && { ...found, value: JSON.stringify(found.value) };
    },
    keys: () => variables.keys(),
  };
  const before = context.problems.length;
  const quoted = text(context, { ...condition, value: bare }, quoting);
  if (context.problems.length > before) return { text: quoted, active: false };
  const result = evaluateCondition(quoted);
  if (!result.ok) report(context, condition, 'condition', result.error.message, result.error.remedy);
  return { text: quoted, active: result.ok && result.value };
}

/** The text with its variables put in; what is wrong with it is reported, and then it is empty where it matters to nobody. */
function text(context: Context, written: Located, variables: Variables): string {
  if (!written.value.includes('${{')) return written.value;
  const result = substitute(written, variables);
  // The value of a variable may name others; melange replaces twice.
  const again = result.ok && result.value.value.includes('${{') ? substitute({ ...written, value: result.value.value }, variables) : result;
  if (again.ok) return again.value.value;
  for (const problem of again.error) report(context, written, problem.rule, problem.message, problem.remedy);
  return '';
}

/** A defect of a pipeline's file shows where the spec uses it: which of the two is to be changed is for people to say. */
function report(context: Context, place: { readonly at: Position }, rule: SpecRule, message: string, remedy?: string): void {
  const inside = context.used && place.at.file !== context.used.at.file;
  const where = inside ? ` (in the pipeline ${context.around.join(' -> ')} at ${place.at.file}:${place.at.line}:${place.at.column})` : '';
  context.problems.push({ rule, message: `${message}${where}`, at: inside ? context.used.at : place.at, ...(remedy ? { remedy } : {}) });
}

function distinct(problems: readonly SpecProblem[]): readonly SpecProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.at.line}:${problem.at.column}:${problem.message}`;
    return !seen.has(key) && seen.add(key);
  });
}
