import type { Adjacency } from './adjacency';
import type { Components } from './components';
import { shortestPath } from './path';

/** An edge that is left out so that an order of building exists, and the cycle that it would close. */
export interface CutEdge {
  readonly from: number;
  readonly to: number;
  /** From `to` back to `from`, both included, the shortest: why the edge can't stay. */
  readonly cycle: readonly number[];
}

/**
 * A set of edges without which nothing is on a cycle. Small, not smallest (that problem is NP-hard): the greedy order of Eades, Lin and Smyth (1993) inside of each component,
 * then back in goes every edge that closes no cycle after all. Equal graphs give equal cuts.
 */
export function feedbackCut(needs: Adjacency, components: Components): readonly CutEdge[] {
  const cut: { readonly from: number; readonly to: number }[] = [];
  for (const members of components.members) if (members.length > 1) cut.push(...cutOf(needs, components, members));
  return cut
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map(({ from, to }) => ({ from, to, cycle: shortestPath(needs, to, from) ?? [] }));
}

function cutOf({ starts, targets }: Adjacency, components: Components, members: readonly number[]) {
  const inside = members.flatMap((from) =>
    [...targets.subarray(starts[from], starts[from + 1])]
      .filter((to) => components.of[to] === components.of[from])
      .map((to) => ({ from, to })),
  );
  const place = buildOrder(members, inside);
  const kept = inside.filter(({ from, to }) => place.get(to)! < place.get(from)!);
  const needs = new Map(members.map((node): [number, Set<number>] => [node, new Set()]));
  for (const { from, to } of kept) needs.get(from)!.add(to);
  return inside.filter(({ from, to }) => {
    if (place.get(to)! < place.get(from)!) return false;
    if (leads(needs, to, from)) return true;
    needs.get(from)!.add(to);
    return false;
  });
}

/** Place of each node in an order in which few nodes come before what they need. */
function buildOrder(
  members: readonly number[],
  edges: readonly { readonly from: number; readonly to: number }[],
): ReadonlyMap<number, number> {
  const needs = new Map(members.map((node): [number, Set<number>] => [node, new Set()]));
  const neededBy = new Map(members.map((node): [number, Set<number>] => [node, new Set()]));
  for (const { from, to } of edges) {
    needs.get(from)!.add(to);
    neededBy.get(to)!.add(from);
  }
  const left = new Set(members);
  const first: number[] = [];
  const last: number[] = [];
  while (left.size > 0) {
    const node = nextOf(left, needs, neededBy);
    (needs.get(node)!.size === 0 || neededBy.get(node)!.size > 0 ? first : last).push(node);
    left.delete(node);
    for (const to of needs.get(node)!) neededBy.get(to)!.delete(node);
    for (const from of neededBy.get(node)!) needs.get(from)!.delete(node);
  }
  return new Map([...first, ...last.reverse()].map((node, place) => [node, place]));
}

type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

/** One that needs nothing more, else one that nothing needs, else the one that is needed the most beyond what it needs. */
function nextOf(left: ReadonlySet<number>, needs: Neighbours, neededBy: Neighbours): number {
  let best = -1;
  let bestGain = -Infinity;
  for (const node of left) {
    const wants = needs.get(node)!.size;
    const wanted = neededBy.get(node)!.size;
    const gain = wants === 0 ? Infinity : wanted === 0 ? Number.MAX_SAFE_INTEGER : wanted - wants;
    if (gain > bestGain) [best, bestGain] = [node, gain];
  }
  return best;
}

function leads(needs: Neighbours, from: number, to: number): boolean {
  const seen = new Set([from]);
  const queue = [from];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (node === to) return true;
    for (const next of needs.get(node)!) if (!seen.has(next)) queue.push(seen.add(next) && next);
  }
  return false;
}
