import type { Catalogue, PublishedPackage } from '../../views/catalogue';
import type { Page } from './document';
import { markup, type Html } from './markup';
import { publishedRow } from './line';
import { table } from './parts';

/** Rows of one page: what a phone can take, and a browser can search in. */
const ROWS = 200;

/** `GET /packages?find=…&page=…`: everything that is published, the last first, or what has a word in its name or summary. */
export function packagesPage(
  distribution: string,
  { generation, packages }: Catalogue,
  asked: { readonly find: string; readonly page: number },
  now: number,
): Page {
  const found = packages.filter((one) => has(one, asked.find.toLowerCase()));
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  const page = Math.min(Math.max(1, asked.page), pages);
  const rows = found.slice((page - 1) * ROWS, page * ROWS).map((one) => [...publishedRow(one, now), one.summary]);
  return {
    title: `Packages of ${distribution}`,
    distribution,
    at: 'packages',
    main: markup`<h1>Packages</h1>
      <form method="get" action="/packages" role="search">
        <label for="find">Name or summary has</label>
        <input id="find" name="find" type="search" value="${asked.find}" maxlength="100" />
        <button type="submit">Find</button>
      </form>
      ${
        found.length === 0
          ? markup`<p>
              ${packages.length === 0 ? 'Nothing is published yet.' : markup`None of ${packages.length} packages has that. <a href="/packages">Show all</a>`}
            </p>`
          : table(
              `${found.length} of ${packages.length} in generation ${generation}, the last published first`,
              ['Package', 'Version', 'When', 'Generation', 'Summary'],
              rows,
              ['Summary'],
            )
      }
      ${pages > 1 && turning(asked.find, page, pages)}`,
  };
}

function has({ name, summary, parts }: PublishedPackage, word: string): boolean {
  return [name, summary, ...parts].some((text) => text.toLowerCase().includes(word));
}

function turning(find: string, page: number, pages: number): Html {
  const to = (number: number, text: string, rel: string) =>
    markup`<a rel="${rel}" href="/packages?${new URLSearchParams({ ...(find ? { find } : {}), page: String(number) }).toString()}">${text}</a>`;
  return markup`<nav aria-label="Pages of the list">
    ${page > 1 && to(page - 1, 'Before', 'prev')}
    <span>Page ${page} of ${pages}</span>
    ${page < pages && to(page + 1, 'Next', 'next')}
  </nav>`;
}
