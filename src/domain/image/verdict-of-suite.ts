import type { Verdict } from '../check/verdict';
import { imageCheck } from './gate';
import { suiteContent } from './suite-run';
import type { SuitePlan, SuiteRun, TestOutcome } from './suite-run';

const MOST_DETAILS = 40;
const SHOWN_LINES = 5;
const LINE = 200;

/** Name of the record of a pass: it holds for this image, and the text of this suite with its manifests. `hash` gives hexadecimal digits of a text. */
export function passKey(run: SuiteRun, hash: (text: string) => string): string {
  return `image ${run.built.digest} ${hash(`${checkOf(run)}\0${suiteContent(run)}`)}`;
}

function checkOf({ built, suite }: Pick<SuiteRun, 'built' | 'suite'>): string {
  return imageCheck(`suite-${suite}`, built.variant);
}

/** What a suite says of an image: a test that could not run is a failure, and a suite of which no architecture was to be tested is skipped. */
export function suiteVerdict(
  run: Pick<SuiteRun, 'built' | 'suite'>,
  ended: Pick<SuitePlan, 'untested' | 'impossible'> & { readonly outcomes: readonly TestOutcome[]; readonly seconds: number },
): Verdict {
  return { check: checkOf(run), seconds: ended.seconds, ...summarise(ended) };
}

function summarise({ outcomes, untested, impossible }: Parameters<typeof suiteVerdict>[1]): Omit<Verdict, 'check' | 'seconds'> {
  const failed = outcomes.filter(({ passed }) => !passed);
  const flaky = outcomes.filter(({ passed, tries }) => passed && tries > 1);
  const rest = outcomes.filter(({ passed, tries }) => passed && tries === 1);
  const all = [...impossible, ...untested, ...[...failed, ...flaky, ...rest].flatMap(told)];
  const details = all.length <= MOST_DETAILS ? all : [...all.slice(0, MOST_DETAILS - 1), `and ${all.length - MOST_DETAILS + 1} more lines`];
  const log = failed[0]?.log;
  const failure = { class: 'real' as const, ...(log === undefined ? {} : { log }), differenceToLastGood: [], alike: [] };
  if (impossible.length > 0) return { outcome: 'failed', summary: impossible[0]!, details, failure };
  if (failed.length > 0) {
    const { test, architecture, wrong } = failed[0]!;
    const more = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
    return { outcome: 'failed', summary: `${test} on ${architecture}: ${wrong[0]}${more}`, details, failure };
  }
  if (outcomes.length === 0) return { outcome: 'skipped', summary: untested.join('; '), details: [] };
  const architectures = [...new Set(outcomes.map(({ architecture }) => architecture))].join(' and ');
  const count = outcomes.length === 1 ? '1 test passed' : `${outcomes.length} tests passed`;
  const doubts = flaky.length > 0 ? `, ${flaky.length} of them flaky: failed first` : '';
  return { outcome: 'passed', summary: `${count} on ${architectures}${doubts}`, details };
}

function told({ test, architecture, passed, tries, wrong, seconds, output }: TestOutcome): readonly string[] {
  const after = tries > 1 ? ` on try ${tries}` : '';
  if (passed) return [`${architecture}: ${test}: passed${after} in ${seconds.toFixed(1)} s`];
  return [
    `${architecture}: ${test}: failed${after}: ${wrong.join('; ')}`.slice(0, 2 * LINE),
    ...output.slice(-SHOWN_LINES).map((line) => `  ${line.slice(0, LINE)}`),
  ];
}
