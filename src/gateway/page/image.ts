import type { RecordedMove } from '../../domain/image/image';
import { moment } from '../../domain/text/moment';
import { sizeText } from '../../domain/text/size';
import type { ImageProfile, ImageRelease, ShownImage, ShownTag } from '../../views/image-profile';
import type { ImageInFlight } from '../../views/images';
import type { PageOf } from '../../views/page-of';
import { imageId } from '../../workflows/messages';
import type { Page } from './document';
import { compareForm, diffPath } from './image-diff';
import { imageVulnerabilities } from './image-vulnerabilities';
import { markup, type Html, type Part } from './markup';
import {
  ago,
  digestPart,
  figure,
  outcome,
  packageLink,
  since,
  table,
  took,
  turning,
  waitingPart,
  workflowLink,
  type Surroundings,
} from './parts';
import { sizeChart } from './size-chart';
import { suitesSection } from './suites';
import { useSection } from './use-image';

/** Packages that a page lists; the JSON has all. */
const PACKAGES = 500;

/** `GET /images/<name>?tag=…&moves=…`: what it is and how to use it, where its tags point and why, what is in it, and what waits for a person. `address` is where the reader found the gateway. */
export function imagePage(profile: ImageProfile, address: string | undefined, around: Surroundings): Page {
  const { image, distribution, shown, inFlight, summary, hold } = profile;
  const chart = sizeChart(profile.sizes, around.now);
  return {
    title: `${image}, an image of ${distribution}`,
    distribution,
    at: 'elsewhere',
    json: jsonPath(profile),
    main: markup`<p class="crumbs"><a href="/images">Images</a></p>
      <h1>${image}</h1>
      ${summary && markup`<p class="lead">${summary}</p>`}
      ${shown && figures(profile, shown, around)}
      ${hold && markup`<p class="notice">On hold by ${hold.by}, ${ago(hold.at, around.now)}: ${hold.reason}. Its tags stay where they are.</p>`}
      ${profile.ends.map(({ text }) => markup`<p class="notice">${text[0]!.toUpperCase()}${text.slice(1)}.</p>`)}
      ${profile.problem !== undefined && markup`<div class="notice"><p>It cannot be locked now, and keeps its tags:</p><pre>${profile.problem}</pre></div>`}
      ${inFlight && runningSection(inFlight, around)}
      ${profile.suites.length > 0 && suitesSection(profile.suites, around)}
      ${shown ? useSection(profile, shown, address) : markup`<p>Nothing was tagged yet.</p>`}
      ${profile.tags.length > 0 && tagsSection(profile, around)}
      ${shown && packagesSection(shown)}
      ${shown?.vulnerabilities && imageVulnerabilities(shown, shown.vulnerabilities)}
      ${chart && markup`<section aria-labelledby="size"><h2 id="size">Size over time</h2><p class="quiet">As the registry keeps it, packed, all architectures together.</p>${chart}</section>`}
      ${profile.moves.total > 0 && movesSection(profile, around)}
      ${profile.releases.length > 0 && releasesSection(profile.releases, around)}
      ${aboutSection(profile, around)}`,
  };
}

function jsonPath({ image, shown, moves }: ImageProfile): string {
  const asked = { ...(shown ? { tag: shown.tag } : {}), ...(moves.page > 1 ? { moves: String(moves.page) } : {}) };
  return `/images/${encodeURIComponent(image)}.json?${new URLSearchParams(asked).toString()}`.replace(/\?$/, '');
}

function figures({ sizes }: ImageProfile, shown: ShownImage, around: Surroundings): Html {
  const { vulnerabilities } = shown;
  const bytes = sizes.flatMap(({ points }) => points).findLast(({ digest }) => digest === shown.digest)?.bytes;
  const open = vulnerabilities?.known.filter(({ state }) => state === 'open').length;
  return markup`<dl class="figures">
    ${figure(shown.tag, shown.version ?? 'unknown')}
    ${shown.since !== undefined && figure('moved', ago(shown.since, around.now))}
    ${figure('packages', new Set(shown.packages.map(({ name }) => name)).size)}
    ${open !== undefined && !vulnerabilities?.problem && figure(open === 1 ? 'open vulnerability' : 'open vulnerabilities', open, open > 0)}
    ${bytes !== undefined && figure('in all', sizeText(bytes))}
    ${figure('for', shown.architectures.join(', '))}
  </dl>`;
}

function runningSection({ release, stage, startedAt, view }: ImageInFlight, around: Surroundings): Html {
  return markup`<section aria-labelledby="running">
    <h2 id="running">Under way</h2>
    <p>
      ${view ? stage : markup`${stage} <span class="bad">(its worker does not answer)</span>`}, since ${since(startedAt, around.now)}.
      ${workflowLink(release, around)}
    </p>
    ${view?.waitingFor && markup`<div class="waiting">${waitingPart(view.waitingFor, view.refused, around.now)}</div>`}
    ${view && view.input.lock.changes.length > 0 && markup`<p>New in it:</p><ul>${view.input.lock.changes.map((line) => markup`<li>${line}</li>`)}</ul>`}
  </section>`;
}

