import { imageSummary } from '../../domain/image/gate';
import type { ImageRecord } from '../../domain/image/image';
import type { ImageInFlight, ImageStory } from '../../views/images';
import { imageId } from '../../workflows/messages';
import type { Page } from './document';
import { markup, type Html } from './markup';
import { ago, outcome, since, table, waitingPart, workflowLink, type Surroundings } from './parts';

const MOVES = 50;

/** `GET /images/<name>`: tags with their digests, when and why they moved, what is in it, and what waits for a person. `registry` is where it is pulled from. */
export function imagePage(distribution: string, story: ImageStory, registry: string | undefined, around: Surroundings): Page {
  const { image, inFlight, last, tags, entity } = story;
  return {
    title: `${image}, an image of ${distribution}`,
    distribution,
    at: 'elsewhere',
    main: markup`<h1>${image}</h1>
      <dl class="figures">
        <div>
          <dt>version</dt>
          <dd>${last?.lock?.variants[0]?.version ?? 'none'}</dd>
        </div>
        <div>
          <dt>generation</dt>
          <dd>${last?.lock?.generation ?? 'none'}</dd>
        </div>
      </dl>
      ${last?.problem !== undefined && markup`<p class="notice">It cannot be locked now, and keeps its tags: ${last.problem}</p>`}
      ${entity?.lastLook && last?.problem === undefined && markup`<p>Last look, ${ago(entity.lastLook.at, around.now)}: ${entity.lastLook.text}</p>`}
      ${entity?.rejected.map(({ generation, reason }) => markup`<p>Not released: the lock of generation ${generation}: ${reason}</p>`)}
      ${entity && markup`<p class="quiet">${workflowLink(imageId(image), around)}</p>`}
      ${inFlight && runningSection(inFlight, around)}
      ${tags ? tagsSection(tags, registry, around) : markup`<p>Nothing was tagged yet.</p>`}
      ${story.contents.map(contentsSection)}
      ${story.releases.length > 0 && releasesSection(story.releases, around)}`,
  };
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

function tagsSection(
  { repository, tags, moves }: NonNullable<ImageStory['tags']>,
  registry: string | undefined,
  around: Surroundings,
): Html {
  const newest = [...moves].reverse();
  const host = registry?.replace(/^https?:\/\//, '');
  const rows = Object.entries(tags).map(([tag, digest]) => {
    const moved = newest.find((move) => move.tag === tag);
    return [tag, markup`<code>${digest}</code>`, moved ? ago(moved.at, around.now) : '', moved?.reason ?? ''];
  });
  const first = Object.keys(tags)[0];
  return markup`<section aria-labelledby="tags">
    <h2 id="tags">Tags</h2>
    ${host !== undefined && first !== undefined && markup`<p>Pull it: <code>podman pull ${host}/${repository}:${first}</code></p>`}
    ${table('Where they point', ['Tag', 'Digest', 'Since', 'Why'], rows, ['Digest', 'Why'])}
    ${table(
      newest.length > MOVES ? `The last ${MOVES} of ${newest.length} moves` : 'Every move, newest first',
      ['Tag', 'When', 'From', 'To', 'Why'],
      newest
        .slice(0, MOVES)
        .map(({ tag, at, from, to, reason }) => [
          tag,
          ago(at, around.now),
          markup`<code>${short(from)}</code>`,
          markup`<code>${short(to)}</code>`,
          reason,
        ]),
      ['Why'],
    )}
  </section>`;
}

const short = (digest: string | undefined) => digest?.replace(/^sha256:/, '').slice(0, 12) ?? 'new';

function contentsSection({ variant, packages }: ImageStory['contents'][number]): Html {
  return markup`<details>
    <summary>${packages.length} packages${variant !== '' && ` of the variant ${variant}`}</summary>
    ${table(
      `Packages in the last lock${variant === '' ? '' : `, ${variant}`}`,
      ['Package', 'Version'],
      packages.map(({ name, version }) => [name, version]),
    )}
  </details>`;
}

function releasesSection(releases: readonly ImageRecord[], around: Surroundings): Html {
  return markup`<section aria-labelledby="releases">
    <h2 id="releases">Releases</h2>
    ${table(
      'Newest first',
      ['Version', 'Outcome', 'When', 'Generation', 'Checks', 'Why'],
      releases.map(({ lock, outcome: word, finishedAt, verdicts, decisions, reason }) => [
        lock.variants[0]?.version ?? '',
        outcome(word),
        ago(finishedAt, around.now),
        lock.generation,
        imageSummary({ lock, verdicts, accepted: acceptedIn(decisions) }),
        reason,
      ]),
      ['Why'],
    )}
  </section>`;
}

function acceptedIn(decisions: ImageRecord['decisions']) {
  return decisions.flatMap(({ decision, at }) =>
    decision.kind === 'waive' ? [{ check: decision.check, by: decision.by, reason: decision.reason, at }] : [],
  );
}
