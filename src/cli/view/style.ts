import { isatty } from 'node:tty';
import Table from 'cli-table3';
import pc from 'picocolors';
import { duration } from '../../domain/text/duration';
import { safe } from '../../domain/text/safe';

export type Colours = ReturnType<typeof pc.createColors>;

/** What a view needs to know of its reader. */
export interface Style {
  readonly colours: Colours;
  /** Milliseconds since the epoch; ages are told from it. */
  readonly now: number;
}

export function terminalStyle(now: number): Style {
  return { colours: pc.createColors(pc.isColorSupported && isatty(1)), now };
}

const NO_BORDER = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Aligned columns with a dim heading; cells are foreign text and made safe here, unless already painted by `paint`. */
export function table(style: Style, heading: readonly string[], rows: readonly (readonly (string | Painted)[])[]): string {
  const drawn = new Table({
    head: heading.map((title) => style.colours.dim(title)),
    chars: NO_BORDER,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push(row.map((cell) => (typeof cell === 'string' ? safe(cell) : cell.painted)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export interface Painted {
  readonly painted: string;
}

export const paint = (text: string, colour: (text: string) => string): Painted => ({ painted: colour(safe(text)) });

/** Time since an ISO 8601 instant. */
export function age(style: Style, instant: string): string {
  return duration(Math.max(0, style.now - Date.parse(instant)) / 1000);
}

export function outcomeColour(style: Style, outcome: string): (text: string) => string {
  const { green, red, yellow, dim } = style.colours;
  if (outcome === 'passed' || outcome === 'published' || outcome === 'built') return green;
  if (outcome === 'failed' || outcome === 'rejected') return red;
  return outcome === 'skipped' || outcome === 'superseded' || outcome === 'equal' ? dim : yellow;
}
