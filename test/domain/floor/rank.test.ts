import fc from 'fast-check';
import { rankOf } from '../../../src/domain/floor/rank';
import { graphOf } from '../../../src/domain/graph/adjacency';

const ranks = (
  needs: readonly (readonly [string, string])[],
  seconds: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> => {
  const graph = graphOf(Object.keys(seconds), needs);
  const rank = rankOf(
    graph.neededBy,
    graph.names.map((name) => seconds[name]!),
  );
  return Object.fromEntries(graph.names.map((name, node) => [name, rank[node]!]));
};

test('the rank of a package is its own build and the longest chain of dependents behind it', () => {
  const needs = [
    ['curl', 'openssl'],
    ['git', 'curl'],
    ['nginx', 'openssl'],
  ] as const;
  expect(ranks(needs, { openssl: 300, curl: 40, git: 60, nginx: 70, tree: 5 })).toEqual({
    openssl: 400,
    curl: 100,
    git: 60,
    nginx: 70,
    tree: 5,
  });
});

test('seconds that are no whole numbers are rounded one by one, so that a rank is the sum of what a person sees', () => {
  expect(ranks([['b', 'a']], { a: 1.4, b: 1.4 })).toEqual({ a: 2, b: 1 });
});

test('a cycle is an error of the caller', () => {
  const needs = [
    ['a', 'b'],
    ['b', 'a'],
  ] as const;
  expect(() => ranks(needs, { a: 1, b: 1, c: 1 })).toThrow('2 of 3 packages are on cycles or behind them');
});

test('a chain of 100,000 packages has ranks', () => {
  const count = 100_000;
  const starts = Int32Array.from({ length: count + 1 }, (_, node) => Math.min(node, count - 1));
  const targets = Int32Array.from({ length: count - 1 }, (_, node) => node + 1);
  expect(rankOf({ starts, targets }, new Array<number>(count).fill(2))[0]).toBe(2 * count);
});

test('ranks are those of a slow walk over all chains', () => {
  const acyclic = fc.integer({ min: 1, max: 9 }).chain((count) =>
    fc.record({
      seconds: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: count, maxLength: count }),
      // From the later to the earlier by number: no cycle.
      edges: fc.array(
        fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).map(([a, b]): [string, string] => [`p${Math.max(a, b)}`, `p${Math.min(a, b)}`]),
        { maxLength: 20 },
      ),
    }),
  );
  fc.assert(
    fc.property(acyclic, ({ seconds, edges }) => {
      const longest = (name: string): number =>
        seconds[Number(name.slice(1))]! +
        Math.max(0, ...edges.filter(([from, to]) => to === name && from !== to).map(([from]) => longest(from)));
      const expected = Object.fromEntries(seconds.map((_, node) => [`p${node}`, longest(`p${node}`)]));
      expect(ranks(edges, Object.fromEntries(seconds.map((one, node) => [`p${node}`, one])))).toEqual(expected);
    }),
  );
});
