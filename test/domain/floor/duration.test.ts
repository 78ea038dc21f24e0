import { estimatesOf, MODEL, modelSeconds } from '../../../src/domain/floor/duration';
import { randomOf } from '../../../src/domain/random';

const estimate = (name: string, history: Readonly<Record<string, readonly number[]>>) =>
  estimatesOf([name], new Map(Object.entries(history)))[0];

test.each([
  ['the median of its own builds: one on a busy machine moves nothing', 'zlib', { zlib: [10, 11, 95] }, 11],
  ['of two the lesser', 'zlib', { zlib: [30, 10] }, 10],
  ['at least a second', 'tree', { tree: [0.2] }, 1],
  ['its own before that of its family', 'py3-pip', { 'py3-pip': [9], 'py3-a': [50], 'py3-b': [50], 'py3-c': [50] }, 9],
  ['that of its family, a member counting once', 'py3-pip', { 'py3-a': [5, 5, 5, 5], 'py3-b': [20], 'py3-c': [40], 'perl-a': [1] }, 20],
  ['the model, where the family has two that were built', 'py3-pip', { 'py3-a': [5], 'py3-b': [20] }, 27],
  ['the model, where it has no family', 'zlib', { zstd: [5], zip: [5], zig: [5] }, 27],
  ['the model, where there are only empty histories', 'zlib', { zlib: [] }, 27],
])('%s', (_, name, history, expected) => {
  expect(estimate(name, history)).toBe(expected);
});

test('durations drawn from the model have its median, its tail and its cap', () => {
  const random = randomOf(3);
  const seconds = Array.from({ length: 40_000 }, () => modelSeconds(random)).sort((a, b) => a - b);
  expect(seconds[20_000]! / MODEL.median).toBeCloseTo(1, 1);
  // Beyond an hour: of the body 0.00007, of the tail 0.013 * (600 / 3600) ^ 1.2.
  expect(seconds.filter((one) => one > 3600).length / seconds.length).toBeCloseTo(0.0016, 3);
  expect(seconds.at(-1)).toBe(MODEL.tail.cap);
});
