import type { Store } from '../../activities/store/store';
import type { ReleaseRecord } from '../../domain/release/release';

/** Enough for every list and figure; a factory of years has more. */
const MOST = 2000;

/** Records of ended releases, oldest first: of one package, or the newest of all. */
export async function releaseRecords(store: Store, name?: string): Promise<readonly ReleaseRecord[]> {
  const names = (await store.listRecords('release')).filter((record) => name === undefined || record.startsWith(`release:${name}-`));
  const records = await Promise.all(names.slice(-MOST).map((record) => store.readRecord<ReleaseRecord>('release', record)));
  return records.filter((record) => record !== undefined && (name === undefined || record.input.package === name)) as ReleaseRecord[];
}
