import { shownTags } from './image-profile';
import type { ImageStanding } from './images';

/** An image in a list. */
export interface ListedImage {
  readonly image: string;
  /** What its main package is for, as the published repository says. */
  readonly summary?: string;
  /** `version-rN` that its last lock has. */
  readonly version?: string;
  /** `latest` first, then the last moved. */
  readonly tags: readonly string[];
  /** The last move of a tag. */
  readonly moved?: { readonly at: string; readonly reason: string };
  /** What is under way, and since when a person is waited for. */
  readonly stage?: string;
  readonly waitingSince?: string;
  readonly problem?: string;
  /** Packages in it that were asked for. */
  readonly has: readonly string[];
}

/** Of an image whose name, tag or summary has what was looked for, or a package of that name; undefined where nothing has. Everything has nothing. */
export function listedImage(
  { image, last, tags, inFlight }: ImageStanding,
  summary: string | undefined,
  find: string,
): ListedImage | undefined {
  const word = find.trim().toLowerCase();
  const names = shownTags(tags).map(({ tag }) => tag);
  const has = word === '' ? [] : (last?.origins ?? []).filter((origin) => origin.toLowerCase() === word);
  const called = [image, summary ?? '', ...names].some((text) => text.toLowerCase().includes(word));
  if (!called && has.length === 0) return undefined;
  const moved = tags?.moves.at(-1);
  const version = last?.lock?.variants[0]?.version;
  const waiting = inFlight?.view?.waitingFor;
  return {
    image,
    ...(summary ? { summary } : {}),
    ...(version === undefined ? {} : { version }),
    tags: names,
    ...(moved ? { moved: { at: moved.at, reason: moved.reason } } : {}),
    ...(inFlight ? { stage: inFlight.stage } : {}),
    ...(waiting ? { waitingSince: waiting.since } : {}),
    ...(last?.problem === undefined ? {} : { problem: last.problem }),
    has,
  };
}
