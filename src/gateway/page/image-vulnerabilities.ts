import type { ImageVulnerability } from '../../views/image-vulnerabilities';
import type { ShownImage, ShownVulnerabilities } from '../../views/image-profile';
import { markup, type Html } from './markup';
import { packageLink, table } from './parts';
import { nameOf, severityPart, unreadable } from './vulnerabilities';

/** Rows of one list; the JSON has all. */
const ROWS = 100;

/** What is open in an image, what a person left as it is, what was fixed, and what it is not affected by, each with its reason. */
export function imageVulnerabilities({ tag }: ShownImage, { known, foreign, problem }: ShownVulnerabilities): Html {
  const of = (state: ImageVulnerability['state']) => known.filter((one) => one.state === state);
  const open = of('open');
  const settled = (
    [
      ['unresolved', 'Left as they are for now'],
      ['not affected', 'Not affected'],
      ['fixed', 'Fixed'],
    ] as const
  ).map(([state, title]) => ({ title, list: of(state) }));
  return markup`<section aria-labelledby="vulnerabilities">
    <h2 id="vulnerabilities">Vulnerabilities</h2>
    ${problem && unreadable(problem)}
    ${open.length > 0 && listed(`Open in ${tag}, the worst first`, open)}
    ${!problem && open.length === 0 && markup`<p class="good">None is open in ${tag}.</p>`}
    ${settled.filter(({ list }) => list.length > 0).map(({ title, list }) => markup`<details><summary>${title}: ${list.length}</summary>${listed(`${title}, with the reason`, list)}</details>`)}
    ${foreign > 0 && markup`<p class="quiet">The advisories do not speak of ${foreign === 1 ? 'one package' : `${foreign} packages`} that ${foreign === 1 ? 'comes' : 'come'} from other repositories.</p>`}
  </section>`;
}

function listed(caption: string, all: readonly ImageVulnerability[]): Html {
  const told = all.some(({ summary }) => summary !== undefined);
  const rows = all
    .slice(0, ROWS)
    .map((one) => [nameOf(one), packageLink(one.package), one.has, severityPart(one), one.why, ...(told ? [one.summary] : [])]);
  const title = all.length > ROWS ? `${caption}: ${ROWS} of ${all.length}, the JSON of this page has all` : caption;
  return table(title, ['Vulnerability', 'Package', 'In the image', 'Severity', 'Why', ...(told ? ['What it is'] : [])], rows, [
    'Why',
    'What it is',
  ]);
}
