import { edgesOf } from '../../../src/domain/graph/adjacency';
import { dependentCounts } from '../../../src/domain/graph/closure';
import { componentsOf, cyclesOf, longestPath } from '../../../src/domain/graph/components';
import { distributionOf, whyDepends, type Distribution } from '../../../src/domain/graph/distribution';
import { feedbackCut } from '../../../src/domain/graph/feedback';
import { graphPackageOf, type GraphPackage } from '../../../src/domain/graph/package';
import { builtInPipelines } from '../../../src/domain/spec/builtin';
import { expandAsFarAsPossible } from '../../../src/domain/spec/expand';
import { layered, readPipeline } from '../../../src/domain/spec/pipeline';
import { readSpec } from '../../../src/domain/spec/read';
import { expectedGraph, hasPack, readPack } from './pack';

const figures = (distribution: Distribution) => {
  const { graph } = distribution;
  const components = componentsOf(graph.needs);
  const counts = dependentCounts(graph.needs, components);
  return {
    edges: edgesOf(graph),
    components: cyclesOf(components).map((members) => members.map((node) => graph.names[node]!)),
    dependents: Object.fromEntries(graph.names.map((name, node) => [name, counts[node]!])),
    longest: longestPath(graph.needs, components),
  };
};

/** How many packages have 0, up to 10, up to 100, up to 1000 and more dependents. */
const classes = (dependents: Readonly<Record<string, number>>) => {
  const limits = [0, 10, 100, 1000, Infinity];
  const counts = limits.map(() => 0);
  for (const count of Object.values(dependents)) counts[limits.findIndex((limit) => count <= limit)]! += 1;
  return counts;
};

(hasPack ? describe : describe.skip)('the graph of the real distribution in ../shared/data (skipped where it is not there)', () => {
  const packages: GraphPackage[] = [];

  beforeAll(async () => {
    const files = await readPack();
    const own = new Map<string, ReturnType<typeof pipeline>>();
    const pipeline = (text: string, file: string) => {
      const read = readPipeline(text, file);
      if (!read.ok) throw new Error(`${file}: ${read.error[0]!.message}`);
      return read.value;
    };
    for (const [path, text] of files) {
      const uses = /^pipelines\/(.*)\.yaml$/.exec(path)?.[1];
      if (uses) own.set(uses, pipeline(text, path));
    }
    const pipelines = layered(own, builtInPipelines);
    for (const [path, text] of files) {
      if (path.includes('/')) continue;
      const spec = readSpec(text, path);
      if (!spec.ok) throw new Error(`${path}: ${spec.error[0]!.message}`);
      const made = expandAsFarAsPossible(spec.value, { arch: 'x86_64', pipelines });
      if (!made.ok) throw new Error(`${path}: ${made.error[0]!.message}`);
      packages.push(graphPackageOf(made.value.expanded));
    }
  }, 120_000);

  test('the build graph is the expected one: edges, components, closures, unresolved names', () => {
    const expected = expectedGraph();
    const distribution = distributionOf(packages, 'build');
    const found = figures(distribution);
    expect(found.edges).toEqual(expected.edges);
    expect(found.components).toEqual(expected.scc);
    expect(found.dependents).toEqual(expected.reverse_closure);
    expect(distribution.unresolved).toEqual(expected.unresolved);
    expect(distribution.outOfBounds).toContain('omnibump=0.23.2');
    expect(found.longest).toBe(12);
    expect(classes(found.dependents)).toEqual([2282, 490, 54, 167, 408]);
  });

  test('the graph of build and run time has the measured size, components and closures', () => {
    const found = figures(distributionOf(packages, 'build+runtime'));
    expect(found.edges).toHaveLength(34303);
    expect(found.components.map((members) => members.length)).toEqual([465, 18, 4, 2, 2]);
    expect(found.longest).toBe(20);
    expect(classes(found.dependents)).toEqual([1309, 1216, 178, 233, 465]);
  });

  test('about as few edges are cut as a greedy search cuts, and without them there is an order', () => {
    const { graph } = distributionOf(packages, 'build');
    const cut = feedbackCut(graph.needs, componentsOf(graph.needs));
    expect(cut.length).toBeLessThanOrEqual(211);
    for (const { from, to, cycle } of cut) expect([cycle[0], cycle.at(-1)]).toEqual([to, from]);
  });

  test('why tells each link with the line that it comes from', () => {
    const distribution = distributionOf(packages, 'build');
    const chain = whyDepends(distribution, '7zip', 'zlib')!;
    expect(chain[0]!.from).toBe('7zip');
    expect(chain.at(-1)!.to).toBe('zlib');
    for (const link of chain) expect(link.at!.line).toBeGreaterThan(0);
  });
});
