import { inFlightImages } from '../../views/images';
import { inFlightReleases } from '../../views/in-flight';
import { overview as overviewOf, type Overview } from '../../views/overview';
import { releaseRecords } from '../../views/records';
import type { Session } from '../session';

/** What `status` and `watch` show. */
export function overview(session: Session): Promise<Overview> {
  return overviewOf({
    distribution: session.config.distribution,
    published: session.published,
    ended: () => releaseRecords(session.store),
    inFlight: () => session.client().then(inFlightReleases, () => undefined),
    images: () => session.client().then(inFlightImages, () => undefined),
  });
}
