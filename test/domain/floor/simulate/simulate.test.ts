import fc from 'fast-check';
import type { RebuildPolicy } from '../../../../src/domain/floor/floor';
import type { Arrival } from '../../../../src/domain/floor/simulate/season';
import { simulate, type SimulationInput } from '../../../../src/domain/floor/simulate/simulate';
import { graphOf, reversed } from '../../../../src/domain/graph/adjacency';

const SETTINGS = { slots: 2, debounceSeconds: 30, cycleBudget: 1, breaker: { after: 20, share: 0.5 } };

/** A season of packages that need each other; each builds for 100 seconds. */
function season(
  edges: readonly (readonly [string, string])[],
  arrivals: readonly Arrival[],
  policy: RebuildPolicy,
  more: Partial<SimulationInput> = {},
) {
  const graph = graphOf(edges.flat().concat(arrivals.map((one) => one.package)), edges);
  return simulate({
    graph,
    linked: reversed(graph.needs),
    policies: graph.names.map(() => policy),
    isToolchain: graph.names.map(() => false),
    seconds: graph.names.map(() => 100),
    arrivals,
    settings: SETTINGS,
    seed: 1,
    ...more,
  });
}

const release = (name: string, at: number, more: Partial<Arrival> = {}): Arrival => ({
  at: at * 1000,
  package: name,
  kind: 'release',
  version: '1.1',
  previous: '1.0',
  ...more,
});

const CHAIN = [
  ['libb', 'liba'],
  ['app', 'libb'],
] as const;

test('a release builds once; under `none` nothing follows', () => {
  const result = season(CHAIN, [release('liba', 0)], 'none');
  expect(result).toMatchObject({ builds: 1, releaseBuilds: 1, rebuildBuilds: 0, slotSeconds: 100, end: 100_000, left: [] });
  expect([result.released.count, result.released.max, result.rebuilt.count]).toEqual([1, 100, 0]);
});

test('what is built with a toolchain is built again after the debounce, and so what is built with that', () => {
  const result = season(CHAIN, [release('liba', 0)], 'static', { isToolchain: [true, true, true] });
  // 100 s for liba, 30 s of debounce, then libb and after it app.
  expect(result).toMatchObject({ builds: 3, rebuildBuilds: 2, equal: 0, failed: 0, end: 330_000, longestHold: { seconds: 30 }, left: [] });
  expect([result.rebuilt.count, result.rebuilt.p50, result.rebuilt.max]).toEqual([2, 230, 330]);
});

test('a vulnerability goes before releases that wait, and a newer release takes the place of one that waits', () => {
  const arrivals = [
    release('a', 0),
    release('b', 1),
    release('c', 2),
    release('d', 3, { kind: 'remedy' }),
    release('a', 4),
    release('a', 5),
  ];
  const result = season([], arrivals, 'abi');
  // a and b at once; d and then c; both newer versions of a in one build.
  expect(result).toMatchObject({ builds: 5, end: 300_000, peakQueue: 2 });
  expect([result.released.count, result.released.max]).toEqual([6, 296]);
});

test('a spec that was removed is not built; one that comes back is', () => {
  const removed: Arrival = { at: 500, package: 'b', kind: 'removed' };
  const busy = [release('a', 0), release('c', 0), release('b', 0)];
  expect(season([], [...busy, removed], 'abi').builds).toBe(2);
  expect(season([], [...busy, removed, { at: 900, package: 'b', kind: 'added', version: '1' }], 'abi').builds).toBe(3);
});

test('a request rebuilds everything once', () => {
  const result = season(CHAIN, [], 'abi', { requests: [{ at: 0, packages: ['liba', 'libb', 'app'] }] });
  expect(result).toMatchObject({ rebuildBuilds: 3, left: [] });
});

test('the same seed plays the same season', () => {
  const arrivals = Array.from({ length: 40 }, (_, index) =>
    release(['liba', 'libb', 'app'][index % 3]!, index * 60, { version: `${index}.0` }),
  );
  const play = (seed: number) => season(CHAIN, arrivals, 'content', { seed });
  expect(play(3)).toEqual(play(3));
  expect([1, 2, 3, 4, 5].some((seed) => play(seed).equal !== play(3).equal)).toBe(true);
});

test('when nothing happens any more, nothing is wanted, every event is published, and the slots were never exceeded', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const arrival = fc.record({
    at: fc.nat(3000),
    package: name,
    kind: fc.constantFrom<Arrival['kind']>('release', 'remedy', 'added'),
    version: fc.constantFrom('1.0', '1.1', '2.0', '3.0'),
    previous: fc.constantFrom('1.0', '2.0'),
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, name), { maxLength: 12 }),
      fc.array(arrival, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<RebuildPolicy>('static', 'content', 'abi', 'none'),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(1000),
      (edges, found, policy, slots, seed) => {
        const arrivals = found.map((one) => ({ ...one, at: one.at * 1000 })).sort((a, b) => a.at - b.at);
        const result = season(edges, arrivals, policy, { seed, settings: { ...SETTINGS, slots } });
        expect(result.left).toEqual([]);
        expect(result.released.count).toBe(arrivals.length);
        expect(Math.max(...result.busy)).toBeLessThanOrEqual(slots);
        expect(result.builds * 100).toBe(result.slotSeconds);
      },
    ),
    { numRuns: 300 },
  );
});
