import type { Vulnerabilities, Vulnerability } from '../../views/vulnerabilities';
import { pageOf, type PageOf } from '../../views/page-of';
import type { Page } from './document';
import { markup, type Html } from './markup';
import { figure, turning } from './parts';
import { unreadable, vulnerabilityTable } from './vulnerabilities';

/** Rows of one list: what a phone can take. The feeds have all. */
const ROWS = 200;

/** What is said of vulnerabilities in all packages; the same as JSON. */
export interface AdvisoryList {
  readonly distribution: string;
  /** Absent where the factory keeps no advisories. */
  readonly counts?: Readonly<Record<Vulnerability['state'], number>>;
  /** The worst first. */
  readonly open?: PageOf<Vulnerability>;
  /** What a person left as it is, the last said first; at most 200. */
  readonly unresolved?: readonly Vulnerability[];
  readonly problem?: string;
}

/** What of the advisories a reader is shown. */
export function advisoryList(distribution: string, told: Vulnerabilities | undefined, page: number): AdvisoryList {
  if (!told) return { distribution };
  const of = (state: Vulnerability['state']) => told.known.filter((one) => one.state === state);
  const [open, unresolved] = [of('open'), of('unresolved')];
  return {
    distribution,
    counts: { open: open.length, unresolved: unresolved.length, fixed: of('fixed').length, 'not affected': of('not affected').length },
    open: pageOf(open, page, ROWS),
    unresolved: unresolved.slice(0, ROWS),
    ...(told.problem ? { problem: told.problem } : {}),
  };
}

/** `GET /advisories?page=…`: what is open, the worst first, then what a person left as it is, and how much is settled. */
export function advisoriesPage(list: AdvisoryList, now: number): Page {
  const { distribution, counts, open, unresolved = [], problem } = list;
  return {
    title: `Advisories of ${distribution}`,
    distribution,
    at: 'advisories',
    json: `/advisories.json${open && open.page > 1 ? `?page=${open.page}` : ''}`,
    main: markup`<h1>Advisories</h1>
      ${
        counts === undefined || open === undefined
          ? markup`<p>This factory keeps no advisories: <code>advisories</code> in millrace.yaml names their repository.</p>`
          : problem
            ? unreadable(problem)
            : listed(counts, open, unresolved, now)
      }`,
  };
}

function listed(
  counts: NonNullable<AdvisoryList['counts']>,
  open: PageOf<Vulnerability>,
  unresolved: readonly Vulnerability[],
  now: number,
): Html {
  return markup`<dl class="figures">
      ${figure('open', counts.open, counts.open > 0)} ${figure('unresolved', counts.unresolved)} ${figure('fixed', counts.fixed)}
      ${figure('not affected', counts['not affected'])}
    </dl>
    <p>
      For scanners, as of the last generation: <a href="/repository/security.json">security.json</a> (secdb) and
      <a href="/repository/osv/all.json">osv/all.json</a> (OSV).
    </p>
    ${
      open.total === 0
        ? markup`<p>Nothing is open.</p>`
        : vulnerabilityTable(captionOf('Open, the worst first', open.items, open.total), open.items, now, { packages: true })
    }
    ${turning('Pages of what is open', '/advisories', open, {})}
    ${
      unresolved.length > 0 &&
      markup`<h2>Left as it is for now</h2>
        ${vulnerabilityTable(captionOf('The last said first', unresolved, counts.unresolved), unresolved, now, { packages: true })}`
    }`;
}

function captionOf(order: string, { length }: readonly Vulnerability[], total: number): string {
  return length < total ? `${order}: ${length} of ${total}` : order;
}
