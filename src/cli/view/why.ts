import type { ReleaseStory } from './release';
import { causeLine, decisionLine } from './release';
import { comparisonLine } from '../../domain/release/comparison';
import { purposeOf } from '../../domain/release/purpose';
import type { ChainLink } from '../../views/cause-chain';
import { shortName } from '../../views/in-flight';
import { safe } from '../../domain/text/safe';
import type { Style } from './style';

/** `millrace why`: from what set it off to what came of it, one step a line. */
export function whyText(style: Style, story: ReleaseStory, chain: readonly ChainLink[] = []): string {
  const { bold } = style.colours;
  const { change, input } = story;
  const failed = story.verdicts.filter((verdict) => verdict.outcome === 'failed').map((verdict) => verdict.check);
  return [
    `${bold(safe(shortName(story.release)))} ${safe(story.standing)}${story.generation === undefined ? '' : ` in generation ${story.generation}`}`,
    'because',
    ...(input.causes.length > 0 ? input.causes.map(causeLine) : ['  no cause is recorded']),
    ...chain.flatMap(({ release, text, causes }) => [`and ${safe(release)} (${safe(text)}) because`, ...causes.map(causeLine)]),
    'so',
    `  ${safe(purposeOf(input))}${input.candidate ? `, which upstream offers as ${safe(input.candidate.name)}${input.candidate.link ? ` (${safe(input.candidate.link)})` : ''}` : ''}`,
    ...(change ? [`  ${safe(change.summary)}, commit ${change.commit.slice(0, 12)}`] : []),
    ...(story.comparison ? [`  beside what was published before: ${safe(comparisonLine(story.comparison))}`] : []),
    ...(failed.length > 0 ? [`  failed or waived on the way: ${failed.map(safe).join(', ')}`] : []),
    ...(story.decisions.length > 0 ? ['and people decided', ...story.decisions.map(decisionLine)] : []),
    ...(story.waitingFor ? ['and now a person is waited for', ...story.waitingFor.because.map((line) => `  ${safe(line)}`)] : []),
    ...(story.outcome && story.outcome !== 'published' ? [`and it ended ${story.outcome}: ${safe(story.reason ?? '')}`] : []),
    ...(story.outcome === 'published'
      ? [
          `and it was merged${story.mergedAs ? ` as ${story.mergedAs.slice(0, 12)}` : ''}, signed and published${story.generation === undefined ? '' : ` with generation ${story.generation}`} at ${story.finishedAt}`,
        ]
      : []),
  ].join('\n');
}
