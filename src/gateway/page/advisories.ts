import type { Vulnerabilities, Vulnerability } from '../../views/vulnerabilities';
import type { Page } from './document';
import { markup, type Html, type Part } from './markup';
import { unreadable, vulnerabilityTable } from './vulnerabilities';

/** Rows of one list: what a phone can take. The feeds have all. */
const ROWS = 200;

/** `GET /advisories`: what is open, the worst first, then what a person left as it is, and how much is settled. `told` is absent where the factory keeps no advisories. */
export function advisoriesPage(distribution: string, told: Vulnerabilities | undefined, now: number): Page {
  return {
    title: `Advisories of ${distribution}`,
    distribution,
    at: 'advisories',
    main: markup`<h1>Advisories</h1>
      ${
        told === undefined
          ? markup`<p>This factory keeps no advisories: <code>advisories</code> in millrace.yaml names their repository.</p>`
          : told.problem
            ? unreadable(told.problem)
            : listed(told.known, now)
      }`,
  };
}

function listed(known: readonly Vulnerability[], now: number): Html {
  const of = (state: Vulnerability['state']) => known.filter((one) => one.state === state);
  const [open, unresolved] = [of('open'), of('unresolved')];
  const figure = (label: string, value: number, attention = false): Part =>
    markup`<div><dt>${label}</dt><dd${attention && value > 0 && markup` class="attention"`}>${value}</dd></div>`;
  return markup`<dl class="figures">
      ${figure('open', open.length, true)} ${figure('unresolved', unresolved.length)} ${figure('fixed', of('fixed').length)}
      ${figure('not affected', of('not affected').length)}
    </dl>
    <p>
      For scanners, as of the last generation: <a href="/repository/security.json">security.json</a> (secdb) and
      <a href="/repository/osv/all.json">osv/all.json</a> (OSV).
    </p>
    ${
      open.length === 0
        ? markup`<p>Nothing is open.</p>`
        : vulnerabilityTable(captionOf('Open, the worst first', open), open.slice(0, ROWS), now, { packages: true })
    }
    ${
      unresolved.length > 0 &&
      markup`<h2>Left as it is for now</h2>
        ${vulnerabilityTable(captionOf('The last said first', unresolved), unresolved.slice(0, ROWS), now, { packages: true })}`
    }`;
}

function captionOf(order: string, { length }: readonly Vulnerability[]): string {
  return length > ROWS ? `${order}: ${ROWS} of ${length}` : order;
}
