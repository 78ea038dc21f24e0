import fc from 'fast-check';
import { decodePlan, policyIn } from '../../../src/domain/floor/encoded-plan';
import type { RebuildPolicy } from '../../../src/domain/floor/floor';
import { planRebuild } from '../../../src/domain/floor/plan';
import { graphOf, targetsOf, type Graph } from '../../../src/domain/graph/adjacency';
import { expectedGraph, hasPack } from '../graph/pack';

const NODES = 9;
const NAMES = Array.from({ length: NODES }, (_, node) => `p${node}`);
const pairs = fc.array(fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)), { maxLength: 30, size: 'max' });
const graphFrom = (edges: readonly (readonly [number, number])[]): Graph =>
  graphOf(
    NAMES,
    edges.map(([from, to]): [string, string] => [NAMES[from]!, NAMES[to]!]),
  );
const planOf = (graph: Graph, packages: readonly string[]) =>
  planRebuild({
    graph,
    policies: graph.names.map((_, node): RebuildPolicy => (['static', 'content', 'abi', 'none'] as const)[node % 4]!),
    seconds: graph.names.map((_, node) => node + 0.4),
    packages,
  });

test('a plan has what is asked for and all that depends on it, with the edges, policies and estimates of the graph', () => {
  fc.assert(
    fc.property(pairs, fc.uniqueArray(fc.constantFrom(...NAMES, 'ghost')), (edges, packages) => {
      const graph = graphFrom(edges);
      const affected = new Set(packages.filter((name) => name !== 'ghost'));
      for (let before = -1; before < affected.size;) {
        before = affected.size;
        for (const [from, to] of edges) if (affected.has(NAMES[to]!)) affected.add(NAMES[from]!);
      }
      const plan = decodePlan(JSON.parse(JSON.stringify(planOf(graph, packages))) as ReturnType<typeof planOf>);
      expect(plan.names).toEqual([...affected].sort());
      const kept = plan.names.flatMap((need, node) =>
        [...targetsOf(plan.dependents, node)].map((other) => `${plan.names[other]!} ${need}`),
      );
      const cut = plan.encoded.cut.map(([from, to]) => `${plan.names[from]!} ${plan.names[to]!}`);
      const real = edges.filter(([from, to]) => from !== to && affected.has(NAMES[to]!)).map(([from, to]) => `p${from} p${to}`);
      expect([...kept, ...cut].sort()).toEqual([...new Set(real)].sort());
      for (const [node, name] of plan.names.entries()) {
        expect(policyIn(plan, node)).toBe((['static', 'content', 'abi', 'none'] as const)[NAMES.indexOf(name) % 4]);
        expect(plan.encoded.seconds[node]).toBe(Math.max(1, NAMES.indexOf(name)));
        for (const other of targetsOf(plan.dependents, node)) expect(plan.encoded.rank[node]!).toBeGreaterThan(plan.encoded.rank[other]!);
      }
    }),
  );
});

test('two plans of one graph order the same packages alike', () => {
  fc.assert(
    fc.property(pairs, fc.nat(NODES - 1), (edges, one) => {
      const graph = graphFrom(edges);
      const whole = planOf(graph, NAMES);
      const part = planOf(graph, [NAMES[one]!]);
      const cut = (plan: typeof whole) => plan.cut.map(([from, to]) => `${plan.names[from]!} ${plan.names[to]!}`);
      expect(cut(part)).toEqual(cut(whole).filter((edge) => edge.split(' ').every((name) => part.names.includes(name))));
      expect(part.rank).toEqual(part.names.map((name) => whole.rank[whole.names.indexOf(name)]));
    }),
  );
});

test('rows that were cut on their way are told, not read as fewer edges', () => {
  const plan = planOf(graphFrom([[1, 0]]), NAMES);
  expect(() => decodePlan({ ...plan, dependents: plan.dependents.slice(0, 4) })).toThrow(/was cut on its way/);
});

(hasPack ? test : test.skip)('the plan of a whole distribution is far below what an activity may answer', () => {
  const { edges } = expectedGraph();
  const graph = graphOf(new Set(edges.flat()), edges);
  const plan = planRebuild({
    graph,
    policies: graph.names.map((): RebuildPolicy => 'abi'),
    seconds: graph.names.map(() => 27),
    packages: graph.names,
  });
  expect(plan.names.length).toBeGreaterThan(3_390);
  expect(JSON.stringify(plan).length).toBeLessThan(140_000);
  const kept = decodePlan(plan).dependents.targets.length;
  expect(kept + plan.cut.length).toBe(edges.length);
});
