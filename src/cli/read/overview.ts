import type { ReleaseRecord } from '../../domain/release/release';
import { share, type Share } from '../figures';
import type { Session } from '../session';
import { inFlightReleases, type InFlight } from './in-flight';
import { releaseRecords } from './records';

/** How the factory stands: what `status` and `watch` show. */
export interface Overview {
  readonly distribution: string;
  readonly generation: number;
  /** Undefined when no Temporal server answers: then nobody knows what is in flight. */
  readonly inFlight: readonly InFlight[] | undefined;
  /** Newest first. */
  readonly published: readonly ReleaseRecord[];
  /** Ended otherwise than published, newest first. */
  readonly given: readonly ReleaseRecord[];
  readonly share: Share;
}

export async function overview(session: Session): Promise<Overview> {
  const records = await releaseRecords(session.store);
  const newest = [...records].reverse();
  const inFlight = await session.client().then(inFlightReleases, () => undefined);
  return {
    distribution: session.config.distribution,
    generation: await session.published.currentGeneration(),
    inFlight,
    published: newest.filter((record) => record.outcome === 'published'),
    given: newest.filter((record) => record.outcome !== 'published'),
    share: share(records),
  };
}
