import type { Spec, Step } from './spec';

const NAMED = /upstream tests?/i;
/** A line that starts the test suite of the usual build systems, whatever comes before it (`cd build &&`, variables). */
const COMMAND =
  /^(?:.*&&\s*)?(?:[A-Z_]+=\S*\s+)*(?:make\s+(?:\S+\s+)*(?:check|test)\b|ctest\b|ninja\s+(?:\S+\s+)*test\b|meson\s+test\b|cargo\s+test\b|go\s+test\b|npm\s+(?:run\s+)?test\b|(?:python3?\s+-m\s+)?pytest\b)/;

/**
 * The step of the main pipeline that runs the upstream's own tests: the first whose name says "upstream test(s)", else the first whose commands start a usual test runner.
 * Its name, or where it has none the line that starts the tests.
 */
export function upstreamTestStep(spec: Spec): string | undefined {
  const steps = allSteps(spec.pipeline);
  const named = steps.find((step) => step.name && NAMED.test(step.name.value));
  if (named) return named.name!.value;
  for (const step of steps) {
    const line = step.runs?.value
      .split('\n')
      .map((text) => text.trim())
      .find((text) => COMMAND.test(text));
    if (line) return step.name?.value ?? line;
  }
  return undefined;
}

function allSteps(pipeline: readonly Step[]): readonly Step[] {
  return pipeline.flatMap((step) => [step, ...allSteps(step.pipeline)]);
}
