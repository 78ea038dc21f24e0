import { gate, summaryLine } from '../../domain/check/gate';
import type { Verdict, Waiver } from '../../domain/check/verdict';
import type { DecisionRecord, ReleaseRecord } from '../../domain/release/release';
import { purposeOf } from '../../domain/release/purpose';
import type { Withdrawal } from '../../domain/repository/index-rules';
import { duration } from '../../domain/text/duration';
import { moment } from '../../domain/text/moment';
import { sizeText } from '../../domain/text/size';
import type { PublishedPackage, Since } from '../../views/catalogue';
import type { Dependents } from '../../views/dependents';
import { shortName, type InFlight } from '../../views/in-flight';
import type { PackagePart } from '../../views/package-parts';
import type { PackageStory } from '../../views/package-story';
import { packageId, type ReleaseView } from '../../workflows/messages';
import type { Vulnerabilities } from '../../views/vulnerabilities';
import type { Page } from './document';
import { markup, type Html } from './markup';
import { ago, outcome, packageLinks, since, table, took, waitingPart, webLink, workflowLink, type Surroundings } from './parts';
import { unreadable, vulnerabilityTable } from './vulnerabilities';

/** Releases told in full; older ones are in the list alone. */
const IN_FULL = 10;
const LISTED = 100;
const BUILDS = 20;
const PROVIDES = 8;
/** Names in one line. */
const NEEDED = 60;

/** What the page of a package shows. */
export interface PackagePageStory {
  readonly story: PackageStory;
  readonly published?: PublishedPackage;
  readonly since: (version: string) => Since | undefined;
  readonly withdrawn: readonly Withdrawal[];
  readonly inFlight: readonly InFlight[];
  /** Absent where the factory keeps no advisories. */
  readonly vulnerabilities?: Vulnerabilities;
  /** What the newest published version consists of. */
  readonly parts: readonly PackagePart[];
  readonly neededBy: Dependents;
  /** Images that have it in their last lock. */
  readonly images: readonly string[];
}

/** The same as the page for programs: what the page leaves out of long lists, it leaves out too. */
export function packageJson(distribution: string, told: PackagePageStory) {
  const { story, published, since: from, inFlight, vulnerabilities, ...rest } = told;
  const { entity, releases, published: versions, ...known } = story;
  return {
    distribution,
    ...known,
    ...(published ? { published } : {}),
    versions: newestOf(versions).map((version) => ({ version, ...from(version) })),
    ...(entity ? { entity } : {}),
    inFlight,
    ...rest,
    ...(vulnerabilities ? { vulnerabilities: { ...vulnerabilities, known: vulnerabilities.known.slice(0, LISTED) } } : {}),
    releases: releases.slice(0, IN_FULL),
    olderReleases: releases
      .slice(IN_FULL, LISTED)
      .map(({ id, outcome: is, generation, finishedAt }) => ({ id, outcome: is, generation, finishedAt })),
  };
}

const newestOf = (versions: readonly string[]) => [...versions].reverse().slice(0, LISTED);

/** `GET /packages/<name>`: where it stands, its versions, and each release with its verdicts and the chain of its causes. */
export function packagePage(distribution: string, told: PackagePageStory, around: Surroundings): Page {
  const { story, published, inFlight } = told;
  const { entity } = story;
  return {
    title: `${story.package} in ${distribution}`,
    distribution,
    at: 'elsewhere',
    json: `/packages/${encodeURIComponent(story.package)}.json`,
    main: markup`<p class="crumbs"><a href="/packages">Packages</a></p>
      <h1>${story.package}</h1>
      ${
        published &&
        markup`<p class="lead">${published.summary}</p>
          <p class="quiet">${published.license}${published.url && markup`, ${webLink(published.url)}`}</p>`
      }
      <dl class="figures">
        <div>
          <dt>published</dt>
          <dd>${story.published.at(-1) ?? 'nothing'}</dd>
        </div>
        <div>
          <dt>main says</dt>
          <dd>${story.spec ?? 'nothing'}</dd>
        </div>
        ${
          entity?.next &&
          markup`<div>
            <dt>next</dt>
            <dd>${entity.next.version}-r${entity.next.epoch}</dd>
          </div>`
        }
      </dl>
      ${entity?.stopped && markup`<p class="notice">Stopped: ${entity.stopped}</p>`}
      ${entity?.lastLook && markup`<p>Last look, ${ago(entity.lastLook.at, around.now)}: ${entity.lastLook.text}</p>`}
      ${entity?.rejected.map(({ version, reason }) => markup`<p>Not released: ${version}: ${reason}</p>`)}
      ${entity && markup`<p class="quiet">${workflowLink(packageId(story.package), around)}</p>`}
      ${inFlight.map((release) => runningSection(release, around))}
      ${versionsSection(told, around)}
      ${told.parts.length > 0 && partsSection(told.parts)}
      ${neededSection(told)}
      ${told.vulnerabilities && vulnerabilitiesSection(told.vulnerabilities, around)}
      ${buildsSection(story.releases, around)}
      ${story.releases.length > 0 && releasesSection(story.releases, around)}`,
  };
}

