import { gate } from '../../domain/check/gate';
import type { FloorView } from '../../domain/floor/view';
import type { Catalogue } from '../../views/catalogue';
import { shortName, type InFlight } from '../../views/in-flight';
import type { Overview } from '../../views/overview';
import type { Ended } from '../../views/records';
import type { Page } from './document';
import { floorSection } from './floor';
import { markup, type Html } from './markup';
import { ago, figure, outcome, packageLink, since, table, took, waitingPart, workflowLink, type Surroundings } from './parts';

/** Enough for a screen; the command shows all. */
const [WAITING, MOVING] = [20, 50];
const ENDED = 10;
const PUBLISHED = 25;
const REASON_LETTERS = 200;

/** What the page of the line shows. */
export interface LineStory {
  readonly overview: Overview;
  readonly catalogue: Catalogue;
  /** Absent where it does not run or does not answer. */
  readonly floor?: FloorView;
  readonly architectures: readonly string[];
  /** Name of the public key under `/keys/`. */
  readonly key: string;
  /** Seconds between two loads; absent when the reader stopped that. */
  readonly refresh?: number;
}

/** The same as the page for programs: what the page leaves out of long lists, it leaves out too. */
export function lineJson({ overview, catalogue, floor, architectures, key }: LineStory) {
  const { distribution, generation, inFlight, images, share } = overview;
  return {
    ...{ distribution, generation, share, architectures, key: `/keys/${key}` },
    inFlight: inFlight?.slice(0, WAITING + MOVING) ?? null,
    images: images?.slice(0, MOVING) ?? null,
    floor: floor ?? null,
    ended: lastEnded(overview),
    published: { total: catalogue.packages.length, newest: catalogue.packages.slice(0, PUBLISHED) },
  };
}

function lastEnded({ published, given }: Overview): readonly Ended[] {
  return [...published.slice(0, ENDED), ...given.slice(0, ENDED)].sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1)).slice(0, ENDED);
}

/** `GET /`: what waits for a person first, then what moves, what is done, and what is published. */
export function linePage(story: LineStory, around: Surroundings): Page {
  const { overview, catalogue, floor, refresh } = story;
  const { inFlight } = overview;
  const waiting = inFlight?.filter((release) => release.view?.waitingFor) ?? [];
  const moving = inFlight?.filter((release) => !release.view?.waitingFor) ?? [];
  const ended = lastEnded(overview);
  const title = waiting.length === 0 ? overview.distribution : `(${waiting.length}) ${overview.distribution}`;
  return {
    title: `${title}: the line now`,
    distribution: overview.distribution,
    at: 'line',
    json: '/line.json',
    ...(refresh === undefined ? {} : { refresh }),
    freshness: freshness(around.now, refresh),
    main: markup`<h1>The line now</h1>
      ${inFlight === undefined && markup`<p class="notice" role="status">No Temporal server answers: what is in flight is not known. Start the factory: <code>millrace up</code></p>`}
      ${figures(story, waiting.length, moving.length)}
      ${waiting.length > 0 && waitingSection(waiting, around)}
      ${inFlight !== undefined && movingSection(moving, around)}
      ${floor && floorSection(floor, around)}
      ${ended.length > 0 && endedSection(ended, around)}
      ${publishedSection(story, catalogue, around)}`,
  };
}

function freshness(now: number, refresh: number | undefined): Html {
  const clock = new Date(now).toISOString().slice(11, 19);
  if (refresh === undefined) return markup`As of ${clock} UTC. <a href="/">Refresh by itself</a>`;
  return markup`As of ${clock} UTC, loaded anew each ${refresh} s. <a href="/?refresh=off">Stop that</a>`;
}

function figures({ overview, catalogue }: LineStory, waiting: number, moving: number): Html {
  const { ended, withoutPerson } = overview.share;
  const known = overview.inFlight !== undefined;
  return markup`<dl class="figures">
    ${figure(waiting === 1 ? 'waits for a person' : 'wait for a person', known ? waiting : '?', waiting > 0)}
    ${figure('in flight', known ? moving : '?')}
    ${figure(catalogue.packages.length === 1 ? 'package published' : 'packages published', catalogue.packages.length)}
    ${figure('generation', catalogue.generation)}
    ${ended > 0 && figure(`of ${ended} ${ended === 1 ? 'release' : 'releases'} needed no person`, `${Math.floor((100 * withoutPerson) / ended)} %`)}
  </dl>`;
}

