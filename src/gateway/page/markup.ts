import { safe } from '../../domain/text/safe';

const MARKUP: unique symbol = Symbol('markup');

/** Markup made by `markup`. Nothing that came from outside can be one: the symbol is not in JSON. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What a template may hold: text and numbers are escaped, markup is not, lists are joined, what is absent leaves nothing. */
export type Part = string | number | Html | undefined | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

/**
 * A template of HTML that escapes by default, for the text of elements and for attribute values in quotes. Control characters and those that reorder text are shown as
 * escapes: a name must not look like another one.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { [MARKUP]: strings.reduce((text, string, index) => `${text}${render(parts[index - 1])}${string}`) };
}

/** The text of markup, for the answer. */
export function markupOf(page: Html): string {
  return page[MARKUP];
}

/** Text of our own that is no HTML, such as a stylesheet. Never of anything that came from outside. */
export function trusted(text: string): Html {
  return { [MARKUP]: text };
}

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return safe(String(part)).replace(/[&<>"'`]/g, (found) => ESCAPES[found] ?? '');
  return isList(part) ? part.map(render).join('') : part[MARKUP];
}

const isList = (part: Html | readonly Part[]): part is readonly Part[] => Array.isArray(part);
