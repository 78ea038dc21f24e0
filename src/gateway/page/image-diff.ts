import type { PackageChange, VulnerabilityDiff } from '../../domain/image/diff';
import { sizeText } from '../../domain/text/size';
import type { ImageComparison } from '../../views/image-comparison';
import type { Page } from './document';
import { markup, type Html, type Part } from './markup';
import { digestPart, figure, packageLink, shortDigest, table } from './parts';

/** Rows of one list; the JSON has all. */
const ROWS = 300;

/** Address of the page that compares two tags or digests of an image. */
export function diffPath(image: string, from: string, to: string): string {
  return `/images/${encodeURIComponent(image)}/diff?${new URLSearchParams({ from, to }).toString()}`;
}

/** A form that compares two of these tags and digests; what is chosen is among them although the list does not have it. */
export function compareForm(
  image: string,
  choices: readonly string[],
  chosen: { readonly from?: string | undefined; readonly to?: string | undefined },
): Html {
  const select = (name: 'from' | 'to', label: string, preset: string | undefined) => {
    const all = preset === undefined || choices.includes(preset) ? choices : [preset, ...choices];
    return markup`<label for="${name}">${label}</label>
      <select id="${name}" name="${name}">${all.map((choice) => markup`<option value="${choice}"${choice === preset && markup` selected`}>${calledShort(choice)}</option>`)}</select>`;
  };
  return markup`<form method="get" action="/images/${encodeURIComponent(image)}/diff">
    ${select('from', 'Compare', chosen.from ?? choices.at(-1))} ${select('to', 'with', chosen.to ?? choices[0])}
    <button type="submit">Compare</button>
  </form>`;
}

const calledShort = (reference: string) => (reference.startsWith('sha256:') ? shortDigest(reference) : reference);

/** `GET /images/<name>/diff?from=…&to=…`: packages added, removed and changed, and vulnerabilities fixed. */
export function imageDiffPage(comparison: ImageComparison): Page {
  const { image, distribution, from, to } = comparison;
  return {
    title: `${image}: what changed`,
    distribution,
    at: 'elsewhere',
    json: `/images/${encodeURIComponent(image)}/diff.json?${new URLSearchParams({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }).toString()}`,
    main: markup`<p class="crumbs"><a href="/images">Images</a> / <a href="/images/${encodeURIComponent(image)}">${image}</a></p>
      <h1>What changed in ${image}</h1>
      ${compareForm(image, comparison.choices, comparison)}
      ${comparison.problem && markup`<div class="notice" role="status"><p>${comparison.problem.message}</p>${comparison.problem.remedy && markup`<p>${comparison.problem.remedy}</p>`}</div>`}
      ${comparison.diff && differences(comparison.diff)}`,
  };
}

function differences({ a, b, images }: NonNullable<ImageComparison['diff']>): Html {
  const [pair] = images;
  const { added, removed, changed, vulnerabilities } = { added: [], removed: [], changed: [], ...pair };
  const side = ({ named, digest, generation }: typeof a) => markup`${calledShort(named)} (${digestPart(digest)}, generation ${generation})`;
  return markup`<p>From ${side(a)} to ${side(b)}.</p>
    <dl class="figures">
      ${figure('added', added.length)} ${figure('removed', removed.length)} ${figure('changed', changed.length)}
      ${vulnerabilities ? figure(vulnerabilities.fixed.length === 1 ? 'vulnerability fixed' : 'vulnerabilities fixed', vulnerabilities.fixed.length) : false}
      ${vulnerabilities && vulnerabilities.back.length > 0 ? figure('back again', vulnerabilities.back.length, true) : false}
    </dl>
    ${added.length + removed.length + changed.length === 0 && markup`<p>The same packages.</p>`}
    ${listed('Changed', changed)} ${listed('Added', added)} ${listed('Removed', removed)}
    ${vulnerabilities ? vulnerabilityLists(vulnerabilities) : markup`<p class="quiet">What this does to vulnerabilities is not known: the published generation tells nothing of these packages.</p>`}`;
}

function listed(title: string, changes: readonly PackageChange[]): Html | false {
  if (changes.length === 0) return false;
  const rows = changes.slice(0, ROWS).map((change): readonly Part[] => [
    change.name,
    change.from ?? '',
    change.from === change.to ? 'the same, with other content' : (change.to ?? ''),
    Object.entries(change.bytes)
      .map(([architecture, bytes]) => `${sizeText(bytes, true)} on ${architecture}`)
      .join(', '),
    change.architectures.join(', '),
  ]);
  const id = title.toLowerCase();
  const caption = changes.length > ROWS ? `${ROWS} of ${changes.length}, the JSON of this page has all` : `${changes.length} by name`;
  return markup`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${table(caption, ['Package', 'Before', 'After', 'Grew by', 'On'], rows)}
  </section>`;
}

function vulnerabilityLists({ fixed, back }: VulnerabilityDiff): Html {
  const list = (id: string, title: string, found: VulnerabilityDiff['fixed']) =>
    found.length > 0 &&
    markup`<section aria-labelledby="${id}">
      <h2 id="${id}">${title}</h2>
      ${table(
        `${found.length} by package`,
        ['Vulnerability', 'Package', 'Fixed in'],
        found.slice(0, ROWS).map((one) => [one.id, packageLink(one.package), one.fixedIn]),
      )}
    </section>`;
  if (fixed.length + back.length === 0) return markup`<p>No vulnerability that the advisories know of is fixed by it.</p>`;
  return markup`${list('fixed', 'Vulnerabilities fixed by it', fixed)} ${list('back', 'Vulnerabilities that come back with it', back)}`;
}
