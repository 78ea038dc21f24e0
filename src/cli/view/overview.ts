import { summaryLine } from '../../domain/check/gate';
import { shortName, type InFlight } from '../../views/in-flight';
import type { ImageInFlight } from '../../views/images';
import type { Overview } from '../../views/overview';
import { duration } from '../../domain/text/duration';
import { safe } from '../../domain/text/safe';
import { imageWaitingText } from './image';
import { age, outcomeColour, paint, table, type Style } from './style';

const LISTED = 5;

/** `millrace status`: what waits for a person first, then what moves, then what is done. */
export function overviewText(style: Style, overview: Overview): string {
  const { bold, red } = style.colours;
  const head = `${bold(safe(overview.distribution))}: ${overview.generation === 0 ? 'nothing published yet' : `generation ${overview.generation}`}`;
  const ended = [...overview.published, ...overview.given].sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1)).slice(0, LISTED);
  const waiting = overview.inFlight?.filter((release) => release.view?.waitingFor) ?? [];
  const moving = overview.inFlight?.filter((release) => !release.view?.waitingFor) ?? [];
  const images = overview.images ?? [];
  return [
    head,
    ...(overview.inFlight ? [] : [red('No Temporal server answers: what is in flight is not known. Start the factory: millrace up')]),
    ...(waiting.length > 0 ? [waitingText(style, waiting)] : []),
    ...(moving.length > 0 ? [`${bold('In flight')}\n${movingTable(style, moving)}${troubles(style, moving)}`] : []),
    ...(images.length > 0 ? [`${bold('Images')}\n${images.map((image) => imageText(style, image)).join('\n')}`] : []),
    ...(overview.inFlight?.length === 0 && images.length === 0 ? ['Nothing is in flight.'] : []),
    ...(ended.length > 0 ? [`${bold('Last ended')}\n${endedTable(style, ended)}`] : []),
    shareText(overview),
  ].join('\n\n');
}

/** "9 of 10 releases needed no person (90 %)". */
export function shareText({ share: { ended, withoutPerson } }: Pick<Overview, 'share'>): string {
  if (ended === 0) return 'No release has ended yet.';
  return `${withoutPerson} of ${ended} releases needed no person (${Math.floor((100 * withoutPerson) / ended)} %)`;
}

function waitingText(style: Style, waiting: readonly InFlight[]): string {
  const blocks = waiting.map((release) => {
    const { since, because, answers } = release.view!.waitingFor!;
    return [
      `${style.colours.yellow(safe(shortName(release.release)))} for ${age(style, since)}`,
      ...because.map((reason) => `  ${safe(reason)}`),
      ...answers.map((answer) => `  ${style.colours.dim('>')} ${safe(answer)}`),
    ].join('\n');
  });
  return `${style.colours.bold('Waiting for a person')}\n${blocks.join('\n')}`;
}

function imageText(style: Style, { image, stage, startedAt, view }: ImageInFlight): string {
  const waiting = view?.waitingFor;
  if (!waiting) return `${safe(image)}: ${safe(stage)}, since ${age(style, startedAt)}`;
  return `${style.colours.yellow(safe(image))} waits for a person for ${age(style, waiting.since)}\n${imageWaitingText(style, waiting)}`;
}

function troubles(style: Style, moving: readonly InFlight[]): string {
  return moving
    .flatMap(({ release, trouble }) => (trouble ? [`\n${style.colours.red(safe(shortName(release)))}: ${safe(trouble)}`] : []))
    .join('');
}

function movingTable(style: Style, moving: readonly InFlight[]): string {
  return table(
    style,
    ['release', 'stage', 'since', 'checks'],
    moving.map(({ release, stage, startedAt, view }) => [
      shortName(release),
      view ? stage : paint(`${stage} (its worker does not answer)`, style.colours.red),
      age(style, startedAt),
      view && view.verdicts.length > 0 ? summaryLine(view.verdicts, view.waivers, view.input.architectures) : '',
    ]),
  );
}

function endedTable(style: Style, ended: Overview['published']): string {
  return table(
    style,
    ['release', 'outcome', 'ago', 'took', 'generation', 'reason'],
    ended.map((record) => [
      shortName(record.id),
      paint(record.outcome, outcomeColour(style, record.outcome)),
      age(style, record.finishedAt),
      duration((Date.parse(record.finishedAt) - Date.parse(record.startedAt)) / 1000),
      record.generation === undefined ? '' : String(record.generation),
      record.outcome === 'published' ? '' : record.reason.slice(0, 80),
    ]),
  );
}
