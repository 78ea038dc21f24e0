import type { Position } from '../result';
import type { Spec, Step } from './spec';
import { substitute, variablesOf } from './substitute';

/** A file that a `patch` step applies; `series` is a quilt file that lists patches. */
export interface PatchReference {
  readonly file: string;
  readonly kind: 'patch' | 'series';
  /** Of the value that names it. */
  readonly at: Position;
}

/** A file of a `patch` step with its step and, in the step's value, the word as written. */
export interface PatchWord extends PatchReference {
  readonly step: Step;
  readonly word: string;
}

/**
 * The patch files of the main pipeline and the subpackages in the order in which the steps stand, relative to the spec's source folder
 * (a leading `${{package.srcdir}}/` says the same and is left out). Other variables that cannot be known here stay as written.
 */
export function patchesOf(spec: Spec): readonly PatchReference[] {
  return patchWordsOf(spec).map(({ file, kind, at }) => ({ file, kind, at }));
}

/** `patchesOf`, each with the step that names it. */
export function patchWordsOf(spec: Spec): readonly PatchWord[] {
  const variables = variablesOf(spec);
  const pipelines = [spec.pipeline, ...spec.subpackages.map((subpackage) => subpackage.pipeline)];
  return pipelines.flatMap(patchSteps).flatMap((step) => {
    // As melange does: a series leaves `patches` unread.
    const kind: PatchReference['kind'] = step.with['series']?.value.trim() ? 'series' : 'patch';
    const text = kind === 'series' ? step.with['series']! : step.with['patches'];
    if (!text) return [];
    return wordsOf(text.value).map((word): PatchWord => {
      const inFolder = word.replace(/^\$\{\{\s*package\.srcdir\s*\}\}\//, '');
      const known = variables.ok ? substitute({ value: inFolder, at: text.at }, variables.value) : variables;
      const file = known.ok ? known.value.value : inFolder;
      return { file, kind, at: text.at, step, word };
    });
  });
}

function patchSteps(pipeline: readonly Step[]): readonly Step[] {
  return pipeline.flatMap((step) => [...(step.uses?.value === 'patch' ? [step] : []), ...patchSteps(step.pipeline)]);
}

/** melange splits at white space and skips words that start with `#`; a reference may contain spaces. */
function wordsOf(text: string): readonly string[] {
  return (text.match(/(?:\$\{\{.*?\}\}|\S)+/g) ?? []).filter((word) => !word.startsWith('#'));
}