function tagsSection({ image, tags, shown, moves }: ImageProfile, around: Surroundings): Html {
  const path = `/images/${encodeURIComponent(image)}`;
  const chip = ({ tag }: ShownTag) =>
    markup`<a class="chip" href="${path}?tag=${encodeURIComponent(tag)}"${tag === shown?.tag && markup` aria-current="true"`}>${tag}</a> `;
  const rows = runsOf(tags, (a, b) => a.digest === b.digest && a.since === b.since && a.reason === b.reason).map((run) => {
    const { version, digest, since: at, reason } = run[0]!;
    return [run.map(chip), version ?? '', digestPart(digest), at !== undefined && ago(at, around.now), reason ?? ''];
  });
  const before = moves.items.find(({ tag, from }) => tag === shown?.tag && from !== undefined)?.from;
  return markup`<section aria-labelledby="tags">
    <h2 id="tags">Tags</h2>
    ${table('Where they point; a tag leads to what is in it', ['Tags', 'Version', 'Digest', 'Moved', 'Why'], rows, ['Why'])}
    ${compareForm(image, choicesOf(tags, moves), { from: tags.find(({ digest }) => digest === before)?.tag ?? before, to: shown?.tag })}
  </section>`;
}

/** Neighbours that belong together. */
function runsOf<T>(items: readonly T[], together: (a: T, b: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last && together(last[0]!, item)) last.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** What can be compared: tags, then digests that were left behind. */
function choicesOf(tags: readonly ShownTag[], moves: PageOf<RecordedMove>): readonly string[] {
  return [...new Set([...tags.map(({ tag }) => tag), ...moves.items.flatMap(({ from }) => from ?? [])])];
}

function packagesSection({ tag, packages, architectures }: ShownImage): Html {
  const rows = packages
    .slice(0, PACKAGES)
    .map(({ name, version, origin, bytes, architectures: on }) => [
      origin === undefined ? name : packageLink(origin, name),
      version,
      bytes === undefined ? '' : sizeText(bytes),
      on.length === architectures.length ? 'all' : on.join(', '),
    ]);
  const rest = packages.length - PACKAGES;
  return markup`<section aria-labelledby="packages">
    <h2 id="packages">Packages inside</h2>
    <details${packages.length <= 25 && markup` open`}>
      <summary>${packages.length === 1 ? 'One package' : `${packages.length} packages`} in ${tag}</summary>
      ${table(`In ${tag}, by name`, ['Package', 'Version', 'Packed', 'Architectures'], rows)}
      ${rest > 0 && markup`<p>${rest} more are in the JSON of this page.</p>`}
    </details>
  </section>`;
}

function movesSection({ image, moves, shown }: ImageProfile, around: Surroundings): Html {
  const alike = (a: RecordedMove, b: RecordedMove) =>
    a.at === b.at && a.from === b.from && a.to === b.to && a.reason === b.reason && a.rollback?.id === b.rollback?.id;
  const rows = runsOf(moves.items, alike).map((run): readonly Part[] => {
    const { at, from, to, reason, rollback } = run[0]!;
    const names = run.map(({ tag }) => tag);
    return [
      names.map((tag) => markup`<span class="chip">${tag}</span> `),
      ago(at, around.now),
      digestPart(from),
      digestPart(to),
      markup`${rollback && markup`<span class="wait">rolled back</span> by ${rollback.by}: `}${reason}${from !== undefined && markup` <a class="once" href="${diffPath(image, from, to)}" aria-label="what changed in ${names.join(', ')} at ${moment(at)}">what changed</a>`}`,
    ];
  });
  return markup`<section aria-labelledby="moves">
    <h2 id="moves">History</h2>
    ${table(`${moves.total} ${moves.total === 1 ? 'move' : 'moves'} of tags, newest first`, ['Tags', 'When', 'From', 'To', 'Why'], rows, ['Why'])}
    ${turning('Pages of the history', `/images/${encodeURIComponent(image)}`, moves, shown ? { tag: shown.tag } : {}, 'moves', '#moves')}
  </section>`;
}

function releasesSection(releases: readonly ImageRelease[], around: Surroundings): Html {
  return markup`<section aria-labelledby="releases">
    <h2 id="releases">Releases</h2>
    ${table(
      'The last ones, newest first',
      ['Version', 'Outcome', 'When', 'Took', 'Generation', 'Checks', 'Why'],
      releases.map(({ version, outcome: word, startedAt, finishedAt, generation, checks, reason }) => [
        version,
        outcome(word),
        ago(finishedAt, around.now),
        took(startedAt, finishedAt),
        generation,
        checks,
        reason,
      ]),
      ['Why'],
    )}
  </section>`;
}

function aboutSection(
  { image, streams, untested, lastLook, problem, rejected, package: main, running }: ImageProfile,
  around: Surroundings,
): Html {
  return markup`<section aria-labelledby="about">
    <h2 id="about">How it is kept</h2>
    ${main !== undefined && markup`<p>Its versions are those of ${packageLink(main)}.</p>`}
    ${
      streams.length > 0 &&
      table(
        'Streams: versions whose tags are kept together',
        ['Stream', 'Versions', 'Tags', 'End of life'],
        streams.map(({ name, versions, tags, endOfLife }) => [name, versions, tags.join(' '), endOfLife ?? 'none is set']),
      )
    }
    ${Object.entries(untested).map(([architecture, reason]) => markup`<p>Not tested on ${architecture}: ${reason}</p>`)}
    ${lastLook && problem === undefined && markup`<p>Last look, ${ago(lastLook.at, around.now)}: ${lastLook.text}</p>`}
    ${rejected.map(({ generation, reason }) => markup`<p>Not released: the lock of generation ${generation}: ${reason}</p>`)}
    ${running && markup`<p class="quiet">${workflowLink(imageId(image), around)}</p>`}
  </section>`;
}
