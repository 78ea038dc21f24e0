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
