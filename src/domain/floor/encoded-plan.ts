import { reversed, type Adjacency } from '../graph/adjacency';
import type { RebuildPolicy } from './floor';
import { packer, unpacker } from './packed';

/**
 * The order of building of all that may be affected, small enough to travel: packages by number in the order of `names`. Made by `planRebuild`, read by `decodePlan`.
 * It depends on the graph, the policies and the estimates alone, never on the state of the floor: the same affected packages have the same plan.
 */
export interface EncodedPlan {
  /** Sorted. */
  readonly names: readonly string[];
  /** Rows of dependents in `names`, cut edges left out: ascending numbers as differences, LEB128, base64; each row begins with its length. */
  readonly dependents: string;
  /** Seconds from the start of the package to the end of the longest chain of dependents behind it, by the estimates. Whole. */
  readonly rank: readonly number[];
  /** Estimated seconds of its own build. Whole, at least 1. */
  readonly seconds: readonly number[];
  /** One letter a package: s(tatic), c(ontent), a(bi), n(one). */
  readonly policies: string;
  /** Edges left out so that there is an order, as pairs: the dependent, what it needs. */
  readonly cut: readonly (readonly [number, number])[];
}

/** A plan as the rules read it. Never part of a state: a state travels. */
export interface Plan {
  readonly encoded: EncodedPlan;
  readonly names: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  /** Cut edges left out: this is an order of building. */
  readonly dependents: Adjacency;
  readonly needs: Adjacency;
  /** By what they need, the dependents whose edge to it was cut. */
  readonly cutDependents: ReadonlyMap<number, readonly number[]>;
}

const LETTERS: Readonly<Record<RebuildPolicy, string>> = { static: 's', content: 'c', abi: 'a', none: 'n' };
const POLICIES = new Map(Object.entries(LETTERS).map(([policy, letter]) => [letter, policy as RebuildPolicy]));

/** The policies of an encoded plan, in its form. */
export function encodePolicies(policies: readonly RebuildPolicy[]): string {
  return policies.map((policy) => LETTERS[policy]).join('');
}

export function policyIn(plan: Plan, node: number): RebuildPolicy {
  return POLICIES.get(plan.encoded.policies[node]!)!;
}

/** The rows in the form of an encoded plan. */
export function encodeRows({ starts, targets }: Adjacency): string {
  const { write, text } = packer();
  for (let node = 0; node + 1 < starts.length; node += 1) {
    const row = targets.subarray(starts[node], starts[node + 1]);
    write(row.length);
    row.forEach((target, index) => write(index === 0 ? target : target - row[index - 1]!));
  }
  return text();
}

function decodeRows(text: string, count: number): Adjacency {
  const { read } = unpacker(text, `a plan of ${count} packages ends within its rows: it was cut on its way`);
  const starts = new Int32Array(count + 1);
  const targets: number[] = [];
  for (let node = 0; node < count; node += 1) {
    const length = read();
    for (let index = 0, last = 0; index < length; index += 1) targets.push((last += read()));
    starts[node + 1] = targets.length;
  }
  return { starts, targets: Int32Array.from(targets) };
}

const decoded = new WeakMap<EncodedPlan, Plan>();

/** Decodes a plan, once for each object: states hand the same one on. Throws on one that was damaged on its way. */
export function decodePlan(encoded: EncodedPlan): Plan {
  const known = decoded.get(encoded);
  if (known) return known;
  const { names } = encoded;
  const dependents = decodeRows(encoded.dependents, names.length);
  const cutDependents = new Map<number, number[]>();
  for (const [dependent, need] of encoded.cut) cutDependents.set(need, [...(cutDependents.get(need) ?? []), dependent]);
  const plan: Plan = {
    encoded,
    names,
    numbers: new Map(names.map((name, number) => [name, number])),
    dependents,
    needs: reversed(dependents),
    cutDependents,
  };
  decoded.set(encoded, plan);
  return plan;
}
