import type { ImageLock, TagMove } from './image';

/** What a person orders of an image. */
export type ImageOrder =
  | { readonly kind: 'hold'; readonly by: string; readonly reason: string }
  | { readonly kind: 'resume'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'rollback'; readonly by: string; readonly reason: string; readonly moves: readonly TagTarget[] };

/** A tag, and the digest that it is to point to. */
export interface TagTarget {
  readonly tag: string;
  readonly to: string;
}

/** That nothing of an image is started, and no tag of it moves but by a rollback. */
export interface ImageHold {
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What a rollback did: where its tags pointed and point. */
export interface RolledBack {
  readonly moves: readonly TagMove[];
  /** What the tags are made of now; absent where the records do not tell any more. */
  readonly lock?: ImageLock;
  /** Locks that it went back over: they do not come back by themselves. */
  readonly over: readonly Pick<ImageLock, 'key' | 'generation'>[];
}

/** An order that was taken, as it is shown. */
export interface OrderTaken extends ImageHold {
  readonly kind: ImageOrder['kind'];
  /** What came of a rollback. */
  readonly outcome?: string;
}

/** A rollback that was ordered and is not seen through yet. */
export interface ImageRollback extends ImageHold {
  readonly id: string;
  readonly moves: readonly TagTarget[];
}

/** What an order is judged against. */
export interface OrderedBefore {
  readonly image: string;
  readonly rollback?: Pick<ImageRollback, 'by'>;
}

const KINDS: readonly ImageOrder['kind'][] = ['hold', 'resume', 'rollback'];
const NAME_LIMIT = 200;
const TEXT_LIMIT = 2_000;
const MOST_MOVES = 100;
/** OCI distribution specification 1.1, "Pulling manifests". */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Why an order does not fit, with the remedy; undefined when it does. Takes anything: signals come unchecked from the Temporal UI. */
export function orderRefusal(order: unknown, before: OrderedBefore): string | undefined {
  if (typeof order !== 'object' || order === null) return 'an order is an object such as {"kind":"hold","by":"you","reason":"why"}';
  const { kind, by, reason, moves } = order as Record<string, unknown>;
  if (!KINDS.some((known) => known === kind)) return `"kind" is one of ${KINDS.join(', ')}`;
  if (typeof by !== 'string' || by.trim() === '' || by.length > NAME_LIMIT) return '"by" names the person who orders';
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > TEXT_LIMIT))
    return `"reason" is text of at most ${TEXT_LIMIT} characters`;
  if (kind !== 'resume' && (typeof reason !== 'string' || ['', '…'].includes(reason.trim()))) return `${String(kind)} needs a "reason"`;
  if (before.rollback) return `the rollback by ${before.rollback.by} is under way: order again when it has ended`;
  return kind === 'rollback' ? movesRefusal(moves, before.image) : undefined;
}

function movesRefusal(moves: unknown, image: string): string | undefined {
  const form = `"moves" names tags and digests: [{"tag":"latest","to":"sha256:…"}] (millrace image rollback ${image} --reason "…" does)`;
  if (!Array.isArray(moves) || moves.length === 0 || moves.length > MOST_MOVES) return form;
  const targets = moves as readonly (Partial<Record<string, unknown>> | null)[];
  const fits = targets.every((move) => TAG.test(textOf(move?.['tag'])) && DIGEST.test(textOf(move?.['to'])));
  if (!fits) return form;
  return new Set(targets.map((move) => move!['tag'])).size === targets.length ? undefined : `a tag is named twice; ${form}`;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** An order that `orderRefusal` accepted, with nothing but its own members. */
export function acceptedOrder(order: ImageOrder): ImageOrder {
  const { kind, by, reason } = order;
  if (kind === 'resume') return { kind, by, ...(reason ? { reason } : {}) };
  if (kind === 'hold') return { kind, by, reason: order.reason };
  return { kind, by, reason: order.reason, moves: order.moves.map(({ tag, to }) => ({ tag, to })) };
}
