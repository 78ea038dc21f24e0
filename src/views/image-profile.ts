import { imageSummary } from '../domain/image/gate';
import type { ImageRecord, ImageTags, RecordedMove } from '../domain/image/image';
import type { ImageHold } from '../domain/image/order';
import type { ImageSpec } from '../domain/image/spec';
import type { StreamEnd } from '../domain/image/stream';
import type { PushedLock } from './locked-image';
import { vulnerabilitiesOf, type ImageVulnerability } from './image-vulnerabilities';
import type { ImageInFlight, ImageStory, MadeImage } from './images';
import { pageOf, type PageOf } from './page-of';
import type { RunningSuite } from './running-suites';
import type { Vulnerabilities } from './vulnerabilities';

/** A tag as it stands. */
export interface ShownTag {
  readonly tag: string;
  readonly digest: string;
  /** Of the release that made the digest; absent where its record is older than those that are looked at. */
  readonly version?: string;
  readonly generation?: number;
  /** When it was moved last, and why. */
  readonly since?: string;
  readonly reason?: string;
}

/** A package in an image, over all its architectures. */
export interface ImageContent {
  readonly name: string;
  readonly version: string;
  readonly architectures: readonly string[];
  /** The package that it belongs to, where the published repository has it. */
  readonly origin?: string;
  /** Of the .apk file, of the largest architecture; absent where the lock does not tell. */
  readonly bytes?: number;
}

/** What is behind one tag. */
export interface ShownImage extends ShownTag {
  readonly release: string;
  readonly architectures: readonly string[];
  readonly packages: readonly ImageContent[];
  /** Absent where the factory keeps no advisories. */
  readonly vulnerabilities?: ShownVulnerabilities;
}

export interface ShownVulnerabilities {
  /** Open ones first. */
  readonly known: readonly ImageVulnerability[];
  /** Packages that the advisories of this factory do not speak of: another repository made them. */
  readonly foreign: number;
  readonly problem?: string;
}

/** Sizes of a variant, oldest first. */
export interface ImageSizes {
  readonly variant: string;
  readonly points: readonly Omit<MadeImage, 'variant'>[];
}

export interface ImageRelease {
  readonly release: string;
  readonly version: string;
  readonly outcome: ImageRecord['outcome'];
  readonly reason: string;
  readonly generation: number;
  readonly checks: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** All that the page of an image shows; the same as JSON. */
export interface ImageProfile {
  readonly image: string;
  readonly distribution: string;
  /** Main package, and what it is for. */
  readonly package?: string;
  readonly summary?: string;
  /** `host/path` that it is pulled from. */
  readonly pull?: string;
  /** The registry speaks plain HTTP: clients must be told. */
  readonly insecure?: boolean;
  /** Path of the key at the gateway that verifies its signatures. */
  readonly key?: string;
  readonly tags: readonly ShownTag[];
  /** What the tag that was asked for stands for; without a wish `latest`, else the one moved last. */
  readonly shown?: ShownImage;
  readonly sizes: readonly ImageSizes[];
  /** Newest first. */
  readonly moves: PageOf<RecordedMove>;
  readonly streams: ImageSpec['streams'];
  readonly untested: ImageSpec['untested'];
  /** Streams whose end of life has come, or comes within 30 days. */
  readonly ends: readonly StreamEnd[];
  /** Who said that it stays as it is for now, and why. */
  readonly hold?: ImageHold;
  readonly problem?: string;
  readonly lastLook?: { readonly at: string; readonly text: string };
  /** Whether its workflow answers. */
  readonly running: boolean;
  readonly rejected: readonly { readonly generation: number; readonly reason: string }[];
  readonly inFlight?: ImageInFlight;
  /** Suites that run now, also those that a person asked for. */
  readonly suites: readonly RunningSuite[];
  /** Newest first. */
  readonly releases: readonly ImageRelease[];
}

const MOVES = 40;

/** Every tag: `latest` and its like first, then the last moved; those of one digest beside each other. `made` tells the versions. */
export function shownTags(record: ImageTags | undefined, made: readonly MadeImage[] = []): readonly ShownTag[] {
  const newest = [...(record?.moves ?? [])].reverse();
  const shown = Object.entries(record?.tags ?? {}).map(([tag, digest]): ShownTag => {
    const move = newest.find((candidate) => candidate.tag === tag);
    const from = made.findLast((candidate) => candidate.digest === digest);
    return {
      tag,
      digest,
      ...(from ? { version: from.version, generation: from.generation } : {}),
      ...(move ? { since: move.at, reason: move.reason } : {}),
    };
  });
  const latest = record?.tags.latest;
  // Text sorts as the time does that it tells; what sorts before all comes last.
  const keys = ({ tag, digest, since = '' }: ShownTag) => [digest === latest, since, digest, tag === 'latest'] as const;
  const after = (a: ReturnType<typeof keys>, b: ReturnType<typeof keys>) => {
    const index = a.findIndex((key, at) => key !== b[at]);
    return index === -1 ? 0 : a[index]! < b[index]! ? 1 : -1;
  };
  return shown.sort((a, b) => after(keys(a), keys(b)) || (a.tag < b.tag ? -1 : 1));
}

/** The tag that a reader is shown: the one asked for, else `latest`, else the one moved last. */
export function tagToShow(tags: readonly ShownTag[], asked: string | undefined): ShownTag | undefined {
  const named = (name: string | undefined) => tags.find(({ tag }) => tag === name);
  return named(asked) ?? named('latest') ?? tags[0];
}

/** What is behind a tag. `origins` holds origins by `name version`, of packages that the published repository has. */
export function shownImage(
  tag: ShownTag,
  lock: PushedLock,
  origins: ReadonlyMap<string, string>,
  advised: Vulnerabilities | undefined,
): ShownImage {
  const packages = contentsOf(lock, origins);
  return {
    ...tag,
    release: lock.release,
    generation: lock.generation,
    architectures: [...new Set(lock.packages.map(({ architecture }) => architecture))].sort(),
    packages,
    ...(advised ? { vulnerabilities: vulnerabilitiesIn(packages, advised) } : {}),
  };
}

function contentsOf(lock: PushedLock, origins: ReadonlyMap<string, string>): readonly ImageContent[] {
  const contents = new Map<string, { architectures: string[]; bytes: number } & Pick<ImageContent, 'name' | 'version'>>();
  for (const { name, version, architecture, bytes = 0 } of lock.packages) {
    const key = `${name} ${version}`;
    const known = contents.get(key) ?? { name, version, architectures: [], bytes: 0 };
    contents.set(key, known);
    known.architectures.push(architecture);
    known.bytes = Math.max(known.bytes, bytes);
  }
  return [...contents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { name, version, architectures, bytes }]): ImageContent => {
      const origin = origins.get(key);
      return { name, version, architectures: architectures.sort(), ...(origin ? { origin } : {}), ...(bytes > 0 ? { bytes } : {}) };
    });
}

