import { ENTRYPOINT_SUITE } from '../../domain/image/gate';
import type { ContainerTest, OutputExpectation, Suite } from '../../domain/image/suite';
import { compileGoRegexp, goMatches } from '../../domain/spec/go-regexp';
import type { ContainerReport, PulledImage } from './podman';

/** How one test of a suite ended on one architecture. */
export interface TestOutcome {
  readonly test: string;
  readonly passed: boolean;
  /** From 1; a pass on a later one is flaky. */
  readonly tries: number;
  /** What was not as expected in the last try; empty for a pass. */
  readonly wrong: readonly string[];
  readonly last: ContainerReport;
}

/** Runs the tests of a suite in their order; one that fails is run again as often as it says. `note` is told of every try. */
export async function runSuite(
  suite: Suite,
  image: PulledImage,
  options: { readonly signal?: AbortSignal; note(line: string, report?: ContainerReport): Promise<void> },
): Promise<readonly TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  for (const test of suite.tests) if (test.kind === 'container') outcomes.push(await runTest(test, image, options));
  return outcomes;
}

async function runTest(test: ContainerTest, image: PulledImage, options: Parameters<typeof runSuite>[2]): Promise<TestOutcome> {
  const { network, timeoutSeconds, command } = test;
  for (let tries = 1; ; tries++) {
    await options.note(`${test.name}, try ${tries}: ${command.join(' ') || '(no arguments)'}`);
    const { signal } = options;
    const last = await image.run({ arguments: command, network, timeoutSeconds, ...(signal ? { signal } : {}) });
    const wrong = unexpected(test, last);
    await options.note(wrong.length === 0 ? 'as expected' : wrong.join('; '), last);
    if (wrong.length === 0 || tries > test.retries) return { test: test.name, passed: wrong.length === 0, tries, wrong, last };
  }
}

function unexpected({ expect, timeoutSeconds }: ContainerTest, report: ContainerReport): readonly string[] {
  if (report.timedOut) return [`it ran for more than ${timeoutSeconds} s`];
  return [
    ...(report.code === expect.exit ? [] : [`it ended with code ${report.code}, not ${expect.exit}`]),
    ...(expect.stdout ? lacking(expect.stdout, report.stdout, 'standard output') : []),
    ...(expect.stderr ? lacking(expect.stderr, report.stderr, 'standard error') : []),
  ];
}

function lacking({ contains, matches }: OutputExpectation, text: string, where: string): readonly string[] {
  return [
    ...contains.filter((part) => !text.includes(part)).map((part) => `${where} does not contain ${JSON.stringify(part)}`),
    ...(matches !== undefined && !found(matches, text) ? [`${where} does not match ${matches}`] : []),
  ];
}

function found(pattern: string, text: string): boolean {
  const compiled = compileGoRegexp(pattern);
  return compiled.ok && goMatches(compiled.value, text);
}

const SNIFF_SECONDS = 5;
const SNIFFS = [[], ['--version'], ['--help']] as const;

/** For an image without suites: its entrypoint starts. It ends well as it is, with `--version` or with `--help`, or still runs after five seconds, as a server does. */
export async function sniffEntrypoint(image: PulledImage, options: Parameters<typeof runSuite>[2]): Promise<TestOutcome> {
  const { signal, note } = options;
  for (let tries = 1; ; tries++) {
    const arguments_ = SNIFFS[tries - 1]!;
    const last = await image.run({ arguments: arguments_, network: false, timeoutSeconds: SNIFF_SECONDS, ...(signal ? { signal } : {}) });
    const passed = last.code === 0 || (tries === 1 && last.timedOut);
    await note(`the entrypoint with ${arguments_.join(' ') || 'no arguments'}`, last);
    if (passed || tries === SNIFFS.length) {
      const wrong = passed
        ? []
        : [`it ended with code ${last.code}, also with --version and --help: write a suite that says how it is used`];
      return { test: ENTRYPOINT_SUITE, passed, tries: 1, wrong, last };
    }
  }
}
