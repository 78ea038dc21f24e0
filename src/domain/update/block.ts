import { fail, ok, type Problem, type Result } from '../result';
import type { Spec, TagRules, UpdateBlock } from '../spec/spec';
import { substitute, variablesOf } from '../spec/substitute';

/** The `update:` block with the variables that melange replaces in it: those of the identifier and the filters, not those of `strip-*` (melange `pkg/config/config.go`, `replaceUpdate`). */
export function updateBlockOf(spec: Spec): Result<UpdateBlock | undefined> {
  const update = spec.update;
  if (!update) return ok(undefined);
  const variables = variablesOf(spec);
  if (!variables.ok) return fail(variables.error[0]!);
  const problems: Problem[] = [];
  const replace = (text: string): string => {
    const substituted = substitute({ value: text, at: update.at }, variables.value);
    if (!substituted.ok) problems.push(...substituted.error);
    return substituted.ok ? substituted.value.value : text;
  };
  const replaced: UpdateBlock = {
    ...update,
    ...(update.github
      ? { github: { ...update.github, ...filters(update.github, replace), identifier: replace(update.github.identifier) } }
      : {}),
    ...(update.git ? { git: { ...update.git, ...filters(update.git, replace) } } : {}),
    ...(update.oci ? { oci: { ...update.oci, ...filters(update.oci, replace), identifier: replace(update.oci.identifier) } } : {}),
    ...(update.releaseMonitor ? { releaseMonitor: { ...update.releaseMonitor, ...filters(update.releaseMonitor, replace) } } : {}),
  };
  return problems.length ? fail(problems[0]!) : ok(replaced);
}

function filters(rules: TagRules, replace: (text: string) => string): TagRules {
  const { tagFilter, tagFilterPrefix, tagFilterContains } = rules;
  return {
    ...(tagFilter === undefined ? {} : { tagFilter: replace(tagFilter) }),
    ...(tagFilterPrefix === undefined ? {} : { tagFilterPrefix: replace(tagFilterPrefix) }),
    ...(tagFilterContains === undefined ? {} : { tagFilterContains: replace(tagFilterContains) }),
  };
}
