import { isMap, isScalar, type YAMLMap } from 'yaml';
import { fail, ok, type Result } from '../result';
import { checkForm } from './check-form';
import type { SpecProblem } from './problem';
import { stepOf } from './read';
import type { Located, Step } from './spec';
import { isAbsent, locate, parseTree, type SpecTree } from './tree';

/** What a pipeline takes under `with:`. */
export interface PipelineInput {
  readonly required: boolean;
  readonly default?: Located;
}

/** A pipeline that steps name with `uses:`: one YAML file, which is a step that may have inputs. */
export interface PipelineDefinition {
  readonly file: string;
  readonly inputs: Readonly<Record<string, PipelineInput>>;
  readonly step: Step;
}

/** The pipelines that specs may use, by the name after `uses:` (`go/build`). */
export interface Pipelines {
  /** `unreadable`: its file is there, with defects that `readPipeline` tells. */
  get(uses: string): PipelineDefinition | 'unreadable' | undefined;
  names(): readonly string[];
}

/** Reads the file of a pipeline strictly. The error is every defect of its form, each with its position. */
export function readPipeline(text: string, file: string): Result<PipelineDefinition, readonly SpecProblem[]> {
  const parsed = parseTree(text, file);
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  const problems = checkForm(tree, 'PipelineFile');
  if (problems.length) return fail(problems);
  return ok({ file, inputs: inputsOf(tree), step: stepOf(tree, tree.root) });
}

function inputsOf(tree: SpecTree): Readonly<Record<string, PipelineInput>> {
  const inputs = valueOf(tree.root, 'inputs');
  if (!isMap(inputs)) return {};
  return Object.fromEntries(inputs.items.map((pair) => [String((pair.key as { value: unknown }).value), inputOf(tree, pair.value)]));
}

function inputOf(tree: SpecTree, node: unknown): PipelineInput {
  if (!isMap(node)) return { required: false };
  const required = valueOf(node, 'required');
  const fallback = valueOf(node, 'default');
  const located = isAbsent(fallback) ? undefined : locate(tree, fallback);
  return {
    required: isScalar(required) && /^true$/i.test(String(required.value)),
    ...(located ? { default: located } : {}),
  };
}

function valueOf(node: YAMLMap, key: string): unknown {
  return node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
}

/** Pipelines of one's own before those that are built into melange, as melange looks them up. */
export function layered(own: ReadonlyMap<string, PipelineDefinition | 'unreadable'>, builtIn: Pipelines): Pipelines {
  return {
    get: (uses) => own.get(uses) ?? builtIn.get(uses),
    names: () => [...new Set([...own.keys(), ...builtIn.names()])],
  };
}
