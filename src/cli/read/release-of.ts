import type { Client } from '@temporalio/client';
import type { ReleaseRecord } from '../../domain/release/release';
import type { Session } from '../session';
import { progress } from '../output';
import { inFlightReleases, type InFlight } from '../../views/in-flight';
import { resolveName, type Named } from './names';
import { releaseRecords } from '../../views/records';

/** What a word on the command line leads to: the release that runs, else the newest that has ended. */
export interface Found {
  readonly named: Named;
  readonly client: Client | undefined;
  readonly running?: InFlight;
  readonly record?: ReleaseRecord;
}

/** Finds a package or release, also without a Temporal server (then only what has ended). Throws a `Complaint` with the nearest names. */
export async function findRelease(session: Session, word: string): Promise<Found> {
  const client = await session.client().catch(() => undefined);
  if (!client) progress('no Temporal server answers: only what has ended is told');
  const flying = client ? await inFlightReleases(client) : [];
  const named = await resolveName(session, word, flying);
  const running = flying.find((release) =>
    named.kind === 'release' ? release.release === named.release : release.package === named.package,
  );
  const record = (await releaseRecords(session.store, named.package)).findLast(
    (candidate) => named.kind === 'package' || candidate.id === named.release,
  );
  return { named, client, ...(running ? { running } : {}), ...(record ? { record } : {}) };
}
