import { verdictTable } from '../check/gate';
import type { Verdict } from '../check/verdict';
import type { PersonAsked } from '../release/decision';
import { causeLine, decisionLine } from '../release/details';
import type { DecisionRecord } from '../release/release';
import { markdownCell, markdownCode } from '../text/clamp';
import { moment } from '../text/moment';
import { imageSummary } from './gate';
import type { BuiltVariant, ImageGateRecord, ImageReleaseInput } from './image';
import type { ImageHold, OrderTaken } from './order';
import type { ImageState } from './reduce';

/** What the page of an image's release shows of it. */
export interface ImageStory {
  readonly release: string;
  readonly input: ImageReleaseInput;
  readonly stage: string;
  readonly built: readonly BuiltVariant[];
  readonly verdicts: readonly Verdict[];
  readonly accepted: ImageGateRecord['accepted'];
  readonly decisions: readonly DecisionRecord[];
  readonly refused: readonly string[];
  readonly waitingFor?: PersonAsked;
  /** Its image is on hold: it stops before its tags. */
  readonly hold?: ImageHold;
}

/** Current details of `image:<name>` in the Temporal UI, in Markdown: what it does now and why, what it did before, and what it does not release. */
export function imageDetails(state: ImageState): string {
  const { tagged, lastLook, problem } = state;
  return [
    `### ${markdownCell(state.image)}: ${standing(state)}`,
    tagged
      ? `Tags: ${markdownCell(tagged.variants[0]?.version ?? '')}, the lock of generation ${tagged.generation}`
      : 'Nothing was tagged yet.',
    ...holding(state),
    ...(state.inFlight ? [`Open ${markdownCode(state.inFlight.release)} under Relationships to follow it.`] : []),
    ...(state.next ? [`Then: the lock of generation ${state.next.lock.generation}`] : []),
    ...(problem === undefined
      ? []
      : [
          `### It cannot be locked now\n\n${problem.split('\n').map(markdownCell).join('\n\n')}\n\nThe next generation is tried by itself.`,
        ]),
    ...(lastLook && problem === undefined
      ? [`Last look, ${moment(new Date(lastLook.at).toISOString())}: ${markdownCell(lastLook.text)}`]
      : []),
    ...section(
      'Releases, newest first',
      [...state.history]
        .reverse()
        .map(
          ({ generation, version, outcome, reason }) =>
            `generation ${generation}, ${markdownCell(version)} **${outcome}**: ${markdownCell(reason)}`,
        ),
    ),
    ...section('Orders, newest first', [...state.orders].reverse().map(orderLine)),
    ...section(
      'Not released by itself',
      state.rejected.map(({ generation, reason }) => `the lock of generation ${generation}: ${markdownCell(reason)}`),
    ),
  ].join('\n\n');
}

function holding({ image, hold, rollback, owed, refused }: ImageState): readonly string[] {
  const moves = rollback?.moves.map(({ tag, to }) => `${markdownCode(tag)} to ${markdownCode(to)}`).join(', ');
  return [
    ...(hold
      ? [
          `**On hold** since ${moment(hold.at)} by ${markdownCell(hold.by)}: ${markdownCell(hold.reason)}. Nothing is started; no tag moves but by a rollback.`,
          ['```', `millrace image resume ${image}`, '```'].join('\n'),
        ]
      : []),
    ...(rollback ? [`Rolls back ${moves}${rollback.begun ? '' : ', once its release stands still'}.`] : []),
    ...(owed.length > 0 ? [`Waits for the end of the hold: ${owed.map(({ text }) => markdownCell(text)).join('; ')}`] : []),
    ...(refused === undefined ? [] : [`Refused last: ${markdownCell(refused)}`]),
  ];
}

function orderLine({ kind, by, reason, at, outcome }: OrderTaken): string {
  const why = reason === '' ? '' : `: ${markdownCell(reason)}`;
  return `${moment(at)} **${kind}** by ${markdownCell(by)}${why}${outcome === undefined ? '' : ` (${markdownCell(outcome)})`}`;
}

function standing(state: ImageState): string {
  if (state.rollback) return 'rolls back';
  if (state.hold) return 'on hold';
  if (state.inFlight) return `generation ${state.inFlight.lock.generation} is in flight`;
  if (state.looking) return 'looks';
  return state.problem === undefined ? 'nothing to do' : 'keeps its tags';
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`### ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`];

/** Current details of `image-release:…`: where it stands, what it waits for and the exact command to answer, verdicts, and how it came to this. */
export function imageReleaseDetails(story: ImageStory): string {
  const { lock } = story.input;
  return [
    `### ${markdownCell(lock.image)} ${markdownCell(lock.variants[0]?.version ?? '')} from generation ${lock.generation}: ${markdownCell(story.stage)}`,
    ...(story.hold
      ? [
          `**Its image is on hold** by ${markdownCell(story.hold.by)}: ${markdownCell(story.hold.reason)}. It stops before its tags until \`millrace image resume ${lock.image}\`.`,
        ]
      : []),
    ...waiting(story),
    ...(story.verdicts.length === 0 ? [] : [`### ${imageSummary({ ...story, lock })}`, verdictTable(story.verdicts, story.accepted)]),
    ...section(
      'What is new in it',
      lock.changes.map((line) => markdownCell(line)),
    ),
    `### How it came to this\n\n${chain(story).join('\n')}`,
  ].join('\n\n');
}

function waiting({ waitingFor, refused, input }: ImageStory): readonly string[] {
  if (!waitingFor) return [];
  const reminded =
    waitingFor.remindedTimes > 0 ? `, reminded ${waitingFor.remindedTimes === 1 ? 'once' : `${waitingFor.remindedTimes} times`}` : '';
  return [
    `**A person is waited for since ${moment(waitingFor.since)}${reminded}.** The tags stay where they are.`,
    waitingFor.because.map((line) => `- ${markdownCell(line)}`).join('\n'),
    ['Look closer, then answer with one of:', '', '```', `millrace image show ${input.lock.image}`, '', ...waitingFor.answers, '```'].join(
      '\n',
    ),
    'Or on this page: More Actions, Send an Update, `decide` with `{"kind": "retry", "by": "your name"}`.',
    ...(refused.length > 0 ? [`Refused last: ${markdownCell(refused[refused.length - 1]!)}`] : []),
  ];
}

/** From what set it off to the last decision, a step a line. */
function chain(story: ImageStory): readonly string[] {
  return [
    ...story.input.causes.map(causeLine),
    ...story.built.map(
      ({ variant, digest, bytes }) => `- built ${variant || 'plain'}: ${markdownCode(digest)}, ${Math.round(bytes / 2 ** 20)} MiB`,
    ),
    ...story.decisions.map(decisionLine),
  ];
}

/** Summary and static details of `image:<name>`. */
export function imagePage(name: string): { readonly summary: string; readonly details: string } {
  return {
    summary: `${name}: follows its packages, one release at a time`,
    details: [
      'Runs for ever. Whatever says "look again" comes here as a hint; what to do is decided from image.yaml and the published repository.',
      ['```', `millrace image show ${name}`, `millrace image build ${name}`, '```'].join('\n'),
    ].join('\n\n'),
  };
}
