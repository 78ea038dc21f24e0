import { markdownCell, markdownCode } from '../text/clamp';
import { moment } from '../text/moment';
import type { TestOutcome } from './suite-run';

/** What `image-test:…` shows: a suite on one variant while it runs. */
export interface ImageTestView {
  readonly image: string;
  readonly suite: string;
  readonly variant: string;
  readonly digest: string;
  readonly attempt: number;
  /** Not yet begun. */
  readonly waiting: number;
  readonly running: readonly RunningTest[];
  readonly outcomes: readonly TestOutcome[];
  /** Why tests cannot be run here, and architectures named as untested. */
  readonly impossible: readonly string[];
  readonly untested: readonly string[];
}

export interface RunningTest {
  readonly test: string;
  readonly architecture: string;
  /** ISO 8601. */
  readonly since: string;
  /** When all its tries must have ended (ISO 8601). */
  readonly until: string;
  /** It has ended, and its sandbox stands until `until`. */
  readonly paused?: { readonly look: string; readonly passed: boolean };
}

/** How a person ends the pause of a suite. */
export const endPauseCommand = ({ image, suite }: Pick<ImageTestView, 'image' | 'suite'>) =>
  `millrace image test ${image} --end-pause ${suite}`;

/** Current details of `image-test:…`, in Markdown: what runs and until when, how to look into a sandbox that is kept, and how tests ended. */
export function imageTestDetails(view: ImageTestView): string {
  const { image, suite, variant, digest, running, waiting, outcomes, impossible, untested } = view;
  const paused = running.filter((test) => test.paused);
  return [
    `### ${markdownCell(suite)} on ${markdownCell(image)}${variant === '' ? '' : ` (${markdownCell(variant)})`}: ${standing(view)}`,
    markdownCode(digest),
    ...paused.map(({ test, until, paused: kept }) =>
      [
        `**The sandbox of ${markdownCell(test)} stands until ${moment(until)}.** Look into it, or let it go:`,
        ['```', kept!.look, endPauseCommand(view), '```'].join('\n'),
        'Or on this page: More Actions, Send an Update, `end-pause` with `{"by": "your name"}`.',
      ].join('\n\n'),
    ),
    ...list('Runs', [
      ...running
        .filter((test) => !test.paused)
        .map(
          ({ test, architecture, since, until }) =>
            `${markdownCell(test)} on ${markdownCell(architecture)} since ${moment(since)}, until ${moment(until)} at most; its last line is under Pending Activities`,
        ),
      ...(waiting > 0 ? [`${waiting} more are to come`] : []),
    ]),
    ...list('Cannot be run', impossible.map(markdownCell)),
    ...list('Untested', untested.map(markdownCell)),
    ...list(
      'Ended',
      outcomes.map(
        ({ test, architecture, passed, tries, wrong }) =>
          `${passed ? 'passed' : '**failed**'}${tries > 1 ? ` on try ${tries}` : ''}: ${markdownCell(test)} on ${markdownCell(architecture)}${wrong.length > 0 ? `: ${markdownCell(wrong.join('; '))}` : ''}`,
      ),
    ),
  ].join('\n\n');
}

/** Where a suite stands, in a few words. */
export function standing({ running, waiting, outcomes }: ImageTestView): string {
  const paused = running.filter((test) => test.paused).length;
  if (paused > 0) return 'paused for a person';
  const failed = outcomes.filter(({ passed }) => !passed).length;
  const ended = `${outcomes.length} of ${outcomes.length + running.length + waiting} tests ended`;
  return failed === 0 ? ended : `${ended}, ${failed} failed`;
}

const list = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`### ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`];
