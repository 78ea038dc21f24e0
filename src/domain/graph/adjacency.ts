/** Directed edges as compressed rows: the targets of node `i` are `targets[starts[i]]` up to, not including, `targets[starts[i + 1]]`. */
export interface Adjacency {
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/** Nodes by number, with their names, and the edges in both directions. Numbers follow the order of the names. */
export interface Graph {
  readonly names: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  /** From a package to what it needs. */
  readonly needs: Adjacency;
  /** From a package to what needs it. */
  readonly neededBy: Adjacency;
}

/** The graph of these nodes and edges. Names are sorted; repeated edges, and edges from a node to itself, are left out. An edge that names no node is an error of the caller and throws. */
export function graphOf(nodes: Iterable<string>, edges: Iterable<readonly [from: string, to: string]>): Graph {
  const names = [...new Set(nodes)].sort();
  const numbers = new Map(names.map((name, number) => [name, number]));
  const number = (name: string): number => {
    const found = numbers.get(name);
    if (found === undefined) throw new Error(`an edge names ${name}, which is no node of the graph`);
    return found;
  };
  const targets = names.map(() => new Set<number>());
  for (const [from, to] of edges) if (from !== to) targets[number(from)]!.add(number(to));
  const needs = rowsOf(targets.map((row) => Int32Array.from(row).sort()));
  return { names, numbers, needs, neededBy: reversed(needs) };
}

function rowsOf(rows: readonly Int32Array[]): Adjacency {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => (starts[index + 1] = starts[index]! + row.length));
  const targets = new Int32Array(starts[rows.length]!);
  rows.forEach((row, index) => targets.set(row, starts[index]));
  return { starts, targets };
}

/** The same edges the other way round. */
export function reversed({ starts, targets }: Adjacency): Adjacency {
  const count = starts.length - 1;
  const ends = new Int32Array(count + 1);
  for (const target of targets) ends[target + 1]! += 1;
  for (let node = 0; node < count; node += 1) ends[node + 1]! += ends[node]!;
  const next = ends.slice();
  const sources = new Int32Array(targets.length);
  for (let node = 0; node < count; node += 1) {
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
      const target = targets[edge]!;
      sources[next[target]!] = node;
      next[target]! += 1;
    }
  }
  return { starts: ends, targets: sources };
}

/** The targets of a node, ascending. A view, not a copy. */
export function targetsOf({ starts, targets }: Adjacency, node: number): Int32Array {
  return targets.subarray(starts[node], starts[node + 1]);
}

/** All edges by name, sorted by the first name and then the second. */
export function edgesOf(graph: Graph): readonly (readonly [from: string, to: string])[] {
  return graph.names.flatMap((name, node) =>
    [...targetsOf(graph.needs, node)].map((target): readonly [string, string] => [name, graph.names[target]!]),
  );
}
