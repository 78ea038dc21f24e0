import { nearestKey } from './nearest-key';
import type { Pipelines } from './pipeline';
import type { SpecProblem } from './problem';
import type { Located, Step } from './spec';

/** Of pipelines that use others: every `uses` of a pipeline that is not there, and every circle once, at the `uses` that closes it. */
export function checkPipelines(names: readonly string[], pipelines: Pipelines): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const done = new Set<string>();
  const visit = (name: string, around: readonly string[]): void => {
    const definition = pipelines.get(name);
    if (!definition || definition === 'unreadable') return;
    const inside = [...around, name];
    for (const uses of usesOf(definition.step)) {
      if (inside.includes(uses.value)) {
        const circle = [...inside.slice(inside.indexOf(uses.value)), uses.value].join(' -> ');
        problems.push({
          rule: 'pipeline-cycle',
          message: `the pipelines use each other in a circle: ${circle}`,
          at: uses.at,
          remedy: 'remove one of the `uses`',
        });
      } else if (!pipelines.get(uses.value)) {
        const near = nearestKey(uses.value, pipelines.names());
        problems.push({
          rule: 'unknown-pipeline',
          message: `there is no pipeline ${uses.value}`,
          at: uses.at,
          remedy: near ? `did you mean ${near}?` : `write it as pipelines/${uses.value}.yaml beside the specs`,
        });
      } else if (!done.has(uses.value)) visit(uses.value, inside);
    }
    done.add(name);
  };
  for (const name of names) if (!done.has(name)) visit(name, []);
  return problems;
}

function usesOf(step: Step): readonly Located[] {
  return [...(step.uses && !step.pipeline.length ? [step.uses] : []), ...step.pipeline.flatMap(usesOf)];
}
