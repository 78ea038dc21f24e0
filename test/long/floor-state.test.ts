import { carryFloor, uncarryFloor, type CarriedFloor } from '../../src/domain/floor/carried';
import type { FloorEvent, FloorNews, RebuildPolicy } from '../../src/domain/floor/floor';
import { planRebuild } from '../../src/domain/floor/plan';
import { reduceFloor } from '../../src/domain/floor/reduce';
import { newFloor, type FloorState } from '../../src/domain/floor/state';
import { targetsOf } from '../../src/domain/graph/adjacency';
import { drawnSeconds, floorSettings, realGraph } from '../domain/floor/mass-rebuild';
import { hasPack } from '../domain/graph/pack';

const MOST_BYTES = 1024 * 1024;
const RELEASES = 1_200;
const DIFFERENT = 800;
const SAMPLE = 50;

/** Rebuilds of the most needed packages fail, and nobody mends them: what needs them waits. */
const FAILING = 10;

/**
 * The worst that a season brings: the packages that most others are built with are released, the most needed first, and again; every rebuild that is ordered changes what it builds, so that all that needs it is wanted for the same causes, but
 * those of the most needed fail. So what waits behind them gathers causes for as long as nobody mends them.
 */
function gathering(policy: RebuildPolicy): {
  readonly most: number;
  readonly jobs: number;
  readonly roots: number;
  readonly end: FloorState;
} {
  const graph = realGraph();
  const policies = graph.names.map(() => policy);
  const { seconds } = drawnSeconds(graph.names.length, 0, 0);
  const needed = graph.names.map((name, node) => ({ name, users: targetsOf(graph.neededBy, node).length }));
  const released = needed.sort((a, b) => b.users - a.users).map(({ name }) => name);
  const failing = new Set(released.filter((name) => targetsOf(graph.needs, graph.numbers.get(name)!).length > 0).slice(0, FAILING));
  let state = newFloor('demo', { ...floorSettings(16), breaker: { after: 20, share: 1 } });
  let at = Date.UTC(2026, 0, 1);
  let most = 0;
  let events = 0;
  const queue: FloorEvent[] = [];
  const news = (name: string, version: string, rest: Pick<FloorNews, 'id' | 'outcome' | 'roots'>) => {
    const change = rest.outcome === 'published' ? { change: { kind: 'content', breaks: [] } as const } : {};
    queue.push({ kind: 'news', at, news: { ...rest, ...change, package: name, version, text: name, urgency: 3, seconds: 60 } });
  };
  const settle = () => {
    for (let event = queue.shift(); event; event = queue.shift()) {
      const { state: next, commands } = reduceFloor(state, event);
      state = next;
      for (const command of commands) {
        if (command.kind === 'plan')
          queue.unshift({ kind: 'planned', at, plan: planRebuild({ graph, policies, seconds, packages: command.packages }) });
        if (command.kind !== 'start') continue;
        const outcome = failing.has(command.package) ? 'failed' : 'published';
        news(command.package, `1.0-r${events}`, { id: `news of ${command.id}`, outcome, roots: command.roots });
      }
      events += 1;
      if (events % SAMPLE === 0) most = Math.max(most, JSON.stringify(carryFloor(state)).length);
    }
  };
  for (let number = 0; number < RELEASES; number += 1) {
    at += 3_600_000;
    const name = released[number % DIFFERENT]!;
    news(name, `2.${number}-r0`, { id: `release:${name}-2.${number}-r0`, outcome: 'published', roots: [] });
    settle();
  }
  const jobs = state.jobs.filter((job) => job !== 0);
  return { most, jobs: jobs.length, roots: Math.max(0, ...jobs.map((job) => job.roots.length)), end: state };
}

(hasPack ? describe : describe.skip)(
  'the state of the floor of 3,401 packages that stands for days (skipped without ../shared/data)',
  () => {
    test.each(['content', 'static', 'abi'] as const)('is below 1 MiB under the policy %s', (policy) => {
      const { most, jobs, roots, end } = gathering(policy);
      console.log(
        `${policy}: ${(most / 1024).toFixed(0)} KiB at most, ${jobs} packages wait, one for ${roots} causes; ${(JSON.stringify(end).length / 1024).toFixed(0)} KiB unpacked`,
      );
      expect(most).toBeLessThan(MOST_BYTES);
      expect(uncarryFloor(JSON.parse(JSON.stringify(carryFloor(end))) as CarriedFloor).jobs).toEqual(end.jobs);
      if (policy !== 'abi') expect(jobs).toBeGreaterThan(2_000);
    });
  },
);
