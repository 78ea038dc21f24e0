import type { ImageTags } from '../../domain/image/image';
import { streamEnds } from '../../domain/image/stream';
import { moment } from '../../domain/text/moment';
import { verifyCommands } from '../../domain/image/verify';
import { safe } from '../../domain/text/safe';
import type { ImageStanding, ImageStory } from '../../views/images';
import { age, outcomeColour, paint, table, type Style } from './style';

const MOVES = 20;

/** `millrace image list`. */
export function imageListText(style: Style, images: readonly ImageStanding[]): string {
  if (images.length === 0) return 'No image was looked at yet: docs/images.md says how to write one.';
  return table(
    style,
    ['image', 'version', 'tags', 'generation', 'stands'],
    images.map((image) => [
      image.image,
      image.last?.lock?.variants[0]?.version ?? '',
      Object.keys(image.tags?.tags ?? {}).join(' '),
      image.last?.lock ? String(image.last.lock.generation) : '',
      standsAs(style, image),
    ]),
  );
}

function standsAs({ colours }: Style, { inFlight, last }: ImageStanding) {
  if (inFlight?.view?.waitingFor) return paint('waits for a person', colours.yellow);
  if (inFlight) return inFlight.stage;
  return last?.problem === undefined ? '' : paint(`cannot be locked: ${last.problem.split('\n')[0]!.slice(0, 100)}`, colours.red);
}

/** Where the images of a factory are, and the file of the key that verifies them. */
export interface Maker {
  readonly host: string;
  /** Whether the registry speaks plain HTTP. */
  readonly plain: boolean;
  readonly key: string;
}

/** `millrace image show`. */
export function imageText(style: Style, story: ImageStory, made?: Maker): string {
  const { bold, red, yellow } = style.colours;
  const { last, tags, inFlight, entity } = story;
  return [
    bold(safe(story.image)),
    ...(entity?.hold
      ? [
          `${yellow('On hold')} since ${moment(entity.hold.at)} by ${safe(entity.hold.by)}: ${safe(entity.hold.reason)}\n  > millrace image resume ${safe(story.image)}`,
        ]
      : []),
    ...(inFlight ? [`${safe(inFlight.release)}: ${safe(inFlight.stage)}, since ${age(style, inFlight.startedAt)}`] : []),
    ...(inFlight?.view?.waitingFor ? [imageWaitingText(style, inFlight.view.waitingFor)] : []),
    ...(last?.problem === undefined
      ? []
      : [`${red('It cannot be locked now; its tags stay where they are.')}\n${last.problem.split('\n').map(safe).join('\n')}`]),
    ...(entity?.lastLook && last?.problem === undefined
      ? [`Last look ${age(style, entity.lastLook.at)} ago: ${safe(entity.lastLook.text)}`]
      : []),
    tags ? imageTagsText(style, tags) : 'Nothing was tagged yet.',
    ...(tags && made ? verifyTexts(style, tags, made) : []),
    ...story.contents.map(
      ({ variant, packages }) =>
        `${bold(`Packages${variant === '' ? '' : ` of ${safe(variant)}`}`)}\n${packages.map(({ name, version }) => safe(`${name} ${version}`)).join('\n')}`,
    ),
    ...(story.releases.length > 0 ? [`${bold('Releases')}\n${releaseTable(style, story.releases)}`] : []),
  ].join('\n\n');
}

function verifyTexts({ colours }: Style, { repository, tags }: ImageTags, made: Maker): readonly string[] {
  const tag = 'latest' in tags ? 'latest' : Object.keys(tags)[0];
  if (tag === undefined) return [];
  const commands = verifyCommands({ ...made, reference: `${made.host}/${repository}:${tag}` });
  const lines = commands.map(({ what, command }) => `${colours.dim(`# ${what}`)}\n${safe(command)}`);
  return [[colours.bold('How to verify'), ...lines].join('\n')];
}

/** Why an image waits, and the commands that answer. */
export function imageWaitingText(
  style: Style,
  waiting: { readonly because: readonly string[]; readonly answers: readonly string[] },
): string {
  return [
    ...waiting.because.map((reason) => `  ${safe(reason)}`),
    ...waiting.answers.map((answer) => `  ${style.colours.dim('>')} ${safe(answer)}`),
  ].join('\n');
}

/** `millrace image tags`. */
export function imageTagsText(style: Style, { repository, tags, moves, streams = {} }: ImageTags): string {
  const { bold, yellow } = style.colours;
  const newest = [...moves].reverse();
  const moved = (tag: string) => newest.find((move) => move.tag === tag)?.at;
  const rows = Object.entries(tags).map(([tag, digest]) => {
    const at = moved(tag);
    return [`${repository}:${tag}`, digest, at === undefined ? '' : age(style, at)];
  });
  const ends = streamEnds(streams, new Date(style.now).toISOString().slice(0, 10));
  return [
    table(style, ['tag', 'digest', 'since'], rows),
    ...ends.map(({ text, tags: concerned }) => `${yellow(safe(text))} (${safe(concerned.join(', '))})`),
    `${bold('Moves, newest first')}\n${table(
      style,
      ['ago', 'tag', 'to', 'why'],
      newest.slice(0, MOVES).map(({ at, tag, to, reason, rollback }) => {
        const why = rollback ? `rolled back by ${rollback.by}: ${reason}` : reason;
        return [age(style, at), tag, to.slice(0, 19), why];
      }),
    )}`,
  ].join('\n\n');
}

function releaseTable(style: Style, releases: ImageStory['releases']): string {
  return table(
    style,
    ['release', 'outcome', 'ago', 'generation', 'reason'],
    releases.map(({ id, outcome, finishedAt, lock, reason }) => [
      id.replace(/^image-release:/, ''),
      paint(outcome, outcome === 'tagged' ? style.colours.green : outcomeColour(style, outcome)),
      age(style, finishedAt),
      String(lock.generation),
      reason.slice(0, 80),
    ]),
  );
}
