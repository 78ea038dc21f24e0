import { markup, type Html } from '../../gateway/page/markup';

/** A quantity over equal steps of time. */
export interface Series {
  readonly title: string;
  /** What one of it is called beside its peak: `waiting`. */
  readonly unit: string;
  readonly values: readonly number[];
  /** Milliseconds since the epoch of the first step, and the length of each. */
  readonly from: number;
  readonly step: number;
  /** A level that it can't pass, drawn as a dashed line. */
  readonly limit?: number;
  /** Ends of the axes that charts beside each other share: milliseconds since the epoch, and the greatest value. */
  readonly until: number;
  readonly most?: number;
  /** A moment that is marked, with its name. */
  readonly mark?: { readonly at: number; readonly name: string };
}

const WIDTH = 960;
const HEIGHT = 190;
const PLOT = { left: 56, right: 944, top: 34, bottom: 158 };
const DAY = 86_400_000;

/** An SVG of one series as a filled line of steps. Colours come from the page: classes `area`, `grid`, `limit`, `mark`, `label`, `title`. */
export function stepChart(series: Series): Html {
  const { values, from, step, until, limit, mark, unit } = series;
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  const ticks = ticksTo(Math.max(series.most ?? 0, peak, limit ?? 0));
  const top = ticks[ticks.length - 1]!;
  const x = (at: number) => round(PLOT.left + ((at - from) / Math.max(1, until - from)) * (PLOT.right - PLOT.left));
  const y = (value: number) => round(PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top));
  const line = values.map((value, index) => `L${x(from + index * step)},${y(value)}H${x(Math.min(until, from + (index + 1) * step))}`);
  const area = values.length === 0 ? '' : `M${x(from)},${y(0)}${line.join('')}V${y(0)}Z`;
  return markup`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${series.title}: at most ${amount(peak)} ${unit}">
<text class="title" x="${PLOT.left}" y="18">${series.title}</text>
<text class="label" x="${PLOT.right}" y="18" text-anchor="end">at most ${amount(peak)} ${unit}</text>
${ticks.map((tick) => markup`<path class="grid" d="M${PLOT.left},${y(tick)}H${PLOT.right}"/><text class="label" x="${PLOT.left - 8}" y="${y(tick) + 4}" text-anchor="end">${amount(tick)}</text>`)}
${datesOf(from, until).map(({ at, name }) => markup`<path class="grid" d="M${x(at)},${PLOT.bottom}v5"/><text class="label" x="${x(at)}" y="${PLOT.bottom + 20}" text-anchor="middle">${name}</text>`)}
<path class="area" d="${area}"/>
${limit !== undefined && markup`<path class="limit" d="M${PLOT.left},${y(limit)}H${PLOT.right}"/>`}
${mark && markup`<path class="mark" d="M${x(mark.at)},${PLOT.top}V${PLOT.bottom}"/><text class="label" x="${x(mark.at) - 6}" y="${PLOT.top + 10}" text-anchor="end">${mark.name}</text>`}
</svg>`;
}

/** Round numbers from 0 up to the first at or above `most`: three to six of them. */
function ticksTo(most: number): readonly number[] {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const whole = Math.max(1, width);
  return Array.from({ length: Math.max(1, Math.ceil(most / whole)) + 1 }, (_, index) => index * whole);
}

/** At most about a dozen midnights of UTC between two moments, equally far from each other. */
function datesOf(from: number, until: number): readonly { readonly at: number; readonly name: string }[] {
  const days = Math.max(1, (until - from) / DAY);
  const every = [1, 2, 7, 14, 28, 56, 91, 182, 364].find((width) => days / width <= 14) ?? 728;
  const first = Math.ceil(from / DAY) * DAY;
  const count = Math.max(0, Math.floor((until - first) / (every * DAY)) + 1);
  return Array.from({ length: count }, (_, index) => first + index * every * DAY).map((at) => {
    const date = new Date(at);
    return { at, name: date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }) };
  });
}

/** At most three digits that tell something, thousands apart. */
function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

const round = (value: number) => Math.round(value * 10) / 10;