function runningSection({ release, stage, startedAt, view }: InFlight, around: Surroundings): Html {
  return markup`<section aria-label="in flight">
    <h2>${shortName(release)} is in flight</h2>
    <p>
      ${view ? stage : markup`${stage} <span class="bad">(its worker does not answer)</span>`}, since ${since(startedAt, around.now)}.
      ${workflowLink(release, around)}
    </p>
    ${view?.waitingFor && markup`<div class="waiting">${waitingPart(view.waitingFor, view.refused, around.now)}</div>`}
    ${view && releaseParts(view)}
  </section>`;
}

function versionsSection({ story, since: from, withdrawn, published }: PackagePageStory, around: Surroundings): Html {
  const rows = newestOf(story.published).map((version, index) => {
    const brought = from(version);
    return [version, index === 0 ? outcome('published') : 'published', brought && ago(brought.time, around.now), brought?.generation, ''];
  });
  const back = [...withdrawn]
    .reverse()
    .map(({ version, by, reason, at }) => [
      version,
      markup`<span class="bad">withdrawn</span>`,
      ago(at, around.now),
      undefined,
      `${by}: ${reason}`,
    ]);
  if (rows.length + back.length === 0) return markup``;
  return markup`<section aria-labelledby="versions">
    <h2 id="versions">Versions</h2>
    ${published && markup`<p class="quiet">${published.version} is there for ${published.architectures.join(', ')}.</p>`}
    ${table('Newest first', ['Version', 'State', 'When', 'Generation', 'Remark'], [...rows, ...back], ['Remark'])}
  </section>`;
}

function partsSection(parts: readonly PackagePart[]): Html {
  return markup`<section aria-labelledby="parts">
    <h2 id="parts">What it installs as</h2>
    ${table(
      'Packages of the newest version, by name',
      ['Name', 'Packed', 'Installed', 'Provides', 'What it is'],
      parts.map(({ name, bytes, installedBytes, provides, summary }) => [
        name,
        sizeText(bytes),
        sizeText(installedBytes),
        markup`${provides.slice(0, PROVIDES).map((atom) => markup`<code>${atom}</code> `)}${provides.length > PROVIDES && `and ${provides.length - PROVIDES} more`}`,
        summary,
      ]),
      ['Provides', 'What it is'],
    )}
  </section>`;
}

function neededSection({ neededBy, images }: PackagePageStory): Html {
  const { build, runtime } = neededBy;
  const row = (what: string, names: readonly string[]) =>
    markup`<div><dt>${what}</dt><dd>${names.length === 0 ? 'none' : packageLinks(names, NEEDED)}</dd></div>`;
  return markup`<section aria-labelledby="needed">
    <h2 id="needed">Who needs it</h2>
    <dl class="facts">
      ${row('to be built', build ?? [])}
      ${build === undefined && markup`<div><dt></dt><dd>(the specs are being read: load this page again)</dd></div>`}
      ${row('to be installed', runtime)}
      <div><dt>images</dt><dd>${images.length === 0 ? 'none' : images.slice(0, NEEDED).map((name, index) => markup`${index > 0 && ', '}<a href="/images/${encodeURIComponent(name)}">${name}</a>`)}</dd></div>
    </dl>
  </section>`;
}

function buildsSection(releases: readonly ReleaseRecord[], around: Surroundings): Html | false {
  const builds = releases.flatMap(({ id, builds: made, finishedAt }) =>
    made.map((build) => ({ ...build, release: shortName(id), at: finishedAt })),
  );
  if (builds.length === 0) return false;
  return markup`<section aria-labelledby="builds">
    <h2 id="builds">Builds</h2>
    ${table(
      builds.length > BUILDS ? `The last ${BUILDS} of ${builds.length}` : 'Newest first',
      ['Release', 'Architecture', 'Outcome', 'When', 'Took', 'Packed'],
      builds
        .slice(0, BUILDS)
        .map(({ release, architecture, outcome: word, reused, at, seconds, packages }) => [
          release,
          architecture,
          markup`${outcome(word)}${reused && ', found by its content'}`,
          ago(at, around.now),
          duration(seconds),
          sizeText(packages.reduce((sum, { bytes }) => sum + bytes, 0)),
        ]),
    )}
  </section>`;
}

function vulnerabilitiesSection({ known, problem }: Vulnerabilities, around: Surroundings): Html {
  return markup`<section aria-labelledby="vulnerabilities">
    <h2 id="vulnerabilities">Vulnerabilities</h2>
    ${problem ? unreadable(problem) : known.length === 0 && markup`<p>None is known.</p>`}
    ${known.length > 0 && vulnerabilityTable('Open ones first', known.slice(0, LISTED), around.now, { packages: false })}
    ${known.length > LISTED && markup`<p>${known.length - LISTED} more: <a href="/repository/security.json">security.json</a></p>`}
  </section>`;
}

