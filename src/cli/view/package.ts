import { shortName } from '../../views/in-flight';
import { duration } from '../../domain/text/duration';
import { safe } from '../../domain/text/safe';
import type { ReleaseRecord } from '../../domain/release/release';
import type { PackageStory } from '../../views/package-story';
import { age, outcomeColour, paint, table, type Style } from './style';

/** `millrace show NAME` of a package, without the details of its newest release. */
export function packageText(style: Style, story: PackageStory): string {
  const { bold, red } = style.colours;
  const newest = story.published.at(-1);
  const older = story.published.slice(0, -1);
  const { entity } = story;
  const lines = [
    `${bold(safe(story.package))}: ${newest ? `published ${safe(newest)}` : 'not published'}${older.length > 0 ? ` (and ${older.slice(-5).map(safe).join(', ')})` : ''}, main says ${safe(story.spec ?? (story.unreadable ? 'what cannot be read' : 'nothing'))}`,
    ...(story.unreadable ?? []).map((problem) => red(safe(problem))),
    ...(entity?.stopped ? [red(`Stopped: ${safe(entity.stopped)}`)] : []),
    ...(entity?.inFlight ? [`In flight: ${safe(shortName(entity.inFlight.release))}`] : []),
    ...(entity?.next ? [`Then: ${safe(entity.next.version)}-r${entity.next.epoch}`] : []),
    ...(entity?.lastLook ? [`Last look, ${age(style, entity.lastLook.at)} ago: ${safe(entity.lastLook.text)}`] : []),
    ...(entity?.rejected ?? []).map((rejected) => `Not released: ${safe(rejected.version)}: ${safe(rejected.reason)}`),
  ];
  const releases = table(
    style,
    ['release', 'outcome', 'ago', 'took', 'generation', 'decisions'],
    story.releases
      .slice(0, 10)
      .map((record) => [
        shortName(record.id),
        paint(outcomeNow(story, record), outcomeColour(style, outcomeNow(story, record))),
        age(style, record.finishedAt),
        duration((Date.parse(record.finishedAt) - Date.parse(record.startedAt)) / 1000),
        record.generation === undefined ? '' : String(record.generation),
        record.decisions.length === 0 ? '' : record.decisions.map(({ decision }) => decision.kind).join(', '),
      ]),
  );
  return [lines.join('\n'), ...(story.releases.length > 0 ? [`${bold('Releases')}\n${releases}`] : [])].join('\n\n');
}

/** A release that was published once need not be so any more. */
function outcomeNow({ published }: PackageStory, { outcome, input }: ReleaseRecord): string {
  return outcome === 'published' && !published.includes(`${input.version}-r${input.epoch}`) ? 'withdrawn' : outcome;
}
