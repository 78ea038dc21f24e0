import { targetsOf, type Adjacency, type Graph } from '../../graph/adjacency';
import { shortestPath } from '../../graph/path';
import { randomOf, type Random } from '../../random';
import { decodePlan, type Plan } from '../encoded-plan';
import type { RebuildPolicy } from '../floor';
import { planRebuild } from '../plan';
import { makespanOf } from './makespan';

export interface ForecastInput {
  readonly graph: Graph;
  /** From a package to those that are linked with it, in the numbers of the graph. */
  readonly linked: Adjacency;
  /** Of each package, in the order of `graph.names`. */
  readonly policies: readonly RebuildPolicy[];
  /** Estimated seconds of each build, in the order of `graph.names`. */
  readonly seconds: readonly number[];
  /** Names of the graph. */
  readonly changed: readonly string[];
  readonly slots: number;
  /** Seconds of one build, drawn around what is known of the package. */
  readonly draw: (node: number, random: Random) => number;
}

export interface Forecast {
  /** In the order of building. */
  readonly rebuilds: readonly ForecastRebuild[];
  /** Packages that depend on what changed, directly or not, and are not rebuilt whatever happens. */
  readonly untouched: number;
  /** Edges between packages of the forecast that are left out so that there is an order, and the cycle that each would close. */
  readonly cut: readonly { readonly from: string; readonly to: string; readonly cycle: readonly string[] }[];
  readonly criticalPath: readonly { readonly package: string; readonly seconds: number }[];
  /** Seconds until it is done with the given slots: what is certain; what is rebuilt for what changed itself; and everything, if each rebuild changes what is built with it in turn. */
  readonly certain: Eta;
  readonly direct: Eta;
  readonly all: Eta;
}

export interface Eta {
  readonly p50: number;
  readonly p90: number;
}

export interface ForecastRebuild {
  readonly package: string;
  /** Whether the policy rebuilds it in any case; else it follows if a soname is gone or a rebuild before it is not equal. */
  readonly certain: boolean;
  /** From what changed to the package that it is rebuilt for, the shortest. */
  readonly because: readonly string[];
  /** From 1: everything of a wave may be built at once when the waves before it are done. */
  readonly wave: number;
  readonly seconds: number;
}

/** Draws of all durations that an ETA is made of. */
const SAMPLES = 101;

/** What a change of these packages rebuilds: by the plan that the floor would make and the policies of the providers, without knowing how any build ends. */
export function forecast(input: ForecastInput): Forecast {
  const { graph, policies, seconds, changed, slots, draw } = input;
  const plan = decodePlan(planRebuild({ graph, policies, seconds, packages: changed }));
  const reasons = reasonsOf(input);
  const isBuilt = plan.names.map((name) => reasons.has(graph.numbers.get(name)!));
  const isCertain = plan.names.map((name) => reasons.get(graph.numbers.get(name)!)?.certain === true);
  const isDirect = plan.names.map((name) => reasons.get(graph.numbers.get(name)!)?.direct === true);
  const order = orderOf(plan);
  const wave = wavesOf(plan, order, isBuilt);
  const drawn = Array.from({ length: SAMPLES }, (_, sample) => {
    const random = randomOf(sample);
    return plan.names.map((name) => draw(graph.numbers.get(name)!, random));
  });
  const named = (node: number) => graph.names[node]!;
  const rebuilds = order
    .filter((node) => isBuilt[node])
    .map((node) => ({
      package: plan.names[node]!,
      certain: isCertain[node]!,
      because: chainOf(reasons, graph.numbers.get(plan.names[node]!)!).map(named),
      wave: wave[node]!,
      seconds: plan.encoded.seconds[node]!,
    }));
  const concerned = new Set([...rebuilds.map((one) => one.package), ...changed]);
  return {
    rebuilds: rebuilds.sort((a, b) => a.wave - b.wave || Number(b.certain) - Number(a.certain) || (a.package < b.package ? -1 : 1)),
    untouched: plan.names.length - concerned.size,
    cut: plan.encoded.cut
      .map(([from, to]) => ({ from: plan.names[from]!, to: plan.names[to]! }))
      .filter(({ from, to }) => concerned.has(from) && concerned.has(to))
      .map(({ from, to }) => ({
        from,
        to,
        cycle: (shortestPath(graph.needs, graph.numbers.get(to)!, graph.numbers.get(from)!) ?? []).map(named),
      })),
    criticalPath: criticalPathOf(plan, order, isBuilt),
    certain: etaOf(drawn.map((one) => makespanOf(plan, isCertain, one, slots))),
    direct: etaOf(drawn.map((one) => makespanOf(plan, isDirect, one, slots))),
    all: etaOf(drawn.map((one) => makespanOf(plan, isBuilt, one, slots))),
  };
}

