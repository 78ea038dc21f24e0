import type { Problem } from '../result';
import { parseVersion } from '../version/version';
import type { TagStream } from './image';
import type { ImageSpec, ImageStream } from './spec';

/** `X` is the first number of a version, `X.Y` the first two, `X.Y.Z` the whole version as it is. */
export const TAG_RULES = ['latest', 'X', 'X.Y', 'X.Y.Z'] as const;
export type TagRule = (typeof TAG_RULES)[number];

/** The tags of one variant at one version, or why it has none. */
export type ImageTagging = { readonly stream: string; readonly tags: readonly string[] } | { readonly none: string };

const PREFIX = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)*$/;
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const DAY_MILLISECONDS = 24 * 3600 * 1000;
const WARNING_DAYS = 30;
const PRE_RELEASE = ['alpha', 'beta', 'pre', 'rc'];

/**
 * The tags that a variant has at a version of the main package (`2.15.1-r0`; the revision is in no tag), by the rules of the stream that the version belongs to.
 * A pre-release has only the tag of its whole version. `today` is `YYYY-MM-DD`: a stream past its end of life moves no tag.
 */
export function tagsOf(spec: Pick<ImageSpec, 'streams'>, variant: string, fullVersion: string, today: string): ImageTagging {
  const version = fullVersion.replace(/-r\d+$/, '');
  const stream = spec.streams.find(({ versions }) => belongs(version, versions));
  if (!stream) {
    const known = spec.streams.map(({ name, versions }) => `${name} (${versions})`).join(', ');
    return { none: `no stream takes version ${version}; there are ${known}: add one to image.yaml` };
  }
  if (stream.endOfLife !== undefined && today >= stream.endOfLife) return { none: endOfLifeText(stream.name, stream.endOfLife, today)! };
  const ending = variant === '' ? '' : `-${variant}`;
  const tags = stream.tags.flatMap((rule) => tagOf(rule, version) ?? []).map((tag) => `${tag}${ending}`);
  return { stream: stream.name, tags: [...new Set(tags)] };
}

/** A stream that has reached its end of life, or will within 30 days, and the tags that it concerns. */
export interface StreamEnd {
  readonly stream: string;
  /** `YYYY-MM-DD`. */
  readonly endOfLife: string;
  readonly past: boolean;
  readonly tags: readonly string[];
  readonly text: string;
}

/** Streams whose end of life people must know of on the day `today` (`YYYY-MM-DD`, UTC), by the record of the tags. */
export function streamEnds(streams: Readonly<Record<string, TagStream>>, today: string): readonly StreamEnd[] {
  const known = new Map(Object.values(streams).map((one) => [one.stream, one.endOfLife]));
  return [...known].flatMap(([stream, endOfLife]) => {
    const text = endOfLife === undefined ? undefined : endOfLifeText(stream, endOfLife, today);
    if (endOfLife === undefined || text === undefined) return [];
    const tags = Object.keys(streams).filter((tag) => streams[tag]!.stream === stream);
    return [{ stream, endOfLife, past: today >= endOfLife, tags, text }];
  });
}

/** The streams of tags after a release: those that it has tags of, and for all the end of life that image.yaml says now. A stream that image.yaml does not name any more keeps its own. */
export function streamsOfTags(
  before: Readonly<Record<string, TagStream>>,
  taggings: readonly ImageTagging[],
  spec: Pick<ImageSpec, 'streams'>,
): Readonly<Record<string, TagStream>> {
  const named = taggings.flatMap((tagging) =>
    'tags' in tagging ? tagging.tags.map((tag): [string, TagStream] => [tag, { stream: tagging.stream }]) : [],
  );
  const known = Object.entries({ ...before, ...Object.fromEntries(named) });
  return Object.fromEntries(
    known.map(([tag, { stream, endOfLife }]) => {
      const now = spec.streams.find(({ name }) => name === stream);
      const day = now ? now.endOfLife : endOfLife;
      return [tag, { stream, ...(day === undefined ? {} : { endOfLife: day }) }];
    }),
  );
}

