import { fail, ok, type Problem, type Result } from '../result';
import { bumpEpoch, bumpVersion, bumpVersionAndEpoch, expectationsOf, type Expectation, type SourceDigests } from './edit';
import { readSpec } from './read';
import type { Located, SourceReference } from './spec';

/** A bump as a person or a program asks for it: the new values of the sources that depend on the version, each kind in the order in which the file names them. */
export interface BumpRequest {
  readonly to: string;
  readonly commits: readonly string[];
  readonly sha256: readonly string[];
  readonly sha512: readonly string[];
  readonly epoch?: number;
  readonly reason?: string;
}

/**
 * The edited spec. To the version that it has already only the epoch can change, and that wants a reason; a value too few or too many is an error.
 * Checkouts of one repository at one tag take one commit between them where not each is given its own.
 */
export function bumpSpec(text: string, file: string, request: BumpRequest): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const { version, epoch: now } = read.value;
  const { to, epoch, reason } = request;
  if (to === version.value && (epoch !== undefined || reason !== undefined)) {
    return bumpEpoch(text, file, { reason: reason ?? '', ...(epoch === undefined ? {} : { epoch }) });
  }
  const expectations = to === version.value ? ok([]) : expectationsOf(read.value, to);
  if (!expectations.ok) return expectations;
  const digests = assign(expectations.value, request, version);
  if (!digests.ok) return digests;
  const bump = { version: to, digests: (source: SourceReference) => digests.value.get(stepKey(source)) };
  if (epoch === undefined && reason === undefined) return bumpVersion(text, file, bump);
  if (reason === undefined) {
    return fail([
      {
        message: 'an epoch that a version does not start with needs a reason',
        at: now.at,
        remedy: 'leave it out for epoch 0, or give the reason',
      },
    ]);
  }
  return bumpVersionAndEpoch(text, file, { ...bump, epoch: epoch ?? 0, reason });
}

const stepKey = ({ at }: SourceReference): string => `${at.line}:${at.column}`;

type Given = Record<keyof SourceDigests, readonly string[]>;

/** The digests of each step, by its position: each place takes the next value of its kind. */
function assign(
  expectations: readonly Expectation[],
  request: BumpRequest,
  version: Located,
): Result<ReadonlyMap<string, SourceDigests>, readonly Problem[]> {
  const given: Given = { commit: request.commits, sha256: request.sha256, sha512: request.sha512 };
  const values = new Map<number, string>();
  const problems: Problem[] = [];
  for (const kind of ['commit', 'sha256', 'sha512'] as const) {
    const places = inFileOrder(expectations.filter(({ digest }) => digest === kind));
    const groups = places.length === given[kind].length ? places.map((place) => [place]) : sameSource(places);
    groups.forEach((group, index) => {
      const value = given[kind][index];
      if (value !== undefined) for (const { place } of group) values.set(place.offset, value);
    });
    if (given[kind].length > groups.length) {
      const more = `${given[kind].length} values are given for ${kind}, and ${groups.length} can be taken`;
      problems.push({
        message: more,
        at: expectations[0]?.place.at ?? version.at,
        remedy: 'give one for each source that depends on the version',
      });
    }
  }
  if (problems.length) return fail(problems);
  const steps = new Map<string, SourceDigests>();
  for (const { source, digest, place } of expectations) {
    const key = stepKey(source);
    const value = values.get(place.offset);
    if (value !== undefined) steps.set(key, { ...steps.get(key), [digest]: value });
  }
  return ok(steps);
}

/** Each place once: a variable may stand for several, and a step in a range is one for each item. */
function inFileOrder(expectations: readonly Expectation[]): readonly Expectation[] {
  const byPlace = new Map(expectations.map((expectation) => [expectation.place.offset, expectation]));
  return [...byPlace.values()].sort((a, b) => a.place.offset - b.place.offset);
}

function sameSource(places: readonly Expectation[]): readonly (readonly Expectation[])[] {
  const groups = new Map<string, Expectation[]>();
  for (const place of places) {
    const { source } = place;
    const key = source.kind === 'fetch' ? source.uri : JSON.stringify([source.repository, source.tag, source.branch]);
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return [...groups.values()];
}
