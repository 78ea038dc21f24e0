import { reversed, type Adjacency, type Graph } from '../graph/adjacency';
import { componentsOf } from '../graph/components';
import { feedbackCut } from '../graph/feedback';
import { encodePolicies, encodeRows, type EncodedPlan } from './encoded-plan';
import type { RebuildPolicy } from './floor';
import { rankOf } from './rank';

export interface PlanInput {
  readonly graph: Graph;
  /** Of each package, in the order of `graph.names`. */
  readonly policies: readonly RebuildPolicy[];
  /** Estimated seconds of each build, in the order of `graph.names`. */
  readonly seconds: readonly number[];
  /** What is wanted or has changed. Names that the graph does not have are left out: nothing can be built of them. */
  readonly packages: Iterable<string>;
}

/** What the whole graph says, whatever is planned of it: computed once for a graph, policies and estimates left aside. */
interface Ordered {
  readonly dependents: Adjacency;
  readonly cut: ReadonlySet<number>;
}

const ordered = new WeakMap<Graph, Ordered>();
const last = new WeakMap<Graph, { readonly input: PlanInput; readonly affected: readonly number[]; readonly plan: EncodedPlan }>();

/**
 * The plan of these packages and of all that depends on them, directly or not. Cycles are cut where the whole graph's would be, so that two plans never order the same packages differently. Linear in the
 * edges of what is affected; the cut is computed once for each graph, and where the same packages are affected as the last time, it is the same plan.
 */
export function planRebuild(input: PlanInput): EncodedPlan {
  const { graph, policies, seconds } = input;
  const affected = affectedBy(graph, input.packages);
  const before = last.get(graph);
  const isSame =
    before?.input.policies === policies &&
    before.input.seconds === seconds &&
    before.affected.length === affected.length &&
    before.affected.every((node, place) => node === affected[place]);
  const plan = isSame ? before.plan : planOf(input, affected);
  last.set(graph, { input, affected, plan });
  return plan;
}

function planOf({ graph, policies, seconds }: PlanInput, affected: readonly number[]): EncodedPlan {
  const { dependents, cut } = orderedOf(graph);
  const numbers = new Map(affected.map((node, number) => [node, number]));
  const starts = new Int32Array(affected.length + 1);
  const targets: number[] = [];
  affected.forEach((node, number) => {
    for (let edge = dependents.starts[node]!; edge < dependents.starts[node + 1]!; edge += 1)
      targets.push(numbers.get(dependents.targets[edge]!)!);
    starts[number + 1] = targets.length;
  });
  const rows = { starts, targets: Int32Array.from(targets) };
  const estimates = affected.map((node) => Math.max(1, Math.round(seconds[node]!)));
  const size = graph.names.length;
  return {
    names: affected.map((node) => graph.names[node]!),
    dependents: encodeRows(rows),
    rank: [...rankOf(rows, estimates)],
    seconds: estimates,
    policies: encodePolicies(affected.map((node) => policies[node]!)),
    cut: [...cut]
      .map((edge): [number | undefined, number | undefined] => [numbers.get(Math.floor(edge / size)), numbers.get(edge % size)])
      .filter((pair): pair is [number, number] => pair[0] !== undefined && pair[1] !== undefined),
  };
}

function orderedOf(graph: Graph): Ordered {
  const known = ordered.get(graph);
  if (known) return known;
  const size = graph.names.length;
  const cut = new Set(feedbackCut(graph.needs, componentsOf(graph.needs)).map(({ from, to }) => from * size + to));
  const { starts, targets } = graph.needs;
  const keptStarts = new Int32Array(size + 1);
  const kept: number[] = [];
  for (let node = 0; node < size; node += 1) {
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
      if (!cut.has(node * size + targets[edge]!)) kept.push(targets[edge]!);
    }
    keptStarts[node + 1] = kept.length;
  }
  const answer = { dependents: reversed({ starts: keptStarts, targets: Int32Array.from(kept) }), cut };
  ordered.set(graph, answer);
  return answer;
}

/** Ascending. */
function affectedBy(graph: Graph, packages: Iterable<string>): readonly number[] {
  const { starts, targets } = graph.neededBy;
  const seen = new Uint8Array(graph.names.length);
  const queue: number[] = [];
  const visit = (node: number): void => {
    if (seen[node]) return;
    seen[node] = 1;
    queue.push(node);
  };
  for (const name of packages) {
    const node = graph.numbers.get(name);
    if (node !== undefined) visit(node);
  }
  for (let head = 0; head < queue.length; head += 1) {
    const node = queue[head]!;
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) visit(targets[edge]!);
  }
  return queue.sort((a, b) => a - b);
}
