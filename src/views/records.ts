import type { Store } from '../activities/store/store';
import type { ReleaseInput, ReleaseRecord } from '../domain/release/release';

/** Enough for every list and figure; a factory of years has more. */
const MOST = 2000;

/** Of a release that ended, what lists and figures tell. */
export type Ended = Pick<
  ReleaseRecord,
  'id' | 'outcome' | 'reason' | 'decisions' | 'waivers' | 'generation' | 'startedAt' | 'finishedAt'
> & { readonly input: Pick<ReleaseInput, 'package' | 'version' | 'epoch'> };

/** Records of ended releases, oldest first: of one package, or the newest of all. */
export async function releaseRecords(store: Store, name?: string): Promise<readonly ReleaseRecord[]> {
  const names = (await store.listRecords('release')).filter((record) => name === undefined || record.startsWith(`release:${name}-`));
  const records = await Promise.all(names.slice(-MOST).map((record) => store.readRecord<ReleaseRecord>('release', record)));
  return records.filter((record) => record !== undefined && (name === undefined || record.input.package === name)) as ReleaseRecord[];
}

/** The newest of all, oldest first, for who asks again and again: a record is written once, so each is read once, and only what lists need of it is kept. */
export function createEndedReleases(store: Pick<Store, 'listRecords' | 'readRecord'>): () => Promise<readonly Ended[]> {
  let known = new Map<string, Promise<Ended | undefined>>();
  const read = async (name: string): Promise<Ended | undefined> => {
    const record = await store.readRecord<ReleaseRecord>('release', name);
    if (!record) return undefined;
    const { id, outcome, reason, decisions, waivers, generation, startedAt, finishedAt, input } = record;
    const { package: of, version, epoch } = input;
    const kept = { id, outcome, reason, decisions, waivers, startedAt, finishedAt, input: { package: of, version, epoch } };
    return generation === undefined ? kept : { ...kept, generation };
  };
  return async () => {
    const names = (await store.listRecords('release')).slice(-MOST);
    known = new Map(names.map((name) => [name, known.get(name) ?? read(name)]));
    try {
      return (await Promise.all(known.values())).filter((release) => release !== undefined);
    } catch (error) {
      // What could not be read may be repaired: it is read anew.
      known = new Map();
      throw error;
    }
  };
}
