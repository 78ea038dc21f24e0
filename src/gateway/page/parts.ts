import { duration } from '../../domain/text/duration';
import { moment } from '../../domain/text/moment';
import type { PageOf } from '../../views/page-of';
import type { ReleaseView } from '../../workflows/messages';
import { markup, type Html, type Part } from './markup';

/** What the templates know of the world. */
export interface Surroundings {
  /** Milliseconds since the epoch; ages are told from it. */
  readonly now: number;
  /** Where the Temporal UI shows a workflow. */
  readonly workflowUrl: (id: string) => string;
}

/** "7 min", with the instant itself for who points at it and for programs. */
export function since(instant: string, now: number): Html {
  return markup`<time datetime="${instant}" title="${moment(instant)}">${duration(Math.max(0, now - Date.parse(instant)) / 1000)}</time>`;
}

/** "7 min" of a stretch of time. */
export function took(from: string, to: string): Html {
  return markup`<span class="once">${duration((Date.parse(to) - Date.parse(from)) / 1000)}</span>`;
}

/** "7 min ago". */
export function ago(instant: string, now: number): Html {
  return markup`<span class="once">${since(instant, now)} ago</span>`;
}

export function packageLink(name: string, text = name): Html {
  return markup`<a href="/packages/${encodeURIComponent(name)}">${text}</a>`;
}

/** Leads to the workflow in the Temporal UI, for as long as the server knows it. */
export function workflowLink(id: string, { workflowUrl }: Surroundings): Html {
  return markup`<a href="${workflowUrl(id)}" aria-label="workflow ${id} in Temporal" rel="noreferrer">workflow</a>`;
}

/** A link only where it leads to the web: a cause's link is what a stranger's webhook said. */
export function webLink(url: string): Html {
  return /^https?:\/\//i.test(url) ? markup`<a href="${url}" rel="noreferrer nofollow">${url}</a>` : markup`${url}`;
}

const TONES: Readonly<Record<string, string>> = {
  ...{ published: 'good', passed: 'good', built: 'good', tagged: 'good' },
  ...{ failed: 'bad', rejected: 'bad' },
  waived: 'wait',
};

/** How something ended: a word, coloured as well. */
export function outcome(word: string): Html {
  const tone = TONES[word];
  return tone === undefined ? markup`${word}` : markup`<span class="${tone}">${word}</span>`;
}

/** A table whose first column heads its rows; on a phone each cell tells its column. `long` names the columns of running text. */
export function table(caption: string, columns: readonly string[], rows: readonly (readonly Part[])[], long: readonly string[] = []): Html {
  const cell = (value: Part, index: number) => {
    const label = columns[index] ?? '';
    if (index === 0) return markup`<th scope="row">${value}</th>`;
    return markup`<td data-label="${label}"${long.includes(label) && markup` class="long"`}>${value}</td>`;
  };
  return markup`<table>
    <caption>${caption}</caption>
    <thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
    <tbody>
      ${rows.map((row) => markup`<tr>${row.map(cell)}</tr>\n`)}
    </tbody>
  </table>`;
}

/** A number or word of note with its name; `attention` where somebody has to look at it. */
export function figure(name: string, value: Part, attention = false): Html {
  return markup`<div${attention && markup` class="attention"`}><dt>${name}</dt><dd>${value}</dd></div>`;
}

/** The first digits of a digest, which are enough to tell it from others; the whole one for who points at it. */
export function digestPart(digest: string | undefined): Html {
  return digest === undefined ? markup`none` : markup`<code class="once" title="${digest}">${shortDigest(digest)}</code>`;
}

export const shortDigest = (digest: string) => digest.replace(/^sha256:/, '').slice(0, 12);

/** Leads from one part of a long list to the next. `parameters` are those of the address beside the number of the part. */
export function turning(
  label: string,
  path: string,
  { page, pages }: Pick<PageOf<unknown>, 'page' | 'pages'>,
  parameters: Readonly<Record<string, string>>,
  name = 'page',
  anchor = '',
): Html | false {
  if (pages < 2) return false;
  const to = (number: number, text: string, rel: string) =>
    markup`<a rel="${rel}" href="${path}?${new URLSearchParams({ ...parameters, [name]: String(number) }).toString()}${anchor}">${text}</a>`;
  return markup`<nav class="turning" aria-label="${label}">
    ${page > 1 && to(page - 1, 'Before', 'prev')}
    <span>Page ${page} of ${pages}</span>
    ${page < pages && to(page + 1, 'Next', 'next')}
  </nav>`;
}

/** A form that looks through a list; works without a script. */
export function searchForm(path: string, label: string, find: string): Html {
  return markup`<form method="get" action="${path}" role="search">
    <label for="find">${label}</label>
    <input id="find" name="find" type="search" value="${find}" maxlength="100" autocomplete="off" />
    <button type="submit">Find</button>
  </form>`;
}

/** What was probably meant by a name that there is not. */
export function meantPart(near: readonly string[], path: string): Html | false {
  if (near.length === 0) return false;
  const links = near.map(
    (name, index) =>
      markup`${index > 0 && (index === near.length - 1 ? ' or ' : ', ')}<a href="${path}/${encodeURIComponent(name)}">${name}</a>`,
  );
  return markup`<p>Did you mean ${links}?</p>`;
}

/** A list of links to packages, in running text. */
export function packageLinks(names: readonly string[], most: number): Html {
  const rest = names.length - most;
  return markup`${names.slice(0, most).map((name, index) => markup`${index > 0 && ', '}${packageLink(name)}`)}${rest > 0 && ` and ${rest} more`}`;
}

/** What a release waits for, since when, why, and the commands that answer it. */
export function waitingPart(waiting: NonNullable<ReleaseView['waitingFor']>, refused: readonly string[], now: number): Html {
  const reminded = waiting.remindedTimes > 0 && `, reminded ${waiting.remindedTimes === 1 ? 'once' : `${waiting.remindedTimes} times`}`;
  return markup`<p>Waits for a person for ${since(waiting.since, now)}${reminded}.</p>
    <ul>${waiting.because.map((line) => markup`<li>${line}</li>`)}</ul>
    <p class="quiet">Answer with one of:</p>
    <ul class="answers">${waiting.answers.map((answer) => markup`<li><code>${answer}</code></li>`)}</ul>
    ${refused.length > 0 && markup`<p>Refused: ${refused.at(-1)}</p>`}`;
}
