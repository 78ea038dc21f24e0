import { fail, ok, type Position, type Result } from '../result';
import { fullVersion } from '../version/version';
import { compileGoRegexp, goReplaceAll } from './go-regexp';
import { nearestKey } from './nearest-key';
import type { SpecProblem } from './problem';
import type { Spec } from './spec';

/** A value, and whether it depends on `package.version`, through any number of variables. */
export interface Substituted {
  readonly value: string;
  readonly versioned: boolean;
}

/** What `${{…}}` may name, by name without the braces. */
export interface Variables {
  get(name: string): Substituted | undefined;
  keys(): Iterable<string>;
}

/** Another version or epoch than the spec's: what it would name after a bump. */
export interface VersionChoice {
  readonly version?: string;
  readonly epoch?: number;
}

interface Text {
  readonly value: string;
  readonly at: Position;
}

/**
 * The variables that do not depend on the architecture or the place in the build: `package.*`, `vars.*` and what `var-transforms` make of them, in file order.
 * As in melange, a value of `vars:` may name other `vars.*` only, and a transform what stands above it.
 */
export function variablesOf(spec: Spec, choice: VersionChoice = {}): Result<Variables, readonly SpecProblem[]> {
  const version = choice.version ?? spec.version.value;
  const epoch = choice.epoch ?? spec.epoch.value;
  const problems: SpecProblem[] = [];
  const variables = new Map<string, Substituted>(resolveVars(spec, problems));
  variables.set('package.name', { value: spec.name.value, versioned: false });
  variables.set('package.description', { value: spec.description, versioned: false });
  variables.set('package.version', { value: version, versioned: true });
  variables.set('package.epoch', { value: String(epoch), versioned: false });
  variables.set('package.full-version', { value: fullVersion(version, epoch), versioned: true });
  for (const transform of spec.varTransforms) {
    const from = substitute({ value: transform.from, at: transform.at }, variables);
    const regexp = compileGoRegexp(transform.match);
    if (!from.ok) problems.push(...from.error);
    else if (!regexp.ok) problems.push({ ...regexp.error, rule: 'regexp', at: transform.at });
    else {
      variables.set(`vars.${transform.to}`, {
        value: goReplaceAll(regexp.value, from.value.value, transform.replace),
        versioned: from.value.versioned,
      });
    }
  }
  return problems.length ? fail(problems) : ok(variables);
}

/** The variables of one item of a `range:`. */
export function withRangeItem(variables: Variables, key: string, value: string): Variables {
  return withVariables(variables, { 'range.key': key, 'range.value': value });
}

/** The variables with others before them. */
export function withVariables(variables: Variables, more: Readonly<Record<string, string>>): Variables {
  const own = new Map(Object.entries(more).map(([name, value]) => [name, { value, versioned: false }]));
  return {
    get: (name) => own.get(name) ?? variables.get(name),
    keys: () => new Set([...own.keys(), ...variables.keys()]),
  };
}

function resolveVars(spec: Spec, problems: SpecProblem[]): Map<string, Substituted> {
  const resolved = new Map<string, Substituted>();
  const resolving = new Set<string>();
  const resolve = (name: string): void => {
    if (resolved.has(`vars.${name}`)) return;
    const text = spec.vars[name]!;
    if (resolving.has(name)) {
      problems.push({ rule: 'variable-cycle', message: `vars.${name} names itself`, at: text.at, remedy: 'write one of the values out' });
      return void resolved.set(`vars.${name}`, { value: '', versioned: false });
    }
    resolving.add(name);
    for (const reference of referencesIn(text.value)) {
      const other = reference.startsWith('vars.') ? reference.slice('vars.'.length) : undefined;
      if (other !== undefined && Object.hasOwn(spec.vars, other)) resolve(other);
    }
    resolving.delete(name);
    const value = substitute(text, resolved);
    if (!value.ok) problems.push(...value.error);
    resolved.set(`vars.${name}`, value.ok ? value.value : { value: '', versioned: false });
  };
  for (const name of Object.keys(spec.vars)) resolve(name);
  return resolved;
}

/** A whole reference, or the opening of a malformed one. */
const REFERENCE = /\$\{\{\s*([A-Za-z0-9._-]+)\s*\}\}|\$\{\{/g;

/** The names that a text refers to, in order, repeats included. */
export function referencesIn(text: string): readonly string[] {
  return [...text.matchAll(REFERENCE)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}

/** Characters that variables may put into one text: Linux passes no longer argument to a process. Variables that double each other would otherwise take all memory within thirty lines. */
const PUT_IN_AT_MOST = 131_072;

/** Replaces every `${{name}}`. The error is every undefined or malformed one, or that all are too long together, at the position of the text. */
export function substitute(text: Text, variables: Variables): Result<Substituted, readonly SpecProblem[]> {
  const problems: SpecProblem[] = [];
  let versioned = false;
  let putIn = 0;
  const value = text.value.replace(REFERENCE, (written, name: string | undefined) => {
    if (name === undefined) {
      problems.push({ rule: 'undefined-variable', message: 'malformed reference after `${{`', at: text.at, remedy: 'write ${{name}}' });
      return written;
    }
    const variable = variables.get(name);
    if (!variable) problems.push(undefinedVariable(name, text.at, variables));
    versioned ||= variable?.versioned ?? false;
    putIn += variable?.value.length ?? 0;
    return putIn > PUT_IN_AT_MOST ? '' : (variable?.value ?? '');
  });
  if (putIn > PUT_IN_AT_MOST)
    problems.push({
      rule: 'too-long',
      message: `variables put more than ${PUT_IN_AT_MOST} characters in here`,
      at: text.at,
      remedy: 'write less into them',
    });
  return problems.length ? fail(problems) : ok({ value, versioned });
}

function undefinedVariable(name: string, at: Position, variables: Variables): SpecProblem {
  const known = [...variables.keys()];
  const near = nearestKey(name, known);
  const groups = [...new Set(known.map((each) => each.split('.')[0]!))].map((group) => `${group}.*`);
  const remedy = near ? `did you mean \${{${near}}}?` : `known here: ${groups.join(', ')}`;
  return { rule: 'undefined-variable', message: `undefined variable \${{${name}}}`, at, remedy };
}
