import type { EncodedPlan } from '../../../src/domain/floor/encoded-plan';
import type { FloorCommand, FloorEvent, FloorSettings } from '../../../src/domain/floor/floor';
import { modelSeconds } from '../../../src/domain/floor/duration';
import { reduceFloor } from '../../../src/domain/floor/reduce';
import { newFloor } from '../../../src/domain/floor/state';
import { graphOf, targetsOf, type Graph } from '../../../src/domain/graph/adjacency';
import { randomOf } from '../../../src/domain/random';
import { expectedGraph } from '../graph/pack';

/** The build graph of the real distribution without the edges that the pack cuts: 3,401 packages, no cycle. */
export function realGraph(): Graph {
  const { edges, reverse_closure, feedback_edges_cut } = expectedGraph();
  const cut = new Set(feedback_edges_cut.map((edge) => edge.join(' ')));
  return graphOf(
    Object.keys(reverse_closure),
    edges.filter((edge) => !cut.has(edge.join(' '))),
  );
}

/** The first packages by name of the largest component, and the edges between them, cycles and all. */
export function componentGraph(count: number): Graph {
  const { edges, scc } = expectedGraph();
  const names = new Set([...scc[0]!].sort().slice(0, count));
  return graphOf(
    names,
    edges.filter(([from, to]) => names.has(from) && names.has(to)),
  );
}

/** Seconds of each build by the model, and estimates of them that are wrong by a lognormal factor of sigma `noise`. The estimates have a stream of their own: a package takes as long whatever is expected of it. */
export function drawnSeconds(count: number, seed: number, noise: number): { readonly seconds: number[]; readonly estimates: number[] } {
  const random = randomOf(seed);
  const seconds = Array.from({ length: count }, () => modelSeconds(random));
  const wrong = randomOf(seed + 1_000_003);
  return { seconds, estimates: seconds.map((one) => one * wrong.lognormal(1, noise)) };
}

export const floorSettings = (slots: number): FloorSettings => ({
  slots,
  debounceSeconds: 0,
  cycleBudget: 1,
  breaker: { after: 20, share: 0.5 },
});

/** A person asks for a rebuild of everything, and the reducer orders it under a virtual clock, every build as long as `seconds` says. Returns the seconds until the last has ended, and the packages in the order of their starts. */
export function rebuildAll(
  plan: EncodedPlan,
  seconds: (name: string) => number,
  slots: number,
): { makespan: number; started: readonly string[] } {
  let state = newFloor('demo', floorSettings(slots));
  let at = 0;
  const started: string[] = [];
  const building: { readonly ends: number; readonly command: Extract<FloorCommand, { kind: 'start' }> }[] = [];
  const events: FloorEvent[] = [
    { kind: 'decision', at, decision: { kind: 'rebuild', id: 'everything', by: 'Ann', reason: 'a benchmark', packages: plan.names } },
  ];
  for (;;) {
    for (let event = events.shift(); event; event = events.shift()) {
      const step = reduceFloor(state, event);
      state = step.state;
      for (const command of step.commands) {
        if (command.kind === 'plan') events.push({ kind: 'planned', plan, at });
        if (command.kind !== 'start') continue;
        started.push(command.package);
        building.push({ ends: at + 1000 * seconds(command.package), command });
      }
    }
    if (building.length === 0) return { makespan: at / 1000, started };
    const next = building.reduce((first, other) => (other.ends < first.ends ? other : first));
    building.splice(building.indexOf(next), 1);
    at = next.ends;
    events.push({ kind: 'news', at, news: publishedNews(next.command, seconds(next.command.package)) });
  }
}

function publishedNews({ id, package: name, roots, urgency }: Extract<FloorCommand, { kind: 'start' }>, seconds: number) {
  const change = { kind: 'compatible', breaks: [] } as const;
  return {
    id: `news of ${id}`,
    package: name,
    version: '1.0-r1',
    outcome: 'published',
    change,
    roots,
    text: name,
    urgency,
    seconds,
  } as const;
}

/** No schedule on so many slots is shorter: the longest chain, or all work evenly spread. */
export function boundOf(graph: Graph, seconds: readonly number[], slots: number): number {
  const ends = new Map<number, number>();
  const endOf = (node: number): number => {
    const known = ends.get(node);
    if (known !== undefined) return known;
    const end = seconds[node]! + Math.max(0, ...[...targetsOf(graph.needs, node)].map(endOf));
    ends.set(node, end);
    return end;
  };
  const critical = Math.max(...graph.names.map((_, node) => endOf(node)));
  return Math.max(critical, seconds.reduce((sum, one) => sum + one, 0) / slots);
}

/** Seconds that a plain queue takes: of those that could start the one of the highest rank, of equal ones the first by name; without ranks the one that could first. */
export function queued(graph: Graph, seconds: readonly number[], slots: number, rank?: ArrayLike<number>): number {
  const blockers = graph.names.map((_, node) => targetsOf(graph.needs, node).length);
  const queue = graph.names.flatMap((_, node) => (blockers[node] === 0 ? [node] : []));
  const building: { readonly ends: number; readonly node: number }[] = [];
  let at = 0;
  for (;;) {
    while (building.length < slots && queue.length > 0) {
      const first = rank ? queue.indexOf(queue.reduce((best, node) => ((rank[node]! - rank[best]! || best - node) > 0 ? node : best))) : 0;
      const node = queue.splice(first, 1)[0]!;
      building.push({ ends: at + seconds[node]!, node });
    }
    if (building.length === 0) return at;
    const next = building.reduce((first, other) => (other.ends < first.ends ? other : first));
    building.splice(building.indexOf(next), 1);
    at = next.ends;
    for (const dependent of targetsOf(graph.neededBy, next.node)) {
      blockers[dependent]! -= 1;
      if (blockers[dependent] === 0) queue.push(dependent);
    }
  }
}
