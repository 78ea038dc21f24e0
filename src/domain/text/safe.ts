/** Sequences that only colour text; logs of build tools are full of them. */

const COLOURS = /\u001b\[[0-9;]*m/g;
/** C0 but tab, C1, DEL, and what reorders or hides text: a log or an upstream's text must not write to the terminal's state. */

const DANGEROUS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of foreign text made harmless for a terminal: colours dropped, other control characters shown as `\x1b`. */
export function safe(text: string): string {
  return text.replace(COLOURS, '').replace(DANGEROUS, (character) => {
    const code = character.charCodeAt(0);
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** As `safe`, line by line. */
export function safeLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map(safe);
}
