import { setTimeout as sleep } from 'node:timers/promises';
import { ENTRYPOINT_SUITE } from '../../domain/image/gate';
import { lacking } from '../../domain/image/expected';
import { isServer, type ContainerTest, type HttpExpectation } from '../../domain/image/suite';
import type { TestOutcome } from '../../domain/image/suite-run';
import { lastLines } from '../../domain/text/last-lines';
import type { Inside } from './inside';
import type { OutputLog } from './output-log';
import type { ContainerReport, ContainerRun, PulledImage } from './podman';

/** How one test ended; its log is the caller's. */
export type ContainerOutcome = Omit<TestOutcome, 'architecture' | 'log' | 'kept'>;

export interface ContainerTestOptions {
  readonly signal?: AbortSignal;
  /** Gets what is done, and the output as it comes. */
  readonly log: OutputLog;
  /** Told of every step. */
  say(line: string): void;
}

const ASK_AGAIN_MS = 500;

/**
 * Runs one test in a container; one that fails is run again as often as it says. A test that expects ports or HTTP is of a server: it is asked until all is as expected, and then stopped.
 * Throws the retryable `Infrastructure`.
 */
export async function runContainerTest(test: ContainerTest, image: PulledImage, options: ContainerTestOptions): Promise<ContainerOutcome> {
  const note = noteIn(options);
  let seconds = 0;
  for (let tries = 1; ; tries++) {
    note(`${test.name}, try ${tries}: ${[...(test.entrypoint ?? []), ...test.command].join(' ') || '(no arguments)'}`);
    const { report, unmet } = await runOnce(test, image, options);
    seconds += report.seconds;
    const wrong = unexpected(test, report, unmet);
    note(wrong.length === 0 ? 'as expected' : wrong.join('; '));
    if (wrong.length > 0 && tries <= test.retries) continue;
    return { test: test.name, passed: wrong.length === 0, tries, wrong, seconds, output: outputOf(report) };
  }
}

async function runOnce(
  test: ContainerTest,
  image: PulledImage,
  options: ContainerTestOptions,
): Promise<{ readonly report: ContainerReport; readonly unmet: readonly string[] }> {
  const { network, timeoutSeconds, command, entrypoint } = test;
  let unmet: readonly string[] = [];
  const asking = async (inside: Inside, ended: AbortSignal): Promise<void> => {
    for (;;) {
      const found = await unmetBy(test, inside);
      if (found.length === 0) return;
      options.say(`${test.name}: ${found[0]}`);
      await sleep(ASK_AGAIN_MS, undefined, { signal: ended });
      // Not what was found of a container that was just ending.
      unmet = found;
    }
  };
  const report = await image.run({
    ...{ arguments: command, network, timeoutSeconds },
    ...(entrypoint ? { entrypoint } : {}),
    ...(isServer(test) ? { meanwhile: asking } : {}),
    ...common(options),
  });
  return { report, unmet };
}

/** What of its ports and HTTP a server does not do now, a sentence each. */
async function unmetBy({ expect }: ContainerTest, inside: Inside): Promise<readonly string[]> {
  const unmet: string[] = [];
  for (const port of expect.ports) {
    const refusal = await inside.refusal(port);
    if (refusal !== undefined) unmet.push(`port ${port} accepts no connection: ${refusal}`);
  }
  for (const http of expect.http) unmet.push(...(await unmetHttp(http, inside)));
  return unmet;
}

async function unmetHttp({ port, path, status, body }: HttpExpectation, inside: Inside): Promise<readonly string[]> {
  const answer = await inside.get(port, path);
  const what = `GET :${port}${path}`;
  if (answer.kind === 'none') return [`${what}: ${answer.why}`];
  if (answer.status !== status) return [`${what} answers ${answer.status}, not ${status}`];
  return body ? lacking(body, answer.body, `the body of ${what}`) : [];
}

function unexpected(test: ContainerTest, report: ContainerReport, unmet: readonly string[]): readonly string[] {
  const { expect, timeoutSeconds } = test;
  const server = isServer(test);
  const late = report.timedOut ? [`it ran for more than ${timeoutSeconds} s`] : [];
  if (server && !report.stopped) return [...unmet, ...(report.timedOut ? late : [`the server ended with code ${report.code}`])];
  if (report.timedOut) return late;
  return [
    ...(server || report.code === expect.exit ? [] : [`it ended with code ${report.code}, not ${expect.exit}`]),
    ...(expect.stdout ? lacking(expect.stdout, report.stdout, 'standard output') : []),
    ...(expect.stderr ? lacking(expect.stderr, report.stderr, 'standard error') : []),
  ];
}

const SNIFF_SECONDS = 5;
const SNIFFS = [[], ['--version'], ['--help']] as const;

/** For an image without suites: its entrypoint starts. It ends well as it is, with `--version` or with `--help`, or still runs after five seconds, as a server does. */
export async function sniffEntrypoint(image: PulledImage, options: ContainerTestOptions): Promise<ContainerOutcome> {
  const note = noteIn(options);
  let seconds = 0;
  for (let tries = 1; ; tries++) {
    const arguments_ = SNIFFS[tries - 1]!;
    note(`the entrypoint with ${arguments_.join(' ') || 'no arguments'}`);
    const last = await image.run({ arguments: arguments_, network: false, timeoutSeconds: SNIFF_SECONDS, ...common(options) });
    seconds += last.seconds;
    const passed = last.code === 0 || (tries === 1 && last.timedOut);
    if (!passed && tries < SNIFFS.length) continue;
    const wrong = passed ? [] : [`it ended with code ${last.code}, also with --version and --help: write a suite that says how it is used`];
    note(passed ? 'it starts' : wrong.join('; '));
    return { test: ENTRYPOINT_SUITE, passed, tries: 1, wrong, seconds, output: outputOf(last) };
  }
}

function common({ signal, log }: ContainerTestOptions): Pick<ContainerRun, 'signal' | 'onOutput'> {
  return { ...(signal ? { signal } : {}), onOutput: log.write };
}

function noteIn({ log, say }: ContainerTestOptions): (line: string) => void {
  return (line) => {
    say(line);
    log.write(`millrace: ${line}\n`);
  };
}

function outputOf({ stdout, stderr }: ContainerReport): readonly string[] {
  return lastLines(`${stdout}\n${stderr}`);
}
