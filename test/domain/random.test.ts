import { randomOf, xoshiro128ss } from '../../src/domain/random';

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const share = (values: readonly number[], holds: (value: number) => boolean): number => values.filter(holds).length / values.length;

test('the words of xoshiro128** are those of its reference from the state 1, 2, 3, 4', () => {
  const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
  expect(draws(10, xoshiro128ss([1, 2, 3, 4]))).toEqual(expected);
});

test('a seed gives the same stream again, another seed another one', () => {
  expect(draws(5, randomOf(7).uniform)).toEqual(draws(5, randomOf(7).uniform));
  expect(draws(5, randomOf(7).uniform)).not.toEqual(draws(5, randomOf(8).uniform));
});

test('draws are spread as they say', () => {
  const random = randomOf(1);
  const even = draws(20_000, random.uniform);
  expect(even.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(share(even, (value) => value < 0.3)).toBeCloseTo(0.3, 1);
  const normal = draws(20_000, random.normal);
  expect(share(normal, (value) => value < 0)).toBeCloseTo(0.5, 1);
  expect(share(normal, (value) => Math.abs(value) < 1)).toBeCloseTo(0.683, 1);
  const lognormal = draws(20_000, () => random.lognormal(27, 1.3));
  expect(share(lognormal, (value) => value < 27)).toBeCloseTo(0.5, 1);
  expect(share(lognormal, (value) => value < 27 * Math.exp(1.3))).toBeCloseTo(0.841, 1);
  const pareto = draws(20_000, () => random.pareto(1.2, 600));
  expect(Math.min(...pareto)).toBeGreaterThanOrEqual(600);
  expect(share(pareto, (value) => value > 1200)).toBeCloseTo(2 ** -1.2, 1);
});
