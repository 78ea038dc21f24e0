import type { ReleaseRecord } from '../../domain/release/release';
import type { Store } from '../store/store';

/** Builds that an estimate looks back on. */
const BUILDS = 5;

/** Seconds of the last builds of each package, the slowest architecture of each, oldest first. What was reused took no time and tells nothing; nor does a build that failed. */
export type BuildHistory = ReadonlyMap<string, readonly number[]>;

/** Reads the history from the records of ended releases. A record is written once, so each is read once. */
export function createBuildHistory(store: Pick<Store, 'listRecords' | 'readRecord'>): () => Promise<BuildHistory> {
  const read = new Set<string>();
  const history = new Map<string, readonly number[]>();
  const readNew = async (): Promise<BuildHistory> => {
    for (const name of await store.listRecords('release')) {
      if (read.has(name)) continue;
      const record = await store.readRecord<ReleaseRecord>('release', name);
      read.add(name);
      const seconds = record && secondsOf(record);
      if (seconds !== undefined) {
        const of = record!.input.package;
        history.set(of, [...(history.get(of) ?? []), seconds].slice(-BUILDS));
      }
    }
    return history;
  };
  let reading: Promise<BuildHistory> = Promise.resolve(history);
  return () => (reading = reading.then(readNew, readNew));
}

function secondsOf({ builds }: ReleaseRecord): number | undefined {
  const done = builds.filter((build) => build.outcome === 'built' && !build.reused).map((build) => build.seconds);
  return done.length === 0 ? undefined : Math.max(...done);
}
