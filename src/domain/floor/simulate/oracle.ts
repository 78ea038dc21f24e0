import { randomOf, type Random } from '../../random';
import { parseVersion } from '../../version/version';
import type { PublishedChange } from '../floor';

/** Probabilities, and how long a person takes to mend what failed. */
export interface Assumptions {
  readonly breaks: Readonly<Record<Step, number>>;
  readonly equal: number;
  readonly fails: number;
  readonly mend: { readonly medianSeconds: number; readonly sigma: number; readonly capSeconds: number };
}

/**
 * What a season does not tell: how each build ends. Assumptions of ours where no source is named; docs/floor.md tells what they do to the figures.
 *
 * - `breaks`: a release of a library takes a soname away, by the first part of the version that changed. A major step is by semantic versioning allowed to, and half of them do not
 *   (harfbuzz 13 to 14, curl 7 to 8); a minor one is not, and a few do (boost).
 * - `equal`: a rebuild that nothing forces to differ makes what is published already.
 * - `fails`: of builds; facts of Debian and Fedora say 2 %, 6 % with tests. A person mends it within the time in which this kind of distribution mended its vulnerabilities (2025: median 0.57 days,
 *   90 % within 5.3), and the next try may fail again.
 */
export const ORACLE: Assumptions = {
  breaks: { major: 0.5, minor: 0.05, patch: 0.005 },
  equal: 0.7,
  fails: 0.02,
  mend: { medianSeconds: 0.57 * 86_400, sigma: 1.74, capSeconds: 30 * 86_400 },
};

const FIRST_DATE = 1900;

export type Step = 'major' | 'minor' | 'patch';

/** Answers the same for the same seed and question, whatever was asked before: two policies see the same world. `nth` counts the builds of the package, or its versions. */
export interface Oracle {
  readonly breaks: (name: string, version: string, step: Step) => boolean;
  readonly fails: (name: string, nth: number) => boolean;
  readonly mendSeconds: (name: string, nth: number) => number;
  readonly isEqual: (name: string, nth: number) => boolean;
}

export function oracleOf(seed: number, { breaks, fails, equal, mend }: Assumptions = ORACLE): Oracle {
  return {
    breaks: (name, version, step) => drawOf(seed, 'breaks', name, version).uniform() < breaks[step],
    fails: (name, nth) => drawOf(seed, 'fails', name, nth).uniform() < fails,
    mendSeconds: (name, nth) => Math.min(mend.capSeconds, drawOf(seed, 'mend', name, nth).lognormal(mend.medianSeconds, mend.sigma)),
    isEqual: (name, nth) => drawOf(seed, 'equal', name, nth).uniform() < equal,
  };
}

/**
 * How far a version goes: by its first number that changed, one place less for each leading 0 that both have (`0.4` to `0.5` is a major step). A first number from 1900 on is a date, and says
 * nothing: `patch`, as where a version is missing or none.
 */
export function stepOf(previous: string | undefined, version: string | undefined): Step {
  const [before, after] = [numbersOf(previous), numbersOf(version)];
  if (!before || !after || after[0]! >= FIRST_DATE) return 'patch';
  const changed = after.findIndex((number, index) => number !== before[index]);
  if (changed === -1) return 'patch';
  const zeros = before.findIndex((number, index) => number !== 0 || after[index] !== 0);
  const place = changed - Math.max(0, zeros);
  if (place <= 0) return 'major';
  return place === 1 ? 'minor' : 'patch';
}

function numbersOf(text: string | undefined): readonly number[] | undefined {
  const parsed = text === undefined ? undefined : parseVersion(text);
  if (!parsed?.ok) return undefined;
  return parsed.value.tokens.filter(({ kind }) => kind === 'first-number' || kind === 'number').map((token) => Number(token.text));
}

/** How much two changes are together. */
export function strongest(kinds: readonly PublishedChange['kind'][]): PublishedChange['kind'] {
  const order: readonly PublishedChange['kind'][] = ['same', 'content', 'compatible', 'new', 'break'];
  return order[Math.max(0, ...kinds.map((kind) => order.indexOf(kind)))]!;
}

function drawOf(seed: number, ...words: readonly (string | number)[]): Random {
  return randomOf(hashOf(`${seed}\0${words.join('\0')}`));
}

/** FNV-1a of 32 bits over the UTF-16 code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
