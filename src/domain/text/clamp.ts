/** Limits of the Temporal server for what people read: 400 bytes a summary, 20,000 bytes of details. */
export const SUMMARY_BYTES = 400;
export const DETAILS_BYTES = 20_000;

/** Cuts text to at most `bytes` of UTF-8 at a character boundary, ending in an ellipsis where something was cut. */
export function clamp(text: string, bytes: number): string {
  if (utf8Length(text) <= bytes) return text;
  const room = bytes - 3;
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += utf8Length(character);
    if (used > room) break;
    kept += character;
  }
  return `${kept}…`;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

/**
 * Makes foreign text inert in Markdown, in a cell of a table or an item of a list: no markup, no pipes, no line breaks. What is no markup is left alone (the underscore in
 * `x86_64`, the dot in `1.2`), so that the text can also be read where nobody renders it. Not for code: a backslash is shown there.
 */
export function markdownCell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*{}[\]<>|#~&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replace(/^[-+=](?=[-+= ]|$)/, '\\$&')
    .replace(/^(\d+)(?=[.)](?: |$))/, '$1\\');
}

/** Foreign text as inline code, where nothing is markup but the backtick. */
export function markdownCode(text: string): string {
  return `\`${text.replace(/`/g, "'").replace(/\s+/g, ' ').trim()}\``;
}
