import { keyName } from '../../domain/build/build-key';
import { alikeFailures, lastGood } from '../../domain/check/alike';
import { differenceToLastGood } from '../../domain/check/difference';
import type { Made } from '../../domain/check/difference';
import type { FailureReport, Verdict } from '../../domain/check/verdict';
import type { BuildRecord, BuildResult, Change, ReleaseRecord } from '../../domain/release/release';
import { fullVersion } from '../../domain/version/version';
import type { CheckRequest } from '../contract';
import type { Store } from '../store/store';

/** Releases of all packages that are searched for earlier failures: a failure is answered from what people still remember. */
const RECORDS = 200;

async function made(store: Store, change: Change, builds: readonly BuildResult[]): Promise<Made> {
  const { snapshot } = change;
  const folder = snapshot.path.replace(/\.yaml$/, '');
  const environments = await Promise.all(
    builds.map(async ({ architecture, key, outcome }) => {
      const kind = outcome === 'built' ? 'build' : 'failed-build';
      const record = await store.readRecord<Pick<BuildRecord, 'environment'>>(kind, keyName(key));
      return [architecture, record?.environment] as const;
    }),
  );
  return {
    version: fullVersion(change.version, change.epoch),
    files: {
      [snapshot.path]: snapshot.spec,
      ...Object.fromEntries(Object.entries(snapshot.files).map(([path, digest]) => [`${folder}/${path}`, digest])),
    },
    sources: Object.fromEntries(change.sources.map((source) => [source.uri, source.sha256])),
    environments: Object.fromEntries(environments),
  };
}

/** Ended releases, oldest first: the newest of all packages, and of one package those that are older, too. */
async function endedReleases(store: Store, name: string): Promise<readonly ReleaseRecord[]> {
  const names = await store.listRecords('release');
  const recent = names.length - RECORDS;
  const wanted = names.filter((record, index) => index >= recent || record.startsWith(`release:${name}-`));
  const records = await Promise.all(wanted.map((record) => store.readRecord<ReleaseRecord>('release', record)));
  return records.filter((record) => record !== undefined);
}

/** What failed, and as far as it is known how. */
type Failed = Pick<Verdict, 'check' | 'summary'> & Partial<Pick<FailureReport, 'class' | 'log'>>;

/** What a person needs to answer a failed check: loads the earlier releases once for all checks of a request. */
export function createReporter(
  store: Store,
  request: Pick<CheckRequest, 'release' | 'builds'> & { readonly change?: Change },
): (failed: Failed) => Promise<FailureReport> {
  const { package: name, version, epoch } = request.release;
  const load = async () => {
    const records = await endedReleases(store, name);
    const good = lastGood(name, records);
    const before = good?.change ? await made(store, good.change, good.builds) : undefined;
    if (!request.change)
      return { records, difference: before ? [`version: ${before.version} before, ${fullVersion(version, epoch)} now`] : [] };
    return { records, difference: differenceToLastGood(await made(store, request.change, request.builds), before) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  return async (failed) => {
    const { records, difference } = await (loaded ??= load());
    return {
      class: failed.class ?? 'real',
      ...(failed.log ? { log: failed.log } : {}),
      differenceToLastGood: difference,
      alike: alikeFailures(failed, name, records),
    };
  };
}