function waitingSection(waiting: readonly InFlight[], around: Surroundings): Html {
  return markup`<section aria-labelledby="waiting">
    <h2 id="waiting" class="wait">Waiting for a person</h2>
    ${waiting.slice(0, WAITING).map(
      ({ release, package: name, view }) =>
        markup`<article class="waiting">
          <h3>${packageLink(name, shortName(release))}</h3>
          ${waitingPart(view!.waitingFor!, view!.refused, around.now)}
          <p class="quiet">${workflowLink(release, around)}</p>
        </article>`,
    )}
    ${waiting.length > WAITING && markup`<p>${waiting.length - WAITING} more wait: <code>millrace status</code></p>`}
  </section>`;
}

/** Characters of a failure that the page shows; the command and the Temporal UI have all of it. */
const TROUBLE = 300;

function movingSection(moving: readonly InFlight[], around: Surroundings): Html {
  const rows = moving
    .slice(0, MOVING)
    .map(({ release, package: name, stage, startedAt, view, trouble }) => [
      packageLink(name, shortName(release)),
      trouble
        ? markup`${stage} <span class="bad">${trouble.slice(0, TROUBLE)}</span>`
        : view
          ? stage
          : markup`${stage} <span class="bad">(its worker does not answer)</span>`,
      since(startedAt, around.now),
      view && checks(view),
      workflowLink(release, around),
    ]);
  return markup`<section aria-labelledby="in-flight">
    <h2 id="in-flight">In flight</h2>
    ${rows.length === 0 ? markup`<p>Nothing is in flight.</p>` : table('Oldest first', ['Release', 'Stage', 'Since', 'Checks', 'Temporal'], rows)}
    ${moving.length > MOVING && markup`<p>${moving.length - MOVING} more are in flight: <code>millrace status</code></p>`}
  </section>`;
}

function checks({ verdicts, waivers, input }: NonNullable<InFlight['view']>): Html {
  const { total, missing, failed } = gate(verdicts, waivers, input.architectures);
  const done = total - missing.length;
  return markup`<progress value="${done}" max="${total}" aria-label="checks done"></progress> <span class="once">${done} of ${total}${failed.length > 0 && markup`, <span class="bad">${failed.length} failed</span>`}</span>`;
}

function endedSection(ended: readonly Ended[], around: Surroundings): Html {
  const rows = ended.map((release) => [
    packageLink(release.input.package, shortName(release.id)),
    outcome(release.outcome),
    ago(release.finishedAt, around.now),
    took(release.startedAt, release.finishedAt),
    release.generation,
    release.outcome === 'published' ? decided(release) : release.reason.slice(0, REASON_LETTERS),
    workflowLink(release.id, around),
  ]);
  return markup`<section aria-labelledby="ended">
    <h2 id="ended">Last ended</h2>
    ${table('Newest first', ['Release', 'Outcome', 'When', 'Took', 'Generation', 'Remark', 'Temporal'], rows, ['Remark'])}
  </section>`;
}

function decided({ decisions }: Ended): string {
  return decisions.map(({ decision }) => `${decision.by}: ${decision.kind}`).join(', ');
}

function publishedSection({ architectures, key }: LineStory, catalogue: Catalogue, around: Surroundings): Html {
  const { packages, generation } = catalogue;
  const indexes = architectures.map(
    (architecture, index) => markup`${index > 0 && ', '}<a href="/repository/${architecture}/APKINDEX.tar.gz">${architecture}</a>`,
  );
  return markup`<section aria-labelledby="published">
    <h2 id="published">Published</h2>
    ${
      generation === 0
        ? markup`<p>Nothing is published yet.</p>`
        : markup`<p>
              An APK repository at <code>/repository</code> of this server: index of ${indexes}; its public key is
              <a href="/keys/${key}">${key}</a>.
            </p>
            ${table(
              'The last published first',
              ['Package', 'Version', 'When', 'Generation'],
              packages.slice(0, PUBLISHED).map((one) => publishedRow(one, around.now)),
            )}
            <p><a href="/packages">${packages.length === 1 ? 'The one package' : markup`All ${packages.length} packages`}</a></p>`
    }
  </section>`;
}

/** Of a published package: its name, version, when and in which generation it came. */
export function publishedRow(
  { name, version, since: from }: Catalogue['packages'][number],
  now: number,
): readonly (Html | string | number | undefined)[] {
  return [packageLink(name), version, from && ago(from.time, now), from?.generation];
}
