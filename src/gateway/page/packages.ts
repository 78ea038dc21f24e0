import type { Catalogue, PublishedPackage } from '../../views/catalogue';
import { nearest } from '../../config/nearest';
import { pageOf, type PageOf } from '../../views/page-of';
import type { Page } from './document';
import { publishedRow } from './line';
import { markup } from './markup';
import { meantPart, searchForm, table, turning } from './parts';

/** Rows of one page: what a phone can take, and a browser can search in. */
const ROWS = 200;

/** The packages that a reader asked for; the same as JSON. */
export interface PackageList {
  readonly distribution: string;
  readonly generation: number;
  /** What was looked for; empty for all. */
  readonly find: string;
  /** Before looking. */
  readonly known: number;
  /** The last published first. */
  readonly packages: PageOf<PublishedPackage>;
  readonly didYouMean: readonly string[];
}

/** Everything that is published, or what has a word in its name or summary. */
export function packageList(
  distribution: string,
  { generation, packages }: Pick<Catalogue, 'generation' | 'packages'>,
  { find, page }: { readonly find: string; readonly page: number },
): PackageList {
  const found = packages.filter((one) => has(one, find.trim().toLowerCase()));
  const didYouMean =
    found.length > 0
      ? []
      : nearest(
          find,
          packages.map(({ name }) => name),
        );
  return { distribution, generation, find, known: packages.length, packages: pageOf(found, page, ROWS), didYouMean };
}

/** `GET /packages?find=…&page=…`. */
export function packagesPage(list: PackageList, now: number): Page {
  const { distribution, generation, find, known, packages, didYouMean } = list;
  const rows = packages.items.map((one) => [...publishedRow(one, now), one.summary]);
  return {
    title: `Packages of ${distribution}`,
    distribution,
    at: 'packages',
    json: `/packages.json${find === '' && packages.page === 1 ? '' : `?${new URLSearchParams({ find, page: String(packages.page) }).toString()}`}`,
    main: markup`<h1>Packages</h1>
      ${searchForm('/packages', 'Name or summary has', find)}
      ${
        packages.total === 0
          ? markup`<p>
              ${known === 0 ? 'Nothing is published yet.' : markup`None of ${known} packages has that. <a href="/packages">Show all</a>`}
            </p>
            ${meantPart(didYouMean, '/packages')}`
          : table(
              `${packages.total} of ${known} in generation ${generation}, the last published first`,
              ['Package', 'Version', 'When', 'Generation', 'Summary'],
              rows,
              ['Summary'],
            )
      }
      ${turning('Pages of the list', '/packages', packages, find === '' ? {} : { find })}`,
  };
}

function has({ name, summary, parts }: PublishedPackage, word: string): boolean {
  return [name, summary, ...parts].some((text) => text.toLowerCase().includes(word));
}
