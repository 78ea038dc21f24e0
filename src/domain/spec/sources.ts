import { fail, ok, type Problem, type Result } from '../result';
import type { CherryPick, Located, SourceReference, Spec, Step } from './spec';
import { substitute, variablesOf, withRangeItem, type Substituted, type VersionChoice, type Variables } from './substitute';

/** A source with the step that names it, for edits. */
export interface SourceStep {
  readonly source: SourceReference;
  readonly step: Step;
}

/**
 * The sources that a build of the spec reads: `fetch` and `git-checkout` steps of the main pipeline and of the subpackages (once for each item of a `range`),
 * nested ones included and those of every branch of an `if`: a source that only one architecture needs is a source.
 */
export function sourcesOf(spec: Spec, choice: VersionChoice = {}): Result<readonly SourceReference[], readonly Problem[]> {
  const steps = sourceStepsOf(spec, choice);
  return steps.ok ? ok(steps.value.map(({ source }) => source)) : steps;
}

/** `sourcesOf`, each with its step. */
export function sourceStepsOf(spec: Spec, choice: VersionChoice = {}): Result<readonly SourceStep[], readonly Problem[]> {
  const variables = variablesOf(spec, choice);
  if (!variables.ok) return variables;
  const sources: SourceStep[] = [];
  const problems: Problem[] = [];
  for (const [pipeline, known] of pipelinesOf(spec, variables.value)) {
    for (const step of sourceStepsIn(pipeline)) {
      const source = step.uses!.value === 'fetch' ? fetchOf(step, known) : checkoutOf(step, known);
      if (source.ok) sources.push({ source: source.value, step });
      else problems.push(...source.error);
    }
  }
  return problems.length ? fail(problems) : ok(sources);
}

function* pipelinesOf(spec: Spec, variables: Variables): Generator<readonly [readonly Step[], Variables]> {
  yield [spec.pipeline, variables];
  for (const subpackage of spec.subpackages) {
    if (!sourceStepsIn(subpackage.pipeline).length) continue;
    if (!subpackage.range) {
      yield [subpackage.pipeline, variables];
      continue;
    }
    const items = Object.entries(spec.data[subpackage.range.value] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of items) yield [subpackage.pipeline, withRangeItem(variables, key, value.value)];
  }
}

function sourceStepsIn(pipeline: readonly Step[]): readonly Step[] {
  return pipeline.flatMap((step) => [
    ...(step.uses?.value === 'fetch' || step.uses?.value === 'git-checkout' ? [step] : []),
    ...sourceStepsIn(step.pipeline),
  ]);
}

function fetchOf(step: Step, variables: Variables): Result<SourceReference, readonly Problem[]> {
  const uri = required(step, 'uri', variables);
  const sha256 = given(step, 'expected-sha256', variables);
  const sha512 = given(step, 'expected-sha512', variables);
  const problems = [uri, sha256, sha512].flatMap((part) => (part.ok ? [] : part.error));
  if (!uri.ok || !sha256.ok || !sha512.ok) return fail(problems);
  return ok({
    kind: 'fetch',
    uri: uri.value.value,
    ...(sha256.value ? { sha256: sha256.value.value } : {}),
    ...(sha512.value ? { sha512: sha512.value.value } : {}),
    versioned: uri.value.versioned,
    at: step.at,
  });
}

function checkoutOf(step: Step, variables: Variables): Result<SourceReference, readonly Problem[]> {
  const repository = required(step, 'repository', variables);
  const tag = given(step, 'tag', variables);
  const branch = given(step, 'branch', variables);
  const commit = given(step, 'expected-commit', variables);
  const depth = given(step, 'depth', variables);
  const picks = given(step, 'cherry-picks', variables);
  const problems = [repository, tag, branch, commit, depth, picks].flatMap((part) => (part.ok ? [] : part.error));
  if (!repository.ok || !tag.ok || !branch.ok || !commit.ok || !depth.ok || !picks.ok) return fail(problems);
  return ok({
    kind: 'git-checkout',
    repository: repository.value.value,
    ...(tag.value ? { tag: tag.value.value } : {}),
    ...(branch.value ? { branch: branch.value.value } : {}),
    ...(commit.value ? { commit: commit.value.value } : {}),
    ...(/^(?:-1|[2-9]|[1-9]\d+)$/.test(depth.value?.value ?? '') ? { depth: Number(depth.value!.value) } : {}),
    ...(picks.value ? { picks: picksOf(picks.value.value) } : {}),
    versioned: [repository.value, tag.value, branch.value].some((part) => part?.versioned),
    at: step.at,
  });
}

/** Lines `branch/commit: comment`, as melange's git-checkout reads them; one without a branch picks from what is cloned anyway. */
function picksOf(text: string): readonly CherryPick[] {
  return text.split('\n').flatMap((line) => {
    const [, branch, commit] = /^\s*(\S+)\/([^\s/:]+)\s*:/.exec(line.replace(/#.*/, '')) ?? [];
    return branch && commit ? [{ branch, commit }] : [];
  });
}

function required(step: Step, key: string, variables: Variables): Result<Substituted, readonly Problem[]> {
  const text = step.with[key];
  if (text?.value) return trimmed(text, variables);
  return fail([{ message: `${step.uses!.value} names no ${key}`, at: step.at, remedy: `write \`${key}:\` under \`with:\`` }]);
}

function given(step: Step, key: string, variables: Variables): Result<Substituted | undefined, readonly Problem[]> {
  const text = step.with[key];
  return text?.value ? trimmed(text, variables) : ok(undefined);
}

/** Without the line end that a block scalar adds: the shell that melange hands these to drops it too. */
function trimmed(text: Located, variables: Variables): Result<Substituted, readonly Problem[]> {
  const result = substitute(text, variables);
  return result.ok ? ok({ ...result.value, value: result.value.value.trim() }) : result;
}
