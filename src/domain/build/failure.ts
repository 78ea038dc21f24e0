import type { FailureClass } from '../check/verdict';
import type { CompiledSpec } from './compiled-spec';

/** A build or test that did not end well, as it was seen. */
export interface FailedRun {
  /** The last lines of the log, newest last; 400 are enough. */
  readonly lines: readonly string[];
  readonly timedOut: boolean;
  /** The limit that was passed, for the message. */
  readonly timeoutSeconds: number;
  /** A test that runs out of time is luck before it is a bug. */
  readonly kind: 'build' | 'test';
  /** `steps` of the compiled spec; absent for tests, whose steps have other names. */
  readonly steps?: CompiledSpec['steps'];
}

export interface ClassifiedFailure {
  readonly class: FailureClass;
  /** One line of 300 characters at most. */
  readonly summary: string;
  /** As a person finds it in the spec; absent when no step had begun. */
  readonly step?: string;
  /** Of class infrastructure, where the build or test may have brought it on itself: then trying again for ever does not help. */
  readonly byItself?: true;
}

interface Rule {
  readonly class: FailureClass;
  readonly byItself?: true;
  readonly pattern: RegExp;
  readonly says: (line: string) => string;
  /** How many of the last lines may show it; the whole excerpt unless given. */
  readonly within?: number;
}

/** In this order, the first that is seen decides. What a machine lacks comes before what it made fail. */
const RULES: readonly Rule[] = [
  {
    class: 'infrastructure',
    within: 60,
    pattern: /no space left on device|disk quota exceeded/i,
    says: () => 'the disk is full: free space below the state folder',
  },
  {
    class: 'infrastructure',
    byItself: true,
    within: 60,
    pattern: /cannot allocate memory|out of memory|Killed signal terminated program|virtual memory exhausted/i,
    says: (line) => `the machine ran out of memory: ${line}`,
  },
  {
    class: 'infrastructure',
    byItself: true,
    within: 3,
    pattern: /exit status 137$/,
    says: () => 'a process was killed, most likely for want of memory: give the builder more, or fewer builds at a time',
  },
  { class: 'real', within: 10, pattern: /^bwrap: execvp .*/, says: (line) => `the environment has no shell or not that command: ${line}` },
  { class: 'infrastructure', within: 10, pattern: /^bwrap: /, says: (line) => `the sandbox does not start: ${line}` },
  {
    class: 'infrastructure',
    within: 10,
    pattern: /unable to run containers using bubblewrap/,
    says: () => 'the sandbox does not start: bubblewrap cannot make user namespaces on this machine',
  },
  {
    class: 'infrastructure',
    byItself: true,
    within: 60,
    pattern: /too many open files/i,
    says: (line) => `the machine failed: ${line}`,
  },
  {
    class: 'infrastructure',
    within: 60,
    pattern: /input\/output error|read-only file system: .*\/mnt/i,
    says: (line) => `the machine failed: ${line}`,
  },
  { class: 'real', within: 3, pattern: /linter "[^"]+" failed/, says: (line) => line },
  { class: 'real', within: 3, pattern: /solving "[^"]+" constraint/, says: (line) => line },
  {
    class: 'real',
    pattern: /temporary failure in name resolution|network is unreachable|unable to resolve host|could not resolve host/i,
    says: (line) =>
      `it tried to reach the network, which builds and tests do not have (name what it needs as a source of the spec): ${line}`,
  },
];

const LUCK = /\b(time[d]? ?out|address already in use|text file busy|connection reset by peer|resource temporarily unavailable)\b/i;
const TESTING = /\b(tests?|check|ctest|unittests?)\b/i;
/** How compilers, linkers, shells and test suites begin to complain: the first such line is the cause, what follows are consequences. */
const CAUSE = /\b(?:error|fatal)(?:\[[^\]]*\])?: |: command not found|: not found$|undefined reference|^FAIL\b|^not ok\b/i;
/** What may also stand in the log of a good build. */
const HINT = /No such file or directory|\bFAILED\b|assertion .*failed/i;
const STEP = /^running step "(.*)"$/;
const SUBPACKAGE = /^running (?:test )?pipeline for subpackage (\S+)$/;
const NOISE = /^make(\[\d+\])?: |^failed to (build|test) package|^ERROR: failed to test package/;

