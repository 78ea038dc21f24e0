import { moment } from '../../domain/text/moment';
import { sizeText } from '../../domain/text/size';
import type { ImageSizes } from '../../views/image-profile';
import { markup, type Html } from './markup';

const [WIDTH, HEIGHT] = [640, 200];
const PLOT = { left: 64, right: 628, top: 16, bottom: 168 };
const DAY = 86_400_000;

/** Sizes of variants over time as an SVG: a size holds until the next one comes. The axis begins at zero, so that heights compare. Colours come from the page: classes `s0`, `s1`, … */
export function sizeChart(sizes: readonly ImageSizes[], now: number): Html | undefined {
  const drawn = sizes.filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return undefined;
  const from = Math.min(...all.map(({ at }) => Date.parse(at)));
  const until = Math.max(now, from + 1);
  const ticks = ticksTo(Math.max(...all.map(({ bytes }) => bytes)));
  const top = ticks.at(-1)!;
  const x = (at: number) => round(PLOT.left + ((at - from) / (until - from)) * (PLOT.right - PLOT.left));
  const y = (bytes: number) => round(PLOT.bottom - (bytes / top) * (PLOT.bottom - PLOT.top));
  const line = ({ points }: ImageSizes) =>
    points
      .map(({ at, bytes }, index) => (index === 0 ? `M${x(Date.parse(at))},${y(bytes)}` : `H${x(Date.parse(at))}V${y(bytes)}`))
      .join('');
  return markup`<figure class="chart">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${drawn.map(told).join('; ')}">
      ${ticks.map((tick) => markup`<path class="grid" d="M${PLOT.left},${y(tick)}H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${y(tick) + 4}" text-anchor="end">${sizeText(tick)}</text>`)}
      <text x="${PLOT.left}" y="${PLOT.bottom + 22}">${dayOf(from, until)}</text>
      <text x="${PLOT.right}" y="${PLOT.bottom + 22}" text-anchor="end">now</text>
      ${drawn.map((one, index) => markup`<path class="line s${index}" d="${line(one)}H${x(until)}"/>${one.points.map(({ at, bytes, version }) => markup`<circle class="dot s${index}" cx="${x(Date.parse(at))}" cy="${y(bytes)}" r="3.5"><title>${version}: ${sizeText(bytes)}, ${moment(at)}</title></circle>`)}`)}
    </svg>
    <figcaption>${drawn.map(({ variant, points }, index) => markup`<span class="key s${index}">${variant === '' ? 'plain' : variant}: ${sizeText(points.at(-1)!.bytes)}</span> `)}</figcaption>
  </figure>`;
}

/** The chart in words, for who does not see it. */
function told({ variant, points }: ImageSizes): string {
  const [first, last] = [points[0]!, points.at(-1)!];
  const name = variant === '' ? 'Size' : `Size of ${variant}`;
  if (points.length === 1) return `${name}: ${sizeText(first.bytes)} since ${moment(first.at)}`;
  return `${name}: ${sizeText(first.bytes)} at ${moment(first.at)}, ${sizeText(last.bytes)} since ${moment(last.at)}, ${points.length} sizes`;
}

/** Round numbers from 0 up to the first at or above `most`. */
function ticksTo(most: number): readonly number[] {
  const rough = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  return Array.from({ length: Math.ceil(most / width) + 1 }, (_, index) => index * width);
}

function dayOf(from: number, until: number): string {
  const text = moment(new Date(from).toISOString());
  return until - from < 2 * DAY ? text : text.slice(0, 10);
}

const round = (value: number) => Math.round(value * 10) / 10;
