import type { Forecast } from '../../domain/floor/simulate/forecast';
import { markup, trusted, type Html } from '../../gateway/page/markup';

/** Packages of a wave that are drawn by name. */
const SHOWN = 24;
const NAME_LENGTH = 27;
const COLUMN = 236;
const CHIP = { width: 196, height: 24, gap: 6 };
const TOP = 64;
const LEFT = 24;

const STYLE = `text{font:12px system-ui,sans-serif;fill:#1b1f23}
.heading{font-size:13px;font-weight:600}.quiet{fill:#57606a}.ground{fill:#fbfbf9}
.chip{fill:#fff;stroke:#c3c8c2}.may .chip{stroke-dasharray:4 3}.changed .chip{fill:#e8f0fa;stroke:#0a58a8}.critical .chip{fill:#fff6e5;stroke:#b06f00;stroke-dasharray:none}
.edge{fill:none;stroke:#d9dcd8;stroke-opacity:.6}.edge.critical{stroke:#b06f00;stroke-width:1.5;stroke-opacity:1}`;

interface Chip {
  readonly name: string;
  readonly kind: 'changed' | 'sure' | 'may';
  readonly because?: string;
}

/** A file of SVG: what changed at the left, then the waves, each package joined to what it is rebuilt for, and the critical path in another colour. */
export function planDrawing(changed: readonly string[], { rebuilds, criticalPath }: Forecast): Html {
  const columns: Chip[][] = [changed.map((name) => ({ name, kind: 'changed' }))];
  const critical = new Set(criticalPath.map((one) => one.package));
  const waves = rebuilds.reduce((most, one) => Math.max(most, one.wave), 0);
  for (let wave = 1; wave <= waves; wave += 1) {
    const members = rebuilds.filter((one) => one.wave === wave);
    // A drawing leaves out most of a large wave, never the critical path.
    const ordered = [...members.filter((one) => critical.has(one.package)), ...members.filter((one) => !critical.has(one.package))];
    columns.push(
      ordered.map((one) => ({ name: one.package, kind: one.certain ? 'sure' : 'may', because: one.because[one.because.length - 1]! })),
    );
  }
  const places = new Map(
    columns.flatMap((chips, column) =>
      chips
        .slice(0, SHOWN)
        .map(({ name }, row): [string, readonly [number, number]] => [
          name,
          [LEFT + column * COLUMN, TOP + row * (CHIP.height + CHIP.gap)],
        ]),
    ),
  );
  const rows = Math.max(...columns.map((chips) => Math.min(chips.length, SHOWN + 1)));
  const width = LEFT + columns.length * COLUMN;
  const height = TOP + rows * (CHIP.height + CHIP.gap) + 16;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${trusted(STYLE)}</style><rect class="ground" width="${width}" height="${height}"/>
<text class="quiet" x="${LEFT}" y="22">Solid: rebuilt for sure. Dashed: may follow. Orange: the critical path.</text>
${columns.flatMap((chips) => chips.map((chip) => edge(places.get(chip.because ?? ''), places.get(chip.name), false)))}
${criticalPath.slice(1).map((one, index) => edge(places.get(criticalPath[index]!.package), places.get(one.package), true))}
${columns.map((chips, column) => drawColumn(chips, column, places, critical))}
</svg>
`;
}

function drawColumn(
  chips: readonly Chip[],
  column: number,
  places: ReadonlyMap<string, readonly [number, number]>,
  critical: ReadonlySet<string>,
): Html {
  const x = LEFT + column * COLUMN;
  const heading = column === 0 ? 'changed' : `wave ${column}: ${chips.length}`;
  const more = chips.length - SHOWN;
  return markup`<text class="heading" x="${x}" y="48">${heading}</text>
${chips.slice(0, SHOWN).map((chip) => drawChip(chip, places.get(chip.name)!, critical.has(chip.name)))}
${more > 0 && markup`<text class="quiet" x="${x + 10}" y="${TOP + SHOWN * (CHIP.height + CHIP.gap) + 16}">… and ${more} more</text>`}`;
}

function drawChip({ name, kind }: Chip, [x, y]: readonly [number, number], isCritical: boolean): Html {
  const shown = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  return markup`<g class="${kind}${isCritical ? ' critical' : ''}"><title>${name}</title><rect class="chip" x="${x}" y="${y}" width="${CHIP.width}" height="${CHIP.height}" rx="4"/><text x="${x + 10}" y="${y + 16}">${shown}</text></g>`;
}

function edge(
  from: readonly [number, number] | undefined,
  to: readonly [number, number] | undefined,
  isCritical: boolean,
): Html | undefined {
  if (!from || !to || to[0] <= from[0]) return undefined;
  const [x1, y1, x2, y2] = [from[0] + CHIP.width, from[1] + CHIP.height / 2, to[0], to[1] + CHIP.height / 2];
  const bend = Math.round((x2 - x1) / 2);
  return markup`<path class="edge${isCritical ? ' critical' : ''}" d="M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}"/>`;
}
