import { markup, markupOf, trusted, type Html } from './markup';
import { STYLE, STYLE_HASH } from './style';

/** One page of the gateway, without its frame. */
export interface Page {
  readonly title: string;
  readonly distribution: string;
  /** Which page of the navigation it is. */
  readonly at: 'line' | 'packages' | 'images' | 'advisories' | 'elsewhere';
  /** Seconds after which the page is loaded anew. */
  readonly refresh?: number;
  /** Beside the navigation: how fresh it is. */
  readonly freshness?: Html;
  /** Where programs find the same. */
  readonly json?: string;
  readonly main: Html;
}

/** The headers of every page. No script, no frame, no request to anywhere: whatever slipped through the escaping would still do nothing. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src '${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
};

export function documentOf(page: Page): string {
  const current = (at: Page['at']) => page.at === at && markup` aria-current="page"`;
  return `<!doctype html>\n${markupOf(
    markup`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${page.refresh !== undefined && markup`<meta http-equiv="refresh" content="${page.refresh}" />`}
        ${page.json !== undefined && markup`<link rel="alternate" type="application/json" href="${page.json}" />`}
        <title>${page.title}</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="name" href="/">${page.distribution}</a>
          <nav aria-label="Pages"><a href="/"${current('line')}>Line</a> <a href="/packages"${current('packages')}>Packages</a> <a href="/images"${current('images')}>Images</a> <a href="/advisories"${current('advisories')}>Advisories</a></nav>
          ${page.freshness && markup`<span class="asof">${page.freshness}</span>`}
        </header>
        <main id="main" tabindex="-1">${page.main}</main>
        ${page.json !== undefined && markup`<footer><a href="${page.json}">This page as JSON</a></footer>`}
      </body>
    </html>`,
  )}\n`;
}
