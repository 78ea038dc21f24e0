import type { Vulnerability } from '../../views/vulnerabilities';
import { markup, type Html } from './markup';
import { ago, packageLink, table } from './parts';

const TONES: Readonly<Record<Vulnerability['state'], string>> = { open: 'bad', unresolved: 'wait', fixed: 'good', 'not affected': 'good' };

/** A table of vulnerabilities; `packages` names the package of each and leaves out the state, which is the same for all. */
export function vulnerabilityTable(
  caption: string,
  listed: readonly Vulnerability[],
  now: number,
  options: { readonly packages: boolean },
): Html {
  const told = listed.some(({ summary }) => summary !== undefined);
  const columns = ['Vulnerability', options.packages ? 'Package' : 'State', 'Severity', 'Since', 'Why', ...(told ? ['What it is'] : [])];
  const rows = listed.map((one) => [
    nameOf(one),
    options.packages ? packageLink(one.package) : markup`<span class="${TONES[one.state]}">${one.state}</span>`,
    severityPart(one),
    ago(one.since, now),
    one.why,
    ...(told ? [one.summary] : []),
  ]);
  return table(caption, columns, rows, ['Why', 'What it is']);
}

/** People know a vulnerability by its CVE id; the advisory's own id stands beside it. */
export function nameOf({ id, aliases }: Pick<Vulnerability, 'id' | 'aliases'>): Html {
  return aliases.length === 0 ? markup`${id}` : markup`${aliases.join(', ')} <span class="quiet">${id}</span>`;
}

/** Its rating and score, coloured where it is open and bad. */
export function severityPart({ severity, state }: Vulnerability): Html {
  if (!severity) return markup`unknown`;
  const text = `${severity.rating} ${severity.score.toFixed(1)}`;
  const bad = state === 'open' && (severity.rating === 'critical' || severity.rating === 'high');
  return bad ? markup`<span class="bad">${text}</span>` : markup`${text}`;
}

/** Why nothing can be said: the advisories hold something that a person must correct. */
export function unreadable(problem: string): Html {
  return markup`<div class="notice"><p>The advisories cannot be read.</p><pre>${problem}</pre></div>`;
}
