import { planRebuild } from '../../src/domain/floor/plan';
import { boundOf, drawnSeconds, queued, realGraph, rebuildAll } from '../domain/floor/mass-rebuild';
import { hasPack } from '../domain/graph/pack';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);
/** Seeds that the reducer itself runs, event by event; for the others a plain queue by the same ranks stands for it. */
const WHOLE = 2;
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Time here is virtual: the figures are the same on every machine. `npm run bench:schedule` prints them. */
(hasPack ? describe : describe.skip)('a rebuild of all 3,401 packages of ../shared/data (skipped where it is not there)', () => {
  const graph = realGraph();
  const policies = graph.names.map(() => 'abi' as const);
  const drawn = (seed: number) => {
    const { seconds, estimates } = drawnSeconds(graph.names.length, seed, 1);
    return { seconds, plan: planRebuild({ graph, policies, seconds: estimates, packages: graph.names }) };
  };

  test.each([
    [16, 1.05],
    [32, 1.03],
  ])('takes on %i slots in the mean of 20 seeds at most %f times as long as the bound', (slots, most) => {
    const ratios = SEEDS.map((seed) => {
      const { seconds, plan } = drawn(seed);
      const bound = boundOf(graph, seconds, slots);
      return { floor: queued(graph, seconds, slots, plan.rank) / bound, fifo: queued(graph, seconds, slots) / bound };
    });
    expect(Math.min(...ratios.map(({ floor }) => floor))).toBeGreaterThanOrEqual(0.9999);
    expect(mean(ratios.map(({ floor }) => floor))).toBeLessThanOrEqual(most);
    expect(mean(ratios.map(({ fifo }) => fifo))).toBeGreaterThan(most);
  });

  test.each([16, 32])('is ordered by the reducer on %i slots as by a queue of the highest rank first, each package once', (slots) => {
    for (const seed of SEEDS.slice(0, WHOLE)) {
      const { seconds, plan } = drawn(seed);
      const { makespan, started } = rebuildAll(plan, (name) => seconds[graph.numbers.get(name)!]!, slots);
      expect([...started].sort()).toEqual(graph.names);
      expect(makespan).toBeCloseTo(queued(graph, seconds, slots, plan.rank), 3);
    }
  });
});