function releasesSection(releases: readonly ReleaseRecord[], around: Surroundings): Html {
  const older = releases.slice(IN_FULL, LISTED);
  return markup`<section aria-labelledby="releases">
    <h2 id="releases">Releases</h2>
    ${releases.slice(0, IN_FULL).map(
      (release, index) =>
        markup`<details${index === 0 && markup` open`}>
          <summary><h3>${shortName(release.id)}</h3> ${outcome(release.outcome)}${release.generation !== undefined && markup` in generation ${release.generation}`}, ${ago(release.finishedAt, around.now)}, took ${took(release.startedAt, release.finishedAt)}</summary>
          <div>
            ${releaseParts(release)}
            <p class="quiet">${workflowLink(release.id, around)}</p>
          </div>
        </details>`,
    )}${
      older.length > 0 &&
      table(
        'Older ones',
        ['Release', 'Outcome', 'When', 'Generation'],
        older.map((release) => [shortName(release.id), outcome(release.outcome), ago(release.finishedAt, around.now), release.generation]),
      )
    }
  </section>`;
}

/** The chain of causes and the verdicts of a release, whether it runs or has ended. */
function releaseParts(release: ReleaseRecord | ReleaseView): Html {
  const { verdicts, waivers, input } = release;
  return markup`<ol class="chain">
      ${chain(release).map((step) => markup`<li>${step}</li>`)}
    </ol>
    ${verdicts.length > 0 && verdictTable(verdicts, waivers, summaryLine(verdicts, waivers, input.architectures))}
    ${failures(verdicts, gate(verdicts, waivers, input.architectures).failed)}`;
}

/** From what set it off to what came of it. */
function chain(release: ReleaseRecord | ReleaseView): readonly Html[] {
  const { input, change, decisions } = release;
  const commit = (id: string) => markup`<code>${id.slice(0, 12)}</code>`;
  return [
    ...input.causes.map(
      ({ at, kind, text, by, link }) =>
        markup`${moment(at)}: ${kind.replaceAll('-', ' ')}: ${text}${by && markup` (${by})`}${link && markup`, ${webLink(link)}`}`,
    ),
    markup`${purposeOf(input)}${input.candidate && markup`, which upstream offers as ${input.candidate.name}`}`,
    ...(change
      ? [markup`${change.summary}, commit ${commit(change.commit)}${change.branch && markup` on <code>${change.branch}</code>`}`]
      : []),
    ...decisions.map(decision),
    ...('outcome' in release
      ? [
          release.outcome === 'published'
            ? markup`${moment(release.finishedAt)}: merged${release.mergedAs && markup` as ${commit(release.mergedAs)}`}, signed and <span class="good">published</span>${release.generation !== undefined && markup` in generation ${release.generation}`}`
            : markup`${moment(release.finishedAt)}: ${outcome(release.outcome)}: ${release.reason}`,
        ]
      : [markup`now: ${release.stage}`]),
  ];
}

function decision({ decision: made, at, answered }: DecisionRecord): Html {
  const what = made.kind === 'waive' ? `waive ${made.check}` : made.kind === 'patch' ? `patch ${made.commit.slice(0, 12)}` : made.kind;
  return markup`${moment(at)}: ${made.by} decided: ${what}${made.reason && markup`: ${made.reason}`}${answered.length > 0 && markup`<br /><span class="quiet">answered ${answered.join('; ')}</span>`}`;
}

const ORDER = ['failed', 'waived', 'skipped', 'passed'];

function verdictTable(verdicts: readonly Verdict[], waivers: readonly Waiver[], summary: string): Html {
  const rows = verdicts
    .map((verdict) => {
      const waiver = verdict.outcome === 'failed' ? waivers.find((candidate) => candidate.check === verdict.check) : undefined;
      return { ...verdict, is: waiver ? 'waived' : verdict.outcome, remark: waiver && ` (waived by ${waiver.by}: ${waiver.reason})` };
    })
    .sort((a, b) => ORDER.indexOf(a.is) - ORDER.indexOf(b.is))
    .map(({ check, is, summary: says, remark, seconds }) => [check, outcome(is), markup`${says}${remark}`, duration(seconds)]);
  return table(`Checks: ${summary}`, ['Check', 'Verdict', 'What it says', 'Time'], rows, ['What it says']);
}

function failures(verdicts: readonly Verdict[], failed: readonly string[]): readonly Html[] {
  return verdicts
    .filter(({ check, details }) => failed.includes(check) && details.length > 0)
    .map(
      ({ check, details, failure }) =>
        markup`<details>
          <summary>What failed in ${check}</summary>
          <pre>${details.map((line) => markup`${line}\n`)}</pre>
          ${failure?.log && markup`<p class="quiet">The whole log: <code>${failure.log}</code> in the store</p>`}
        </details>`,
    );
}