/** What is to be said of a stream's end of life: from 30 days before on. */
export function endOfLifeText(stream: string, endOfLife: string, today: string): string | undefined {
  if (today >= endOfLife) return `the stream ${stream} reached its end of life on ${endOfLife}: its tags stay where they are`;
  const days = Math.round((Date.parse(endOfLife) - Date.parse(today)) / DAY_MILLISECONDS);
  if (days > WARNING_DAYS) return undefined;
  return `the stream ${stream} reaches its end of life on ${endOfLife}, in ${days === 1 ? '1 day' : `${days} days`}: from then on its tags stay where they are`;
}

function tagOf(rule: TagRule, version: string): string | undefined {
  const parsed = parseVersion(version);
  const tokens = parsed.ok ? parsed.value.tokens : [];
  // OCI distribution specification 1.1: a tag is `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`; the ~ of a version with a commit does not fit.
  if (rule === 'X.Y.Z') return version.replace(/[^a-zA-Z0-9._-]/g, '_');
  if (tokens.some(({ kind, text }) => kind === 'suffix' && PRE_RELEASE.includes(text))) return undefined;
  if (rule === 'latest') return rule;
  const numbers = tokens.filter(({ kind }) => kind === 'first-number' || kind === 'number').map(({ text }) => text);
  const wanted = rule === 'X' ? 1 : 2;
  return numbers.length < wanted ? undefined : numbers.slice(0, wanted).join('.');
}

function belongs(version: string, versions: string): boolean {
  if (versions === '*') return true;
  return version.startsWith(versions) && !/^\d/.test(version.slice(versions.length));
}

/** What is wrong with the streams of an image: versions and dates that are none, and tags or versions that two streams would have. */
export function streamProblems(streams: readonly ImageStream[]): readonly Problem[] {
  return [
    ...streams.flatMap(ownProblems),
    ...streams.flatMap((stream, index) => streams.slice(0, index).flatMap((other) => clash(other, stream))),
  ];
}

function ownProblems({ name, versions, tags, endOfLife, at }: ImageStream): readonly Problem[] {
  return [
    ...(versions === '*' || PREFIX.test(versions)
      ? []
      : [
          {
            message: `the stream ${name} takes the versions ${JSON.stringify(versions)}`,
            at,
            remedy: 'the numbers that they start with, such as 2 or 2.15, or "*" for all',
          },
        ]),
    ...(tags.length === 0
      ? [{ message: `the stream ${name} has no tags`, at, remedy: `leave \`tags\` out, or name some of ${TAG_RULES.join(', ')}` }]
      : []),
    ...(endOfLife === undefined || (DAY.test(endOfLife) && isDay(endOfLife))
      ? []
      : [
          { message: `the end of life ${JSON.stringify(endOfLife)} of the stream ${name} is no day`, at, remedy: 'write it as 2027-01-31' },
        ]),
  ];
}

/** 31 February has the form of a day. */
function isDay(text: string): boolean {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

function clash(a: ImageStream, b: ImageStream): readonly Problem[] {
  const between = `the streams ${a.name} and ${b.name}`;
  if (a.name === b.name) return [{ message: `the stream ${a.name} is there twice`, at: b.at, remedy: 'give it another name' }];
  if (overlap(a.versions, b.versions))
    return [
      {
        message: `${between} both take versions that start with ${longer(a.versions, b.versions)}`,
        at: b.at,
        remedy: 'a version belongs to one stream',
      },
    ];
  const both = a.tags.filter((rule) => b.tags.includes(rule));
  return both.flatMap((rule) => {
    const tag = shared(rule, a.versions, b.versions);
    return tag === undefined
      ? []
      : [{ message: `${between} would both have the tag ${tag}`, at: b.at, remedy: `take \`${rule}\` from the \`tags\` of one of them` }];
  });
}

const overlap = (a: string, b: string) => a === '*' || b === '*' || belongs(a, b) || belongs(b, a);
const longer = (a: string, b: string) => (a === '*' ? b : b === '*' ? a : a.length > b.length ? a : b);

/** The tag that a rule gives versions of both streams; streams that do not overlap have no whole version in common. */
function shared(rule: TagRule, a: string, b: string): string | undefined {
  if (rule === 'latest') return rule;
  if (rule === 'X.Y.Z') return undefined;
  const parts = rule === 'X' ? 1 : 2;
  const [left, right] = [a, b].map((versions) => versions.split('.').slice(0, parts).join('.'));
  return left === right ? left : undefined;
}
