/** A stream of draws that is the same for the same seed on every machine. */
export interface Random {
  /** Evenly from [0, 1), in steps of 2^-32. */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** `median` times e to the power of `sigma` times a normal draw. */
  lognormal(median: number, sigma: number): number;
  /** At least `from`; beyond x with the probability (from / x) ^ alpha. */
  pareto(alpha: number, from: number): number;
}

/** xoshiro128** 1.1 of Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state filled from the seed by splitmix32; a normal draw is the cosine half of Box and Muller's pair. */
export function randomOf(seed: number): Random {
  const next = xoshiro128ss(splitmix32(seed));
  const uniform = () => next() / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
    pareto: (alpha, from) => from * (1 - uniform()) ** (-1 / alpha),
  };
}

/** The words of xoshiro128** from a state of four that are not all zero, as unsigned 32-bit numbers. */
export function xoshiro128ss(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const word = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return word;
  };
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Four words from one, so that near seeds give streams that have nothing to do with each other. */
function splitmix32(seed: number): readonly [number, number, number, number] {
  let at = seed | 0;
  const word = (): number => {
    at = (at + 0x9e3779b9) | 0;
    let mixed = at ^ (at >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [word(), word(), word(), word()];
}
