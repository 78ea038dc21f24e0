import type { ListedImage } from '../../views/image-index';
import type { PageOf } from '../../views/page-of';
import type { Page } from './document';
import { markup, type Html, type Part } from './markup';
import { ago, meantPart, searchForm, since, table, turning } from './parts';

/** The images that a reader asked for; the same as JSON. */
export interface ImageList {
  readonly distribution: string;
  /** What was looked for; empty for all. */
  readonly find: string;
  /** Before looking. */
  readonly known: number;
  readonly images: PageOf<ListedImage>;
  readonly didYouMean: readonly string[];
}

/** Tags that a list names; the page of the image has all. */
const TAGS = 4;

/** `GET /images?find=…&page=…`: every image, what its tags point to, and what is under way. */
export function imagesPage(list: ImageList, now: number): Page {
  const { distribution, find, images, known } = list;
  const total = images.total === known ? `${known}` : `${images.total} of ${known}`;
  return {
    title: `Images of ${distribution}`,
    distribution,
    at: 'images',
    json: `/images.json${find === '' && images.page === 1 ? '' : `?${new URLSearchParams({ find, page: String(images.page) }).toString()}`}`,
    main: markup`<h1>Images</h1>
      <p class="lead">Built from the packages of ${distribution}, tested as the registry serves them, and tagged only then.</p>
      ${known > 0 && searchForm('/images', 'Name, tag, or package in it', find)}
      ${
        images.total === 0
          ? nothing(list)
          : table(
              `${total} ${images.total === 1 && known === 1 ? 'image' : 'images'}, by name`,
              ['Image', 'Version', 'Tags', 'Moved', 'Why, or what is under way'],
              images.items.map((image) => row(image, now)),
              ['Why, or what is under way'],
            )
      }
      ${turning('Pages of the list', '/images', images, find === '' ? {} : { find })}`,
  };
}

function nothing({ known, didYouMean }: ImageList): Html {
  if (known === 0) return markup`<p>No image was looked at yet.</p>`;
  return markup`<p>None of ${known} images has that. <a href="/images">Show all</a></p>${meantPart(didYouMean, '/images')}`;
}

function row({ image, summary, version, tags, moved, has, ...state }: ListedImage, now: number): readonly Part[] {
  const more = tags.length - TAGS;
  return [
    markup`<a href="/images/${encodeURIComponent(image)}">${image}</a>${summary && markup`<span class="beside">${summary}</span>`}`,
    version === undefined ? '' : markup`<span class="once">${version}</span>`,
    markup`${tags.slice(0, TAGS).map((tag) => markup`<span class="chip">${tag}</span> `)}${more > 0 && markup`<span class="quiet">and ${more} more</span>`}`,
    moved ? ago(moved.at, now) : 'never',
    markup`${statePart(state, now) || (moved && markup`<span class="quiet">${moved.reason}</span>`)}${has.map((name) => markup` (has ${name})`)}`,
  ];
}

function statePart({ stage, waitingSince, problem }: Pick<ListedImage, 'stage' | 'waitingSince' | 'problem'>, now: number): Part {
  if (waitingSince !== undefined) return markup`<span class="wait">waits for a person</span> for ${since(waitingSince, now)}`;
  if (stage !== undefined) return stage;
  return problem !== undefined && markup`<span class="bad">cannot be locked</span>: ${problem.split('\n')[0]}`;
}