function etaOf(makespans: readonly number[]): Eta {
  const sorted = [...makespans].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]!);
  return { p50: at(0.5), p90: at(0.9) };
}

interface Reason {
  /** The provider. */
  readonly for: number;
  readonly certain: boolean;
  readonly direct: boolean;
}

/** Why each package is rebuilt, by node; what changed is not in it. What is certain is found first, so no longer chain hides that it is. */
function reasonsOf({ graph, linked, policies, changed }: ForecastInput): ReadonlyMap<number, Reason> {
  const sources = new Set(changed.map((name) => graph.numbers.get(name)!));
  const reasons = new Map<number, Reason>();
  const queue = [...sources].sort((a, b) => a - b);
  const visit = (provider: number, direct: boolean): void => {
    const certain = direct && (policies[provider] === 'static' || policies[provider] === 'content');
    for (const dependent of wantedBy(graph, linked, policies, provider)) {
      if (sources.has(dependent) || reasons.has(dependent)) continue;
      reasons.set(dependent, { for: provider, certain, direct });
      queue.push(dependent);
    }
  };
  const first = [...queue];
  for (const provider of first) if (policies[provider] !== 'abi') visit(provider, true);
  for (const provider of first) if (policies[provider] === 'abi') visit(provider, true);
  for (let head = first.length; head < queue.length; head += 1) visit(queue[head]!, false);
  return reasons;
}

function wantedBy(graph: Graph, linked: Adjacency, policies: readonly RebuildPolicy[], provider: number): Int32Array {
  const policy = policies[provider];
  if (policy === 'none') return new Int32Array(0);
  return targetsOf(policy === 'abi' ? linked : graph.neededBy, provider);
}

function chainOf(reasons: ReadonlyMap<number, Reason>, node: number): readonly number[] {
  const chain: number[] = [];
  for (let at = reasons.get(node)?.for; at !== undefined; at = reasons.get(at)?.for) chain.unshift(at);
  return chain;
}

/** Every package after what it needs. */
function orderOf(plan: Plan): readonly number[] {
  const missing = plan.names.map((_, node) => targetsOf(plan.needs, node).length);
  const order = [...plan.names.keys()].filter((node) => missing[node] === 0);
  for (let head = 0; head < order.length; head += 1) {
    for (const dependent of targetsOf(plan.dependents, order[head]!)) if ((missing[dependent]! -= 1) === 0) order.push(dependent);
  }
  return order;
}

/** How many packages that are built are on the longest way to each, itself included. What is not built holds its place in the order and takes no wave. */
function wavesOf(plan: Plan, order: readonly number[], isBuilt: readonly boolean[]): readonly number[] {
  const wave = new Array<number>(plan.names.length).fill(0);
  for (const node of order) {
    const before = Math.max(0, ...Array.from(targetsOf(plan.needs, node), (need) => wave[need]!));
    wave[node] = before + (isBuilt[node] ? 1 : 0);
  }
  return wave;
}

function criticalPathOf(plan: Plan, order: readonly number[], isBuilt: readonly boolean[]): Forecast['criticalPath'] {
  const own = (node: number) => (isBuilt[node] ? plan.encoded.seconds[node]! : 0);
  const behind = new Array<number>(plan.names.length).fill(0);
  const next = new Array<number>(plan.names.length).fill(-1);
  for (const node of [...order].reverse()) {
    for (const dependent of targetsOf(plan.dependents, node)) {
      const length = behind[dependent]! + own(dependent);
      if (length > behind[node]!) [behind[node], next[node]] = [length, dependent];
    }
  }
  const path: { readonly package: string; readonly seconds: number }[] = [];
  const total = (node: number) => behind[node]! + own(node);
  let at = order.reduce((best, node) => (best === -1 || total(node) > total(best) ? node : best), -1);
  for (; at !== -1; at = next[at]!) if (isBuilt[at]) path.push({ package: plan.names[at]!, seconds: own(at) });
  return path;
}
