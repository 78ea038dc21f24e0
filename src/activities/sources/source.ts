import type { Candidate } from '../../domain/update/candidate';
import type { Upstream } from '../../domain/update/upstream';

/** A kind of upstream. One folder a kind, one conformance suite for all (test/activities/sources/conformance.ts). */
export interface UpstreamSource<Kind extends Upstream['kind'] = Upstream['kind']> {
  readonly kind: Kind;
  /** Everything upstream offers now. `unchanged` when a conditional request said so; then the candidates are those of the last time. Throws `UpstreamUnreachable` (retryable) or `UpstreamMalformed`. */
  candidates(
    upstream: Extract<Upstream, { kind: Kind }>,
  ): Promise<{ readonly candidates: readonly Candidate[]; readonly unchanged: boolean }>;
}
