import { summaryLine, verdictTable } from '../check/gate';
import type { Verdict, Waiver } from '../check/verdict';
import { markdownCell, markdownCode } from '../text/clamp';
import { moment } from '../text/moment';
import { comparisonLine } from './comparison';
import type { PersonAsked } from './decision';
import type { BuildResult, Cause, Change, Comparison, DecisionRecord, ReleaseInput } from './release';

/** What the page of a release shows of it. */
export interface ReleaseStory {
  readonly release: string;
  readonly input: ReleaseInput;
  readonly stage: string;
  readonly change?: Change;
  readonly builds: readonly BuildResult[];
  readonly comparison?: Comparison;
  readonly verdicts: readonly Verdict[];
  readonly waivers: readonly Waiver[];
  readonly decisions: readonly DecisionRecord[];
  readonly refused: readonly string[];
  readonly waitingFor?: PersonAsked;
}

/** Current details of `release:…` in the Temporal UI, in Markdown: where it stands, what it waits for and the exact command to answer, verdicts, and how it came to this. */
export function releaseDetails(story: ReleaseStory): string {
  const { input } = story;
  return [
    `### ${markdownCell(input.package)} ${markdownCell(`${input.version}-r${input.epoch}`)}: ${markdownCell(story.stage)}`,
    standing(story),
    ...waiting(story),
    ...verdicts(story),
    `### How it came to this\n\n${chain(story).join('\n')}`,
  ].join('\n\n');
}

/** Static details of `release:…`: what set it off. */
export function releaseOrigin(causes: readonly Cause[]): string {
  return ['What set it off:', '', ...causes.map(causeLine)].join('\n');
}

function standing({ input, waitingFor }: ReleaseStory): string {
  const before = input.previous ? `Published before it: ${markdownCell(input.previous)}.` : 'Its first release.';
  if (!waitingFor) return before;
  const times = waitingFor.remindedTimes === 1 ? 'once' : `${waitingFor.remindedTimes} times`;
  const reminded = waitingFor.remindedTimes > 0 ? `, reminded ${times}` : '';
  return `**A person is waited for since ${moment(waitingFor.since)}${reminded}.** ${before}`;
}

function waiting({ release, waitingFor, refused }: ReleaseStory): readonly string[] {
  if (!waitingFor) return [];
  return [
    waitingFor.because.map((line) => `- ${markdownCell(line)}`).join('\n'),
    [
      'Look closer, then answer with one of:',
      '',
      '```',
      `millrace show ${release.replace(/^release:/, '')}`,
      '',
      ...waitingFor.answers,
      '```',
    ].join('\n'),
    'Or on this page: More Actions, Send an Update, `decide` with `{"kind": "retry", "by": "your name"}`.',
    ...(refused.length > 0 ? [`Refused last: ${markdownCell(refused[refused.length - 1]!)}`] : []),
  ];
}

function verdicts(story: ReleaseStory): readonly string[] {
  if (story.verdicts.length === 0) return [];
  return [`### ${summaryLine(story.verdicts, story.waivers, story.input.architectures)}`, verdictTable(story.verdicts, story.waivers)];
}

/** From what set it off to the last decision, a step a line. */
function chain(story: ReleaseStory): readonly string[] {
  return [
    ...story.input.causes.map(causeLine),
    ...(story.change ? changeLines(story.change) : []),
    ...story.builds.map(buildLine),
    ...(story.comparison ? comparisonLines(story.comparison) : []),
    ...story.decisions.map(decisionLine),
  ];
}

/** An item of a list in Markdown. */
export function causeLine({ at, text, by, link }: Cause): string {
  const who = by && !text.includes(by) ? ` (${markdownCell(by)})` : '';
  return `- ${moment(at)}: ${markdownCell(text)}${who}${link ? `, ${markdownCode(link)}` : ''}`;
}

function changeLines(change: Change): readonly string[] {
  const where = change.branch ? ` on branch ${markdownCode(change.branch)}` : '';
  return [
    `- change: ${markdownCell(change.summary)}, commit ${markdownCode(change.commit.slice(0, 12))}${where}`,
    ...change.droppedPatches.map((patch) => `- change: dropped ${markdownCode(patch)}, which the new source contains`),
  ];
}

function buildLine(build: BuildResult): string {
  const found = build.reused ? ' (found from an earlier build)' : '';
  return `- build for ${markdownCell(build.architecture)}: ${build.outcome}${found}, ${Math.round(build.seconds)} s, log ${markdownCode(build.log)}`;
}

function comparisonLines(comparison: Comparison): readonly string[] {
  const [first, ...more] = comparison.changes;
  const such = first ? `, such as ${markdownCode(first)}${more.length > 0 ? ` (and ${more.length} more)` : ''}` : '';
  return [`- compared with what was published before: ${markdownCell(comparisonLine(comparison))}${such}`];
}

/** An item of a list in Markdown. */
export function decisionLine({ decision, at }: DecisionRecord): string {
  const what =
    decision.kind === 'waive' ? ` ${decision.check}` : decision.kind === 'patch' ? ` with commit ${decision.commit.slice(0, 12)}` : '';
  const reason = decision.reason ? `: ${markdownCell(decision.reason)}` : '';
  return `- ${moment(at)}: ${markdownCell(decision.by)} decided **${decision.kind}**${markdownCell(what) && ` ${markdownCell(what)}`}${reason}`;
}
