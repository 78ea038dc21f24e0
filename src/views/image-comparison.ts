import type { RepositoryReader } from '../activities/repository/reader';
import type { ImageTags } from '../domain/image/image';
import type { Result } from '../domain/result';
import { comparedOf, diffJson, pushedSide } from './image-diff';
import type { ImageReference, PushedLock } from './locked-image';

/** Two tags or digests of an image, compared; what a reader is shown and programs get. */
export interface ImageComparison {
  readonly image: string;
  readonly distribution: string;
  /** As they were asked for: a tag or `sha256:…`. Absent where there are not two to compare. */
  readonly from?: string;
  readonly to?: string;
  /** What can be compared: tags, then the digests that they left, the last ones first. */
  readonly choices: readonly string[];
  /** In the form of `millrace image diff --json`. */
  readonly diff?: ReturnType<typeof diffJson>;
  /** Why there is no difference to show. */
  readonly problem?: { readonly message: string; readonly remedy?: string };
}

const CHOICES = 60;

/** Compares two tags or digests of an image; without a wish what the last move of a tag changed. */
export async function imageComparison(
  sources: {
    readonly published: Pick<RepositoryReader, 'readIndex' | 'location'>;
    readonly lockOf: (reference: ImageReference) => Promise<Result<PushedLock>>;
  },
  distribution: string,
  { image, tags, moves }: ImageTags,
  asked: { readonly from?: string; readonly to?: string },
): Promise<ImageComparison> {
  const left = [...moves].reverse().flatMap(({ from }) => from ?? []);
  const choices = [...new Set([...Object.keys(tags), ...left])].slice(0, CHOICES);
  const last = moves.findLast(({ from }) => from !== undefined);
  const to = asked.to ?? (asked.from === undefined ? last?.to : Object.keys(tags)[0]);
  const from = asked.from ?? (asked.to === undefined ? last?.from : moves.findLast((move) => move.tag === asked.to)?.from);
  const base = { image, distribution, choices, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  if (from === undefined || to === undefined)
    return { ...base, problem: { message: 'there are not two to compare yet', remedy: 'name two tags or digests' } };
  const reference = (text: string) => (text.startsWith('sha256:') ? { image, digest: text } : { image, tag: text });
  const [before, after] = await Promise.all([sources.lockOf(reference(from)), sources.lockOf(reference(to))]);
  if (!before.ok) return { ...base, problem: before.error };
  if (!after.ok) return { ...base, problem: after.error };
  const sides = [pushedSide(from, before.value), pushedSide(to, after.value)] as const;
  const pair = { before: sides[0].sets[0]!, after: sides[1].sets[0]! };
  return { ...base, diff: diffJson(...sides, [await comparedOf(pair, sources.published)]) };
}