/** Whose turn it is when a build or test failed: the machine's, luck's, or a person's; with one line that says why. */
export function classifyFailure(run: FailedRun): ClassifiedFailure {
  const lines = run.lines.map(bare).filter((line) => line !== '');
  const step = failedStep(run.lines, run.steps);
  const at = step === undefined ? {} : { step };
  const where = step === undefined ? '' : ` in step "${step}"`;
  const report = (kind: FailureClass, text: string, byItself?: true): ClassifiedFailure => ({
    class: kind,
    summary: clip(text),
    ...at,
    ...(byItself ? { byItself } : {}),
  });

  if (run.timedOut) {
    const testing = run.kind === 'test' || TESTING.test(step ?? '');
    return report(testing ? 'flaky' : 'real', `stopped after ${run.timeoutSeconds} s${where}: its limit in millrace.yaml`);
  }
  for (const rule of RULES) {
    const seen = lines.slice(-(rule.within ?? lines.length)).findLast((line) => rule.pattern.test(line));
    if (seen !== undefined) return report(rule.class, `${rule.says(seen)}${seen.includes('constraint') ? '' : where}`, rule.byItself);
  }
  const last = lines.at(-1) ?? 'it wrote nothing';
  if (!/^(failed to (build|test) package|ERROR|Error)/.test(last) && !lines.some((line) => /^failed to (build|test) package/.test(line)))
    return report('infrastructure', `melange ended without saying why${where}; its last line: ${last}`, true);
  const status = /exit status (\d+)$/.exec(last);
  if (!status) return report('real', last.replace(/^failed to (build|test) package: /, ''));
  const began = lines.findLastIndex((line) => STEP.test(line)) + 1;
  const spoken = lines.slice(Math.max(began, lines.length - 60)).filter((line) => !NOISE.test(line));
  const complaint =
    spoken.find((line) => CAUSE.test(line)) ?? spoken.findLast((line) => HINT.test(line)) ?? lastError(run.lines, spoken) ?? spoken.at(-1);
  const text = `${step === undefined ? 'a step' : `step "${step}"`} ended with ${status[0]}${complaint ? `: ${complaint}` : ''}`;
  const luck = (run.kind === 'test' || TESTING.test(step ?? '')) && lines.slice(-60).some((line) => LUCK.test(line));
  return report(luck ? 'flaky' : 'real', text);
}

/** The last of these lines that was written to standard error: the two streams reach the log out of order. */
function lastError(raw: readonly string[], lines: readonly string[]): string | undefined {
  const errors = new Set(raw.filter((line) => /^\S+ \S+ WARN /.test(line)).map(bare));
  return lines.findLast((line) => errors.has(line));
}

/** A line of melange's log without its time, its level and the subpackage that it appends. */
export function bare(line: string): string {
  return line
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (?:DEBU|INFO|WARN|ERRO)\w* /, '')
    .replace(/ subpackage=\S+$/, '')
    .trimEnd();
}

/** Steps that melange announced in its log, in order, with the package whose pipeline it was; the origin's is undefined. */
export function announcedSteps(lines: readonly string[]): readonly { readonly package: string | undefined; readonly step: string }[] {
  let scope: string | undefined;
  const announced: { readonly package: string | undefined; readonly step: string }[] = [];
  for (const line of lines.map(bare)) {
    scope = SUBPACKAGE.exec(line)?.[1] ?? scope;
    const step = STEP.exec(line)?.[1];
    if (step !== undefined) announced.push({ package: scope, step });
  }
  return announced;
}

/** The subpackage whose tests ran last; undefined for the origin's. */
export function testedPackage(lines: readonly string[]): string | undefined {
  return lines.map(bare).reduce<string | undefined>((last, line) => SUBPACKAGE.exec(line)?.[1] ?? last, undefined);
}

/**
 * The step that was running at the end of the log. melange announces only steps that have a name or use a pipeline: where an unnamed one follows
 * the last announced it may have been either, and unless that one runs tests, which fail most, both are named.
 */
function failedStep(lines: readonly string[], steps: CompiledSpec['steps'] | undefined): string | undefined {
  const announced = announcedSteps(lines);
  const last = announced.at(-1);
  if (last === undefined) return undefined;
  const inside = last.package === undefined ? '' : ` of ${last.package}`;
  const planned = steps?.[last.package ?? Object.keys(steps)[0] ?? ''] ?? [];
  const occurrence = announced.filter((item) => item.package === last.package && item.step === last.step).length;
  const index = nthIndex(planned, last.step, occurrence);
  const ambiguous = index >= 0 && index + 1 < planned.length && planned[index + 1] === undefined && !TESTING.test(last.step);
  return `${last.step}${ambiguous ? ' or the unnamed one after it' : ''}${inside}`;
}

function nthIndex(list: readonly (string | undefined)[], value: string, occurrence: number): number {
  let left = occurrence;
  return list.findIndex((item) => item === value && (left -= 1) === 0);
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}

/** Tries that what may pass by itself is given before a person sees it. */
const PATIENCE = 3;

/** Whether to try again without asking anybody; `attempt` counts from 1. */
export function isTriedAgain(failure: ClassifiedFailure, attempt: number): boolean {
  return failure.class === 'infrastructure' && !(failure.byItself && attempt > PATIENCE);
}
