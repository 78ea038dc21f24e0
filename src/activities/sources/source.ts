import type { Candidate } from '../../domain/update/candidate';
import type { Upstream } from '../../domain/update/upstream';

/** Everything an upstream offers now, in the order in which it lists it. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** The same as at the last time that this store saw. */
  readonly unchanged: boolean;
}

/** A kind of upstream. One folder a kind, one conformance suite for all (test/activities/sources/conformance.ts). */
export interface UpstreamSource<Kind extends Upstream['kind'] = Upstream['kind']> {
  readonly kind: Kind;
  /** Throws `ApplicationFailure` of type `UpstreamUnreachable` (retried, after what `Retry-After` asks for), `UpstreamGone` or `UpstreamMalformed` (not retried). */
  candidates(upstream: Extract<Upstream, { kind: Kind }>): Promise<Offer>;
}
