import fc from 'fast-check';
import { newestFitting, smallestConflict } from '../../../src/domain/image/conflict';

/** Items do not fit where one of these sets is among them whole. */
const conflicts = (sets: readonly (readonly number[])[]) => (items: readonly number[]) =>
  Promise.resolve(!sets.some((set) => set.every((item) => items.includes(item))));

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test.each([
  ['two among many', 20, [[3, 17]], [3, 17]],
  [
    'one of several conflicts',
    9,
    [
      [0, 1],
      [7, 8],
    ],
    [7, 8],
  ],
  ['one alone', 1, [[0]], [0]],
  ['one among two', 2, [[1]], [1]],
  ['all', 5, [[0, 1, 2, 3, 4]], [0, 1, 2, 3, 4]],
  ['not the items', 5, [[]], []],
])('%s', async (_, count, sets, items) =>
  expect(await smallestConflict(numbers(count), conflicts(sets))).toEqual({ items, smallest: true }),
);

test('of any answers, the result does not fit and fits without any one of it', async () => {
  // Any answers: a solver that takes the first that it finds need not be consistent.
  const answers = fc.uint8Array({ minLength: 1024, maxLength: 1024, max: 1 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 10 }), answers, async (count, bits) => {
      const all = 2 ** count - 1;
      const fits = (items: readonly number[]) => {
        const set = items.reduce((sum, item) => sum | (1 << item), 0);
        return Promise.resolve(set === 0 || (set !== all && bits[set] === 1));
      };
      const { items, smallest } = await smallestConflict(numbers(count), fits);
      expect(smallest).toBe(true);
      expect(await fits(items)).toBe(false);
      for (const item of items) expect(await fits(items.filter((other) => other !== item))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('few questions for a small conflict among many', async () => {
  const sets = fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(sets, async (set) => {
      let asked = 0;
      const { items } = await smallestConflict(numbers(100), (some) => {
        asked += 1;
        return conflicts([set])(some);
      });
      expect([...items]).toEqual([...set].sort((a, b) => a - b));
      expect(asked).toBeLessThan(60);
    }),
  );
});

test('when asking ends, what is left is told, and still does not fit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(29), { minLength: 1, maxLength: 4 }), fc.nat(60), async (set, most) => {
      let asked = 0;
      const fits = conflicts([set]);
      const found = await smallestConflict(numbers(30), (some) => (++asked > most ? Promise.resolve(undefined) : fits(some)));
      expect(await fits(found.items)).toBe(false);
      expect(found.smallest).toBe(asked <= most);
    }),
  );
});

test.each([
  [[5, 4, 3], [4, 3], 4, 4],
  [[5, 4, 3], [3], 3, 3],
  [[5, 4, 3], [], undefined, 3],
  [[], [], undefined, undefined],
  [[5, 4, 3], 'ends after one', undefined, 5],
] as const)('the newest of %j where %j fit', async (generations, fitting, newest, asked) => {
  let count = 0;
  const found = await newestFitting(generations, (one) =>
    Promise.resolve(typeof fitting !== 'string' ? (fitting as readonly number[]).includes(one) : ++count > 1 ? undefined : false),
  );
  expect(found).toEqual({ ...(newest === undefined ? {} : { newest }), ...(asked === undefined ? {} : { asked }) });
});
