import type { Random } from '../random';

/** How long builds take where nothing is known of the package: 10,052 packages of Debian built in 2006, a lognormal body with a tail of Pareto. Seconds. */
export const MODEL = { median: 27, sigma: 1.3, tail: { share: 0.013, alpha: 1.2, from: 600, cap: 6 * 3600 } } as const;

/** Packages of a family that were built before one that was not is estimated by them. */
const FAMILY = 3;

/** Seconds of one build, drawn from the model. Takes one draw for the choice and then those of the part that was chosen. */
export function modelSeconds(random: Random): number {
  const { median, sigma, tail } = MODEL;
  if (random.uniform() < tail.share) return Math.min(tail.cap, random.pareto(tail.alpha, tail.from));
  return random.lognormal(median, sigma);
}

/**
 * What the next build of each package is expected to take, in whole seconds, at least 1, in the order of `names`. `history` has the seconds of builds that really ran. The median of its own builds, since
 * one build on a machine that was busy must not move the order; of a package that was never built, that of its family (`py3-*`, `perl-*`: the name up to the first hyphen), by the median of each member;
 * of one without a known family, that of the model.
 */
export function estimatesOf(names: readonly string[], history: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const families = new Map<string, number[]>();
  const own = new Map<string, number>();
  for (const [name, builds] of history) {
    if (builds.length === 0) continue;
    const seconds = median(builds);
    own.set(name, seconds);
    const family = familyOf(name);
    if (family !== undefined) families.set(family, [...(families.get(family) ?? []), seconds]);
  }
  return names.map((name) => Math.max(1, Math.round(own.get(name) ?? ofFamily(families.get(familyOf(name) ?? '')) ?? MODEL.median)));
}

function familyOf(name: string): string | undefined {
  const end = name.indexOf('-');
  return end > 0 ? name.slice(0, end) : undefined;
}

function ofFamily(members: readonly number[] | undefined): number | undefined {
  return members && members.length >= FAMILY ? median(members) : undefined;
}

/** Of an even count the lesser of the two in the middle. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;
}
