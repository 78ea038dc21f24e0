import type { IndexRecord } from '../apk/apk';
import type { BuildDifference, LostSoname } from '../apk/difference';
import type { Comparison, ReleaseInput } from './release';

/** How the build of one architecture differs from what is published for it; without a difference nothing of the package is published there. */
export interface ComparedArchitecture {
  readonly difference?: BuildDifference;
  /** The published records of that architecture. */
  readonly index: readonly IndexRecord[];
}

/** The less before the more: what is new somewhere must be published, but nobody is linked with it there. */
const KINDS: readonly Comparison['kind'][] = ['same', 'new', 'content', 'compatible', 'break'];
const LINES = 20;
const LINE = 200;

/** One comparison of all architectures: of each thing the most. What misses a soname that is gone is named by its origin, since that is what can be built again. */
export function comparisonOf(architectures: readonly ComparedArchitecture[]): Comparison {
  const found = architectures.map(({ difference, index }) => ({ difference, lost: lostIn(difference), index }));
  const kinds = found.map(({ difference }) => KINDS.indexOf(difference?.kind ?? 'new'));
  const breaks = found.flatMap(({ lost, index }) => originsOf(new Set(lost.flatMap(({ dependents }) => dependents)), index));
  const gone = found.flatMap(({ lost }) => lost.map(lostLine));
  const changes = found.flatMap(({ difference }) => (difference && difference.kind !== 'same' ? difference.changes : []));
  return {
    kind: KINDS[Math.max(...kinds)] ?? 'new',
    breaks: sorted(breaks),
    removed: sorted(found.flatMap(({ lost }) => lost.map(({ soname }) => soname))),
    changes: shortened([...new Set([...gone, ...changes])]),
  };
}

/** What a release does to those who are linked with it, in one line for people. */
export function comparisonLine({ kind, breaks, removed }: Comparison): string {
  if (kind === 'new') return 'the first of it: there is nothing to compare it with';
  if (kind === 'same') return 'the content is the same, and so is the ABI: nothing linked with it is to be rebuilt';
  if (kind === 'content') return 'ABI the same: nothing linked with it is to be rebuilt';
  if (removed.length === 0) return 'ABI compatible, no soname is gone: nothing linked with it is to be rebuilt';
  const gone = `ABI broken, ${named(removed)} gone`;
  return breaks.length === 0 ? `${gone}, which nothing is linked with` : `${gone}: ${named(breaks)} to be rebuilt`;
}

/** Why a rebuild ended without a publication. */
export function equalReason({ previous, causes }: Pick<ReleaseInput, 'previous' | 'causes'>): string {
  return `equal to ${previous ?? 'what is published'} in content: nothing published, current for ${named(causes.map((cause) => cause.text))}`;
}

const SHOWN = 6;

function named(names: readonly string[]): string {
  const more = names.length > SHOWN ? [`${names.length - SHOWN} more`] : [];
  return [...names.slice(0, SHOWN), ...more].join(', ');
}

/** A soname that another package keeps is missed by nobody. */
function lostIn(difference: BuildDifference | undefined): readonly LostSoname[] {
  return difference?.kind === 'break' ? difference.lost.filter(({ keeper }) => keeper === undefined) : [];
}

function lostLine({ soname, dependents }: LostSoname): string {
  return dependents.length > 0 ? `${soname} is gone, needed by ${dependents.join(', ')}` : `${soname} is gone, needed by nothing`;
}

function originsOf(dependents: ReadonlySet<string>, index: readonly IndexRecord[]): readonly string[] {
  return index.filter(({ name, version }) => dependents.has(`${name}-${version}`)).map(({ origin, name }) => origin || name);
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort();

function shortened(lines: readonly string[]): readonly string[] {
  const clipped = lines.map((line) => (line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line));
  if (clipped.length <= LINES) return clipped;
  return [...clipped.slice(0, LINES - 1), `and ${clipped.length - LINES + 1} more`];
}
