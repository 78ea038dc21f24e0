import type { Random } from '../random';

/** How long builds take where nothing is known of the package: 10,052 packages of Debian built in 2006, a lognormal body with a tail of Pareto. Seconds. */
export const MODEL = { median: 27, sigma: 1.3, tail: { share: 0.013, alpha: 1.2, from: 600, cap: 6 * 3600 } } as const;

/** Seconds of one build, drawn from the model. Takes one draw for the choice and then those of the part that was chosen. */
export function modelSeconds(random: Random): number {
  const { median, sigma, tail } = MODEL;
  if (random.uniform() < tail.share) return Math.min(tail.cap, random.pareto(tail.alpha, tail.from));
  return random.lognormal(median, sigma);
}