function vulnerabilitiesIn(packages: readonly ImageContent[], { known, problem }: Vulnerabilities): ShownVulnerabilities {
  const versions = new Map(packages.flatMap(({ origin, version }) => (origin === undefined ? [] : [[origin, version] as const])));
  return {
    known: vulnerabilitiesOf(known, versions),
    foreign: packages.filter(({ origin }) => origin === undefined).length,
    ...(problem ? { problem } : {}),
  };
}

/** Variants by name, each with the sizes of what was tagged. */
export function imageSizes(made: readonly MadeImage[]): readonly ImageSizes[] {
  return [...new Set(made.map(({ variant }) => variant))].sort().map((variant) => ({
    variant,
    points: made.filter((one) => one.variant === variant).map(({ variant: _variant, ...point }) => point),
  }));
}

/** Where it stands and how it came to this, without what is behind a tag. */
export function imageProfile(
  story: ImageStory,
  tags: readonly ShownTag[],
  asked: { readonly moves: number },
): Omit<ImageProfile, 'distribution' | 'streams' | 'untested' | 'suites'> {
  const { image, last, entity, inFlight } = story;
  return {
    image,
    tags,
    sizes: imageSizes(story.made),
    moves: pageOf([...(story.tags?.moves ?? [])].reverse(), asked.moves, MOVES),
    ends: story.ends ?? [],
    ...(entity?.hold ? { hold: entity.hold } : {}),
    ...(last?.problem === undefined ? {} : { problem: last.problem }),
    ...(entity?.lastLook ? { lastLook: entity.lastLook } : {}),
    running: entity !== undefined,
    rejected: entity?.rejected.map(({ generation, reason }) => ({ generation, reason })) ?? [],
    ...(inFlight ? { inFlight } : {}),
    releases: story.releases.map(released),
  };
}

function released({ id, lock, outcome, reason, verdicts, decisions, startedAt, finishedAt }: ImageRecord): ImageRelease {
  const accepted = decisions.flatMap(({ decision, at }) =>
    decision.kind === 'waive' ? [{ check: decision.check, by: decision.by, reason: decision.reason, at }] : [],
  );
  return {
    release: id,
    version: lock.variants[0]?.version ?? '',
    ...{ outcome, reason, startedAt, finishedAt },
    generation: lock.generation,
    checks: imageSummary({ lock, verdicts, accepted }),
  };
}
