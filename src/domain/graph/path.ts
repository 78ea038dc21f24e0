import type { Adjacency } from './adjacency';

/** The shortest path between two nodes, both included; of equal ones the first by number. Undefined where none leads there. */
export function shortestPath({ starts, targets }: Adjacency, from: number, to: number): readonly number[] | undefined {
  const before = new Int32Array(starts.length - 1).fill(-1);
  const queue = [from];
  before[from] = from;
  for (let head = 0; head < queue.length && before[to] === -1; head += 1) {
    const node = queue[head]!;
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
      const target = targets[edge]!;
      if (before[target] !== -1) continue;
      before[target] = node;
      queue.push(target);
    }
  }
  if (before[to] === -1) return undefined;
  const path = [to];
  while (path[0] !== from) path.unshift(before[path[0]!]!);
  return path;
}
