import type { Finding } from '../../checks/check';
import { keyName } from '../../domain/build/build-key';
import { alikeFailures, lastGood } from '../../domain/check/alike';
import { differenceToLastGood } from '../../domain/check/difference';
import type { Made } from '../../domain/check/difference';
import type { FailureReport } from '../../domain/check/verdict';
import type { BuildRecord, BuildResult, Change, ReleaseRecord } from '../../domain/release/release';
import { fullVersion } from '../../domain/version/version';
import type { CheckRequest } from '../contract';
import type { Store } from '../store/store';

/** Releases that are searched for earlier failures: a failure is answered from what people still remember. */
const RECORDS = 200;

async function made(store: Store, change: Change, builds: readonly BuildResult[]): Promise<Made> {
  const { snapshot } = change;
  const folder = snapshot.path.replace(/\.yaml$/, '');
  const environments = await Promise.all(
    builds.map(async ({ architecture, key }) => {
      const record = await store.readRecord<BuildRecord>('build', keyName(key));
      return record ? [[architecture, record.environment] as const] : [];
    }),
  );
  return {
    version: fullVersion(change.version, change.epoch),
    files: {
      [snapshot.path]: snapshot.spec,
      ...Object.fromEntries(Object.entries(snapshot.files).map(([path, digest]) => [`${folder}/${path}`, digest])),
    },
    sources: Object.fromEntries(change.sources.map((source) => [source.uri, source.sha256])),
    environments: Object.fromEntries(environments.flat()),
  };
}

/** What a person needs to answer a failed check: loads the earlier releases once for all checks of a request. */
export function createReporter(store: Store, request: CheckRequest): (check: string, finding: Finding) => Promise<FailureReport> {
  let loaded: Promise<{ readonly records: readonly ReleaseRecord[]; readonly difference: readonly string[] }> | undefined;
  const load = async () => {
    const names = (await store.listRecords('release')).slice(-RECORDS);
    const records = (await Promise.all(names.map((name) => store.readRecord<ReleaseRecord>('release', name)))).filter(
      (record) => record !== undefined,
    );
    const good = lastGood(request.release.package, records);
    const before = good?.change ? await made(store, good.change, good.builds) : undefined;
    return { records, difference: differenceToLastGood(await made(store, request.change, request.builds), before) };
  };
  return async (check, finding) => {
    const { records, difference } = await (loaded ??= load());
    return {
      class: finding.class ?? 'real',
      ...(finding.log ? { log: finding.log } : {}),
      differenceToLastGood: difference,
      alike: alikeFailures(check, request.release.package, records),
    };
  };
}
