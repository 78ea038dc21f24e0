import type { Adjacency } from './adjacency';

/** Strongly connected components: every node can be reached from every other of its component. */
export interface Components {
  readonly count: number;
  /** Component of each node. A component's number is greater than those of the components that it leads to: ascending order is an order of building. */
  readonly of: Int32Array;
  /** Nodes of each component, ascending. */
  readonly members: readonly (readonly number[])[];
}

/** Tarjan's algorithm with a stack of its own: a chain of packages may be longer than the engine's call stack. Linear in nodes and edges. */
export function componentsOf({ starts, targets }: Adjacency): Components {
  const nodes = starts.length - 1;
  const of = new Int32Array(nodes).fill(-1);
  const index = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const edge = starts.slice(0, nodes);
  const open: number[] = [];
  const path: number[] = [];
  let visited = 0;
  let count = 0;
  const enter = (node: number): void => {
    index[node] = low[node] = visited++;
    open.push(node);
    path.push(node);
  };
  const leave = (node: number): void => {
    path.pop();
    const parent = path[path.length - 1];
    if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
    if (low[node] !== index[node]) return;
    let member: number;
    do {
      member = open.pop()!;
      of[member] = count;
    } while (member !== node);
    count += 1;
  };
  for (let root = 0; root < nodes; root += 1) {
    if (index[root] !== -1) continue;
    enter(root);
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      if (edge[node] === starts[node + 1]) {
        leave(node);
        continue;
      }
      const target = targets[edge[node]!++]!;
      if (index[target] === -1) enter(target);
      else if (of[target] === -1) low[node] = Math.min(low[node]!, index[target]!);
    }
  }
  const members: number[][] = Array.from({ length: count }, () => []);
  of.forEach((component, node) => members[component]!.push(node));
  return { count, of, members };
}

/** Components of more than one node, the largest first, equal ones by their first node. */
export function cyclesOf(components: Components): readonly (readonly number[])[] {
  return components.members.filter((members) => members.length > 1).sort((a, b) => b.length - a.length || a[0]! - b[0]!);
}

/** The most components that follow one another on any path: how many waves a rebuild of everything has when a component is built as one. */
export function longestPath({ starts, targets }: Adjacency, components: Components): number {
  const length = new Int32Array(components.count);
  let longest = 0;
  for (let component = 0; component < components.count; component += 1) {
    let deepest = 0;
    for (const node of components.members[component]!) {
      for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
        const other = components.of[targets[edge]!]!;
        if (other !== component) deepest = Math.max(deepest, length[other]!);
      }
    }
    length[component] = deepest + 1;
    longest = Math.max(longest, deepest + 1);
  }
  return longest;
}
