import { summaryLine, verdictTable } from '../check/gate';
import type { Verdict, Waiver } from '../check/verdict';
import { markdownCell } from '../text/clamp';
import type { BuildResult, Change, DecisionRecord, ReleaseInput } from './release';

/** What the page of a release shows of it. */
export interface ReleaseStory {
  readonly release: string;
  readonly input: ReleaseInput;
  readonly stage: string;
  readonly change?: Change;
  readonly builds: readonly BuildResult[];
  readonly verdicts: readonly Verdict[];
  readonly waivers: readonly Waiver[];
  readonly decisions: readonly DecisionRecord[];
  readonly refused: readonly string[];
  readonly waitingFor?: {
    readonly since: string;
    readonly because: readonly string[];
    readonly answers: readonly string[];
    readonly remindedTimes: number;
  };
}

/** Current details of `release:…` in the Temporal UI, in Markdown: where it stands, what it waits for and the exact command to answer, verdicts, causes. */
export function releaseDetails(story: ReleaseStory): string {
  const { input } = story;
  const title = `**${input.package} ${input.version}-r${input.epoch}**${input.previous ? ` (published: ${input.previous})` : ' (first release)'}: ${markdownCell(story.stage)}`;
  return [title, ...waiting(story), ...verdicts(story), ...change(story), ...decisions(story), ...causes(input)].join('\n\n');
}

function waiting(story: ReleaseStory): readonly string[] {
  if (!story.waitingFor) return [];
  const reminded = story.waitingFor.remindedTimes > 0 ? `, reminded ${story.waitingFor.remindedTimes} times` : '';
  return [
    `### Waits for a person since ${story.waitingFor.since}${reminded}`,
    story.waitingFor.because.map((line) => `- ${markdownCell(line)}`).join('\n'),
    ['Answer with one of:', '', '```', ...story.waitingFor.answers, '```'].join('\n'),
    ...(story.refused.length > 0 ? [`Refused: ${markdownCell(story.refused[story.refused.length - 1]!)}`] : []),
  ];
}

function verdicts(story: ReleaseStory): readonly string[] {
  if (story.verdicts.length === 0) return [];
  return [`### ${summaryLine(story.verdicts, story.waivers, story.input.architectures)}`, verdictTable(story.verdicts, story.waivers)];
}

function change(story: ReleaseStory): readonly string[] {
  if (!story.change) return [];
  const where = story.change.branch ? `branch \`${story.change.branch}\`, ` : '';
  const dropped =
    story.change.droppedPatches.length > 0 ? `; dropped patches: ${story.change.droppedPatches.map(markdownCell).join(', ')}` : '';
  const logs = story.builds.map(
    (build) =>
      `- ${build.architecture}: ${build.outcome}${build.reused ? ' (found)' : ''}, ${Math.round(build.seconds)} s, log \`${build.log}\``,
  );
  return [
    `### Change\n\n${where}commit \`${story.change.commit.slice(0, 12)}\`: ${markdownCell(story.change.summary)}${dropped}`,
    ...(logs.length > 0 ? [logs.join('\n')] : []),
  ];
}

function decisions(story: ReleaseStory): readonly string[] {
  if (story.decisions.length === 0) return [];
  const lines = story.decisions.map(
    ({ decision, at }) =>
      `- ${at} ${markdownCell(decision.by)}: ${decision.kind}${'check' in decision ? ` ${markdownCell(decision.check)}` : ''}${decision.reason ? `: ${markdownCell(decision.reason)}` : ''}`,
  );
  return [`### Decisions\n\n${lines.join('\n')}`];
}

function causes(input: ReleaseInput): readonly string[] {
  return [
    `### Causes\n\n${input.causes.map((cause) => `- ${cause.at} ${cause.kind}${cause.by ? ` by ${markdownCell(cause.by)}` : ''}: ${markdownCell(cause.text)}`).join('\n')}`,
  ];
}
