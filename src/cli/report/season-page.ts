import { markup, trusted, type Html } from '../../gateway/page/markup';
import { CLASS_NAMES, FIGURES, type Play, type Played } from '../simulate';
import { SEASON_CLASSES } from '../../domain/floor/simulate/season';
import { STYLE } from '../../gateway/page/style';
import { stepChart } from './chart';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const CHARTS = `
svg { display: block; width: 100%; height: auto; margin: .75rem 0 1.25rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
svg .title { font-size: 14px; font-weight: 600; fill: var(--ink); }
svg .area { fill: var(--link); fill-opacity: .28; stroke: var(--link); stroke-width: 1; stroke-linejoin: round; }
svg .grid { stroke: var(--rule); fill: none; }
svg .limit { stroke: var(--bad); stroke-dasharray: 5 4; fill: none; }
svg .mark { stroke: var(--wait); stroke-dasharray: 2 3; fill: none; }
td.number, th.number { text-align: right; white-space: nowrap; }
tbody th.inner { padding-left: 1.25rem; font-weight: 400; color: var(--quiet); }`;

/** A page of its own, without scripts: what each policy cost, and its queue, slots and publications over the season. */
export function seasonPage(played: Played): Html {
  const { season, slots, seed, plays } = played;
  const date = (at: number) => new Date(at).toISOString().slice(0, 10);
  const count = (value: number) => value.toLocaleString('en-US');
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A season on the floor: ${date(season.from)} to ${date(season.to)}</title>
<style>${trusted(STYLE + CHARTS)}</style></head><body><main>
<h1>A season on the floor</h1>
<p>${date(season.from)} to ${date(season.to)}: ${count(season.events)} events in ${count(season.commits)} commits, played through the rules of the floor with ${slots} build slots (seed ${seed}).
Rebuilds that really happened: ${count(season.counts.rebuilt.taken)}, and ${count(season.counts.rebuilt.mass)} more in ${season.massCommits} mass commits.</p>
<h2>What each policy costs</h2>
<table><thead><tr><th></th>${plays.map(({ policy }) => markup`<th class="number" scope="col">${policy}</th>`)}</tr></thead><tbody>
${FIGURES.map(
  ({ name, of }) =>
    markup`<tr><th scope="row" class="${name.startsWith(' ') ? 'inner' : ''}">${name.trim()}</th>${plays.map(({ result }) => markup`<td class="number">${of(result)}</td>`)}</tr>`,
)}
</tbody></table>
${plays.map((play) => chartsOf(play, played))}
<h2>What the season is made of</h2>
<table><thead><tr><th></th><th class="number" scope="col">counted</th><th class="number" scope="col">in mass commits</th><th class="number" scope="col">of unknown specs</th></tr></thead><tbody>
${SEASON_CLASSES.map((kind) => {
  const { taken, mass, unknown } = season.counts[kind];
  return markup`<tr><th scope="row">${CLASS_NAMES[kind]}</th>${[taken, mass, unknown].map((value) => markup`<td class="number">${count(value)}</td>`)}</tr>`;
})}
</tbody></table>
</main></body></html>
`;
}

/** Three charts over the same time; the axes of time are shared by all policies, so that they can be told apart at a glance. */
function chartsOf({ policy, result }: Play, { season, slots, plays }: Played): Html {
  const until = Math.max(season.to, ...plays.map((play) => play.result.end));
  const common = { from: result.from, until, ...(until > season.to + DAY ? { mark: { at: season.to, name: 'the season ends' } } : {}) };
  return markup`<h2>${policy}</h2>
${stepChart({ ...common, title: 'Builds that wait, by the hour', unit: 'waiting', values: result.queue, step: HOUR })}
${stepChart({ ...common, title: 'Slots in use, by the hour', unit: 'in use', values: result.busy, step: HOUR, limit: slots })}
${stepChart({ ...common, title: 'Published, by the day', unit: 'a day', values: result.published, step: DAY })}`;
}
