import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { ok, type Result } from '../result';
import { expandSpec, type ExpandedPackage, type ExpandedStep, type Expansion, type Need } from './expand';
import type { SpecProblem } from './problem';
import { readSpec } from './read';
import { DEFINITIONS } from './schema';
import { substitute, type Variables } from './substitute';
import { isAbsent, parseTree } from './tree';

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };
type Entries = Readonly<Record<string, Plain>>;

/**
 * The expanded spec as plain data in the spelling of a spec, in the form that `melange compile` gives: subpackages once for each item of their range, variables put
 * in, the steps of a pipeline under the `uses` that names it, and in `environment` and `test.environment` everything that the steps which run there need.
 */
export function showSpec(text: string, file: string, expansion: Expansion): Result<Entries, readonly SpecProblem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const expanded = expandSpec(read.value, expansion);
  if (!expanded.ok) return expanded;
  const tree = parseTree(text, file);
  if (!tree.ok) return tree;
  const { root } = tree.value;
  const spec = expanded.value;
  const top = entriesOf('Configuration', root, spec.variables);
  const written = listOf(root, 'subpackages');
  return ok({
    package: { ...(top['package'] as Entries), ...dependenciesOf(spec, top['package'] as Entries) },
    environment: withPackages(top['environment'], spec.environment),
    ...kept(top, ['capabilities', 'vars', 'var-transforms', 'options']),
    ...(spec.pipeline.length ? { pipeline: spec.pipeline.map(stepOf) } : {}),
    ...(spec.subpackages.length
      ? {
          subpackages: spec.subpackages.map((subpackage) => {
            const own = entriesOf('Subpackage', written[subpackage.source]!, subpackage.variables);
            return {
              name: subpackage.name,
              ...kept(own, ['if', 'description', 'annotations', 'url', 'commit', 'options', 'scriptlets', 'checks', 'setcap']),
              ...dependenciesOf(subpackage, own),
              ...(subpackage.pipeline.length ? { pipeline: subpackage.pipeline.map(stepOf) } : {}),
              ...testOf(subpackage, own['test'], subpackage.name),
            };
          }),
        }
      : {}),
    ...kept(top, ['update']),
    ...testOf(spec, top['test'], spec.name),
  });
}

function kept(entries: Entries, keys: readonly string[]): Entries {
  return Object.fromEntries(keys.flatMap((key) => (entries[key] === undefined ? [] : [[key, entries[key]]])));
}

function dependenciesOf(expanded: ExpandedPackage, own: Entries): Entries {
  if (own['dependencies'] === undefined) return {};
  const { runtime, provides, replaces } = expanded.dependencies;
  const lists = Object.entries({ runtime, provides, replaces })
    .filter(([, list]) => list.length)
    .map(([key, list]) => [key, list.map(({ value }) => value)]);
  return { dependencies: { ...(own['dependencies'] as Entries), ...(Object.fromEntries(lists) as Entries) } };
}

/** A test installs what it tests. */
function testOf(expanded: ExpandedPackage, own: Plain | undefined, name: string): Entries {
  if (!expanded.test) return {};
  const { environment, pipeline } = expanded.test;
  const packages = [...new Set([...environment.map((need) => need.package), name])].sort();
  const written = ((own as Entries | undefined)?.['environment'] ?? {}) as Entries;
  return {
    test: {
      environment: { ...written, contents: { ...((written['contents'] ?? {}) as Entries), packages } },
      ...(pipeline.length ? { pipeline: pipeline.map(stepOf) } : {}),
    },
  };
}

function withPackages(environment: Plain | undefined, needs: readonly Need[]): Entries {
  const own = (environment ?? {}) as Entries;
  return { ...own, contents: { ...((own['contents'] ?? {}) as Entries), packages: needs.map((need) => need.package) } };
}

function stepOf(step: ExpandedStep): Entries {
  return {
    ...(step.if === undefined ? {} : { if: step.if }),
    ...(step.name === undefined ? {} : { name: step.name }),
    ...(step.uses === undefined ? {} : { uses: step.uses }),
    ...(Object.keys(step.with).length ? { with: step.with } : {}),
    ...(step.runs === undefined ? {} : { runs: step.runs }),
    ...(step.label === undefined ? {} : { label: step.label }),
    ...(step.requiredSteps === undefined ? {} : { assertions: { 'required-steps': step.requiredSteps } }),
    ...(step.workingDirectory === undefined ? {} : { 'working-directory': step.workingDirectory }),
    ...(Object.keys(step.environment).length ? { environment: step.environment } : {}),
    ...(step.pipeline.length ? { pipeline: step.pipeline.map(stepOf) } : {}),
  };
}

function listOf(root: YAMLMap, key: string): readonly YAMLMap[] {
  const value = root.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
  return isSeq(value) ? value.items.filter(isMap) : [];
}

/** Values of a definition in their types, with the variables put in that are known; absent ones and pipelines are left out. */
function entriesOf(definition: string, node: YAMLMap, variables: Variables): Entries {
  const { fields } = DEFINITIONS[definition]!;
  return Object.fromEntries(
    node.items.flatMap((pair) => {
      const key = String((pair.key as { value: unknown }).value);
      const type = fields[key];
      if (type === undefined || type.startsWith('Pipeline') || isAbsent(pair.value)) return [];
      return [[key, plainOf(type, pair.value, variables)]];
    }),
  );
}

function plainOf(type: string, node: unknown, variables: Variables): Plain {
  if (isSeq(node)) return node.items.filter((item) => !isAbsent(item)).map((item) => plainOf(type.slice(0, -2), item, variables));
  if (isMap(node)) {
    if (!type.endsWith('{}')) return entriesOf(type, node, variables);
    const values = node.items.map((pair) => [
      String((pair.key as { value: unknown }).value),
      plainOf(type.slice(0, -2), pair.value, variables),
    ]);
    return Object.fromEntries(values) as Entries;
  }
  const written = isScalar(node) && !isAbsent(node) ? String(node.value) : '';
  if (type === 'boolean') return written.toLowerCase() === 'true';
  if (type === 'natural') return Number(written);
  const replaced = substitute({ value: written, at: { file: '', line: 0, column: 0 } }, variables);
  return replaced.ok ? replaced.value.value : written;
}
