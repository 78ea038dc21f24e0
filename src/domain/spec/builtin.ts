import { BUILTIN_PIPELINES } from './builtin-pipelines';
import { readPipeline, type PipelineDefinition, type Pipelines } from './pipeline';

const read = new Map<string, PipelineDefinition>();

/** The pipelines of the pinned melange; each is parsed when it is first asked for. */
export const builtInPipelines: Pipelines = {
  get(uses) {
    const text = Object.hasOwn(BUILTIN_PIPELINES, uses) ? BUILTIN_PIPELINES[uses] : undefined;
    if (text === undefined) return undefined;
    const known = read.get(uses);
    if (known) return known;
    const definition = readPipeline(text, `melange/pipelines/${uses}.yaml`);
    if (!definition.ok) throw new Error(`the built-in pipeline ${uses} cannot be read: ${definition.error[0]!.message}`);
    read.set(uses, definition.value);
    return definition.value;
  },
  names: () => Object.keys(BUILTIN_PIPELINES),
};
