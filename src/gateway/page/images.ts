import type { ImageStanding } from '../../views/images';
import type { Page } from './document';
import { markup, type Part } from './markup';
import { ago, since, table } from './parts';

/** `GET /images`: every image, what its tags point to, and what is under way. */
export function imagesPage(distribution: string, images: readonly ImageStanding[], now: number): Page {
  return {
    title: `Images of ${distribution}`,
    distribution,
    at: 'images',
    main: markup`<h1>Images</h1>
      ${
        images.length === 0
          ? markup`<p>No image was looked at yet.</p>`
          : table(
              images.length === 1 ? 'One image' : `${images.length} images`,
              ['Image', 'Version', 'Tags', 'Tagged', 'Stands'],
              images.map((image) => row(image, now)),
              ['Tags', 'Stands'],
            )
      }`,
  };
}

function row({ image, last, tags, inFlight }: ImageStanding, now: number): readonly Part[] {
  const moved = tags?.moves.at(-1);
  const waiting = inFlight?.view?.waitingFor;
  return [
    markup`<a href="/images/${encodeURIComponent(image)}">${image}</a>`,
    last?.lock?.variants[0]?.version ?? '',
    Object.keys(tags?.tags ?? {}).join(' '),
    moved ? ago(moved.at, now) : 'never',
    waiting
      ? markup`<span class="wait">waits for a person</span> for ${since(waiting.since, now)}`
      : (inFlight?.stage ?? (last?.problem === undefined ? '' : markup`<span class="bad">cannot be locked</span>: ${last.problem}`)),
  ];
}
