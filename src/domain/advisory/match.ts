import { compareVersions, parseVersion, splitFullVersion, type Version } from '../version/version';
import type { OsvAffected, OsvEvent, OsvRange, OsvRecord } from './osv';

/**
 * What a record says of a version. `fixed`: it names a fix, and the version contains it; `outside`: the version is in no affected range, and before any fix;
 * `unknown`: a bound of the record cannot be compared, and nothing is guessed.
 */
export type Standing = 'affected' | 'fixed' | 'outside' | 'unknown';

/**
 * Judges `version-rN` of a package by the entries of a record that are about the package. Entries count `version`; those of the distribution's own
 * ecosystem count the epoch too. The order is that of apk. One affected entry decides; then one that cannot be told; then one that is fixed.
 */
export function standingOf(record: OsvRecord, version: string, entryOf: (entry: OsvAffected) => 'own' | 'upstream' | undefined): Standing {
  const entries = record.affected.flatMap((entry) => {
    const kind = entryOf(entry);
    return kind ? [entryStanding(entry, kind === 'own' ? version : withoutRevision(version))] : [];
  });
  return worst(entries);
}

/** Worst first: several answers are one by the most careful of them. No answer is `outside`. */
export function worst(standings: readonly Standing[]): Standing {
  return (['affected', 'unknown', 'fixed'] as const).find((standing) => standings.includes(standing)) ?? 'outside';
}

function withoutRevision(version: string): string {
  const split = splitFullVersion(version);
  return split.ok ? split.value.version : version;
}

function entryStanding(entry: OsvAffected, text: string): Standing {
  const version = readVersion(text);
  if (!version) return 'unknown';
  const listed = entry.versions.map(readVersion);
  if (entry.versions.includes(text) || listed.some((each) => each && compareVersions(each, version) === 0)) return 'affected';
  const ranges = entry.ranges.filter((range) => range.type !== 'GIT');
  if (ranges.length > 0) return worst(ranges.map((range) => rangeStanding(range, version)));
  if (entry.ranges.length === 0) return 'outside';
  return commitsStanding(entry, listed, version);
}

/** Ranges of commits have no order here; the versions that the record lists beside them do: what is newer than all of them has the fix, if there is one. */
function commitsStanding(entry: OsvAffected, listed: readonly (Version | undefined)[], version: Version): Standing {
  const hasFix = entry.ranges.some((range) => range.events.some((event) => 'fixed' in event || 'lastAffected' in event));
  const newer = listed.length > 0 && listed.every((each) => each && compareVersions(version, each) > 0);
  return hasFix && newer ? 'fixed' : 'unknown';
}

interface Bound {
  readonly kind: 'introduced' | 'fixed' | 'lastAffected';
  /** Undefined: before every version. */
  readonly version: Version | undefined;
}

/** The evaluation of the OSV schema: the bounds in their order switch between affected and not. */
function rangeStanding(range: OsvRange, version: Version): Standing {
  const bounds: Bound[] = [];
  for (const event of range.events) {
    if ('limit' in event) {
      if (event.limit === '*') continue;
      const limit = readVersion(event.limit);
      if (!limit) return 'unknown';
      if (compareVersions(version, limit) >= 0) return 'outside';
      continue;
    }
    const bound = boundOf(event);
    if (!bound) return 'unknown';
    bounds.push(bound);
  }
  bounds.sort(inOrder);
  let standing: Standing = 'outside';
  for (const bound of bounds) {
    const order = bound.version ? compareVersions(version, bound.version) : 1;
    if (bound.kind === 'introduced' && order >= 0) standing = 'affected';
    if (standing !== 'affected') continue;
    if (bound.kind === 'fixed' && order >= 0) standing = 'fixed';
    if (bound.kind === 'lastAffected' && order > 0) standing = 'fixed';
  }
  return standing;
}

function boundOf(event: Exclude<OsvEvent, { readonly limit: string }>): Bound | undefined {
  const [kind, text] = Object.entries(event)[0] as [Bound['kind'], string];
  if (kind === 'introduced' && text === '0') return { kind, version: undefined };
  const version = readVersion(text);
  return version && { kind, version };
}

/** At one version a fix comes before what is introduced there: in doubt it is affected. */
function inOrder(a: Bound, b: Bound): number {
  if (!a.version || !b.version) return Number(Boolean(a.version)) - Number(Boolean(b.version));
  return compareVersions(a.version, b.version) || Number(a.kind === 'introduced') - Number(b.kind === 'introduced');
}

/** Words of other schemes for what apk writes as a suffix (semver.org 2.0, PEP 440). */
const SUFFIXES: Readonly<Record<string, string>> = {
  a: 'alpha',
  alpha: 'alpha',
  b: 'beta',
  beta: 'beta',
  c: 'rc',
  rc: 'rc',
  pre: 'pre',
  preview: 'rc',
};

/**
 * A version of another scheme as apk orders it: a leading `v` goes, `-rc.1` and `rc1` become `_rc1`, build metadata after `+` goes.
 * Undefined for what has no such form, and for `1.0.post1` and the like: they are not guessed.
 */
function readVersion(text: string): Version | undefined {
  const bare = text.replace(/^v(?=\d)/, '').replace(/\+incompatible$|\+[0-9A-Za-z.-]+$/, '');
  const direct = parseVersion(bare);
  // `1.0a` is a letter of apk, and an unfinished pre-release elsewhere: only apk's own reading of a letter with no digits after it holds.
  if (direct.ok) return direct.value;
  const parts = /^(\d+(?:\.\d+)*)[-._]?(alpha|beta|preview|pre|rc|a|b|c)[-._]?(\d*)(-r\d+)?$/i.exec(bare);
  if (!parts) return undefined;
  const [, numbers = '', word = '', number = '', revision = ''] = parts;
  const parsed = parseVersion(`${numbers}_${SUFFIXES[word.toLowerCase()]}${number}${revision}`);
  return parsed.ok ? parsed.value : undefined;
}
