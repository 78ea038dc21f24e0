import fc from 'fast-check';
import { edgesOf, graphOf, targetsOf, type Graph } from '../../../src/domain/graph/adjacency';
import { dependentCounts, reachedFrom } from '../../../src/domain/graph/closure';
import { componentsOf, cyclesOf, longestPath } from '../../../src/domain/graph/components';
import { feedbackCut } from '../../../src/domain/graph/feedback';
import { shortestPath } from '../../../src/domain/graph/path';

const NODES = 12;
const name = (node: number) => `p${String(node).padStart(2, '0')}`;
const edges = fc.array(fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)), { maxLength: 40 });
/** Here the greedy order alone cuts more than it must. */
const dense = fc.array(fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)), { minLength: 30, maxLength: 60 });
const graphFrom = (pairs: readonly (readonly [number, number])[]): Graph =>
  graphOf(
    Array.from({ length: NODES }, (_, node) => name(node)),
    pairs.map(([from, to]): [string, string] => [name(from), name(to)]),
  );

/** Whether `to` can be reached from `from` by one edge or more: Warshall's algorithm, too slow and too simple to be wrong. */
const reachability = (pairs: readonly (readonly [number, number])[]): boolean[][] => {
  const reach = Array.from({ length: NODES }, () => Array.from({ length: NODES }, () => false));
  for (const [from, to] of pairs) if (from !== to) reach[from]![to] = true;
  for (let via = 0; via < NODES; via += 1)
    for (let from = 0; from < NODES; from += 1)
      for (let to = 0; to < NODES; to += 1) reach[from]![to] ||= reach[from]![via]! && reach[via]![to]!;
  return reach;
};

test('edges come out as they went in: sorted, once each, none to itself, the same both ways', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = graphFrom(pairs);
      const wanted = [...new Set(pairs.filter(([from, to]) => from !== to).map(([from, to]) => `${name(from)} ${name(to)}`))].sort();
      expect(edgesOf(graph).map((edge) => edge.join(' '))).toEqual(wanted);
      const back = graph.names.flatMap((to, node) => [...targetsOf(graph.neededBy, node)].map((from) => `${graph.names[from]!} ${to}`));
      expect(back.sort()).toEqual(wanted);
    }),
  );
});

test('two nodes share a component exactly if each can be reached from the other', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const { of, members, count } = componentsOf(graphFrom(pairs).needs);
      const reach = reachability(pairs);
      for (let a = 0; a < NODES; a += 1)
        for (let b = 0; b < NODES; b += 1) expect(of[a] === of[b]).toBe(a === b || (reach[a]![b]! && reach[b]![a]!));
      expect(members.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: NODES }, (_, node) => node));
      expect(members).toHaveLength(count);
    }),
  );
});

test('the order of components is an order of building', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const { of } = componentsOf(graphFrom(pairs).needs);
      for (const [from, to] of pairs) expect(of[from]!).toBeGreaterThanOrEqual(of[to]!);
    }),
  );
});

test('closures are what can be reached, and their sizes are counted right', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = graphFrom(pairs);
      const reach = reachability(pairs);
      const counts = dependentCounts(graph.needs, componentsOf(graph.needs));
      for (let node = 0; node < NODES; node += 1) {
        const before = reach.flatMap((row, other) => (row[node] && other !== node ? [other] : []));
        expect(reachedFrom(graph.neededBy, node)).toEqual(before);
        expect(counts[node]).toBe(before.length);
      }
    }),
  );
});

test('another edge takes nothing out of a closure', () => {
  fc.assert(
    fc.property(edges, fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)), fc.nat(NODES - 1), (pairs, more, node) => {
      const larger = new Set(reachedFrom(graphFrom([...pairs, more]).neededBy, node));
      for (const reached of reachedFrom(graphFrom(pairs).neededBy, node)) expect(larger.has(reached)).toBe(true);
    }),
  );
});

test('without the cut nothing is on a cycle; every cut edge closes the cycle that it is cut for; what is on none is not cut', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = graphFrom(pairs);
      const cut = feedbackCut(graph.needs, componentsOf(graph.needs));
      const left = pairs.filter(([from, to]) => !cut.some((edge) => edge.from === from && edge.to === to));
      expect(cyclesOf(componentsOf(graphFrom(left).needs))).toEqual([]);
      const all = new Set(edgesOf(graph).map((edge) => edge.join(' ')));
      for (const { from, to, cycle } of cut) {
        expect([cycle[0], cycle.at(-1)]).toEqual([to, from]);
        for (let step = 1; step < cycle.length; step += 1) expect(all.has(`${name(cycle[step - 1]!)} ${name(cycle[step]!)}`)).toBe(true);
      }
    }),
  );
});

test('a cut edge is needed: with it back in there is a cycle again', () => {
  fc.assert(
    fc.property(dense, (pairs) => {
      const graph = graphFrom(pairs);
      const cut = feedbackCut(graph.needs, componentsOf(graph.needs));
      const left = pairs.filter(([from, to]) => !cut.some((edge) => edge.from === from && edge.to === to));
      for (const { from, to } of cut) expect(cyclesOf(componentsOf(graphFrom([...left, [from, to]]).needs))).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('a shortest path is a path, and there is one exactly where there is a way', () => {
  fc.assert(
    fc.property(edges, fc.nat(NODES - 1), fc.nat(NODES - 1), (pairs, from, to) => {
      const path = shortestPath(graphFrom(pairs).needs, from, to);
      expect(path !== undefined).toBe(from === to || reachability(pairs)[from]![to]!);
      const known = new Set(pairs.map((pair) => pair.join(' ')));
      for (let step = 1; step < (path?.length ?? 0); step += 1) expect(known.has(`${path![step - 1]!} ${path![step]!}`)).toBe(true);
    }),
  );
});

test('a chain of 100,000 packages is no matter of the call stack', () => {
  const names = Array.from({ length: 100_000 }, (_, node) => String(node).padStart(6, '0'));
  const graph = graphOf(
    names,
    names.slice(1).map((to, node): [string, string] => [names[node]!, to]),
  );
  const components = componentsOf(graph.needs);
  expect(components.count).toBe(100_000);
  expect(longestPath(graph.needs, components)).toBe(100_000);
});

test('an edge to nowhere is a bug of the caller', () => {
  expect(() => graphOf(['a'], [['a', 'b']])).toThrow('b, which is no node');
});
