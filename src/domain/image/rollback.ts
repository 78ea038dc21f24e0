import { fail, ok, type Result } from '../result';
import type { ImageTags, RecordedMove } from './image';
import type { TagTarget } from './order';

/** A digest that a tag pointed to. */
export interface TagPast {
  readonly digest: string;
  /** The release that made it. */
  readonly release: string;
  readonly at: string;
}

/** What a rollback would move, and what it leaves, each with the reason. */
export interface RollbackPlan {
  readonly moves: readonly TagTarget[];
  readonly stay: readonly { readonly tag: string; readonly why: string }[];
}

type Moves = Pick<ImageTags, 'tags' | 'moves'>;

const SHOWN = 5;
const SHORTEST = 6;

/**
 * Every digest that the record says a tag was moved to by a release, the newest first, each once, without the one that it points to now. What a tag pointed to before its
 * first recorded move is not among them: nobody knows whether it was tested.
 */
export function possibleTargets({ tags, moves }: Moves, tag: string): readonly TagPast[] {
  const made = [...moves].reverse().filter((move) => move.tag === tag && !move.rollback);
  return made
    .filter(({ to }, index) => to !== tags[tag] && made.findIndex((other) => other.to === to) === index)
    .map(({ to, release, at }) => ({ digest: to, release, at }));
}

/** Where a tag has been on the way to where it is, oldest first: a rollback takes off what it went back over. */
function wayOf(moves: readonly RecordedMove[], tag: string): readonly RecordedMove[] {
  return moves
    .filter((move) => move.tag === tag)
    .reduce<readonly RecordedMove[]>((way, move) => {
      const back = move.rollback ? way.findLastIndex(({ to }) => to === move.to) : -1;
      return back >= 0 ? way.slice(0, back + 1) : [...way, move];
    }, []);
}

/**
 * Which tags go back where. Without tags: all that the last release moved; without a digest: to where each pointed before its last move. Tags that were asked for by name must all be
 * able to go; of the others those that cannot are left. The error lists what is possible.
 */
export function rollbackPlan(record: ImageTags, asked: { readonly tags: readonly string[]; readonly to?: string }): Result<RollbackPlan> {
  const unknown = asked.tags.find((tag) => record.tags[tag] === undefined);
  if (unknown !== undefined)
    return fail({ message: `${record.image} has no tag ${unknown}`, remedy: `it has ${Object.keys(record.tags).join(', ')}` });
  const tags = asked.tags.length > 0 ? [...new Set(asked.tags)] : lastMoved(record.moves);
  const each = tags.map((tag) => ({ tag, ...targetOf(record, tag, asked.to) }));
  const moves = each.flatMap(({ tag, to }) => (to === undefined ? [] : [{ tag, to }]));
  const stay = each.flatMap(({ tag, why }) => (why === undefined ? [] : [{ tag, why }]));
  if (moves.length > 0 && (asked.tags.length === 0 || stay.length === 0)) return ok({ moves, stay });
  const shown = tags.length > 0 ? tags : Object.keys(record.tags);
  return fail({
    message: stay.length > 0 ? stay.map(({ tag, why }) => `${tag} ${why}`).join('; ') : `no release moved a tag of ${record.image} yet`,
    remedy: shown.map((tag) => `${tag} can go back to ${listed(possibleTargets(record, tag))}`).join('; '),
  });
}

function targetOf(record: Moves, tag: string, to: string | undefined): { readonly to?: string; readonly why?: string } {
  if (to !== undefined) {
    if (record.tags[tag] === to) return { why: 'points to it already' };
    return possibleTargets(record, tag).some(({ digest }) => digest === to) ? { to } : { why: `never pointed to ${to}` };
  }
  const before = wayOf(record.moves, tag).at(-2)?.to;
  if (before === undefined) return { why: 'pointed to nothing before that was recorded' };
  return { to: before };
}

/** The tags of the newest moves that a release made at once. */
function lastMoved(moves: readonly RecordedMove[]): readonly string[] {
  const last = moves.findLast(({ rollback }) => !rollback);
  return moves.filter(({ release, at, rollback }) => !rollback && release === last?.release && at === last.at).map(({ tag }) => tag);
}

function listed(past: readonly TagPast[]): string {
  if (past.length === 0) return 'nothing';
  const rest = past.length > SHOWN ? ` and ${past.length - SHOWN} older ones` : '';
  return `${past
    .slice(0, SHOWN)
    .map(({ digest, at }) => `${digest} (tagged ${at.slice(0, 10)})`)
    .join(', ')}${rest}`;
}

/** The digest that people mean by its beginning, with or without `sha256:`, of those that tags of the image were moved to. */
export function namedDigest({ image, moves }: ImageTags, text: string): Result<string> {
  const known = [...new Set(moves.map(({ to }) => to))];
  const hex = text.replace(/^sha256:/, '');
  const found = hex.length < SHORTEST ? [] : known.filter((digest) => digest.startsWith(`sha256:${hex}`));
  if (found.length === 1) return ok(found[0]!);
  const remedy = `\`millrace image tags ${image}\` tells them; at least ${SHORTEST} digits`;
  if (found.length > 1) return fail({ message: `${text} is the beginning of ${found.join(' and ')}`, remedy: 'name more of it' });
  return fail({ message: `no tag of ${image} was ever moved to ${text}: only what was tagged before can be tagged again`, remedy });
}

/** Why the record does not allow to move a tag there; undefined when it does. */
export function rollbackObjection(record: ImageTags | undefined, { tag, to }: TagTarget): string | undefined {
  if (record?.tags[tag] === undefined) return `there is no tag ${tag}`;
  const possible = possibleTargets(record, tag);
  if (record.tags[tag] === to || possible.some(({ digest }) => digest === to)) return undefined;
  return `${tag} never pointed to ${to}; it can go back to ${listed(possible)}`;
}

/** Releases whose moves of these tags a rollback goes back over: made after the digest that they go to, the newest first. */
export function rolledBackReleases(record: Moves, targets: readonly TagTarget[]): readonly string[] {
  const over = targets.flatMap(({ tag, to }) => {
    const way = wayOf(record.moves, tag);
    const index = way.findLastIndex((move) => move.to === to);
    return index < 0 ? way.slice(-1) : way.slice(index + 1);
  });
  const kept = record.moves
    .filter((move) => targets.some(({ tag, to }) => tag === move.tag && to === move.to))
    .map(({ release }) => release);
  return [...new Set(over.map(({ release }) => release).reverse())].filter((release) => !kept.includes(release));
}
