import { fileName } from '../../domain/apk/file-name';
import type { IndexRecord } from '../../domain/apk/apk';
import { differenceOf, type BuiltApk } from '../../domain/apk/difference';
import { comparisonOf, type ComparedArchitecture } from '../../domain/release/comparison';
import type { BuildResult } from '../../domain/release/release';
import { compareVersionTexts } from '../../domain/version/version';
import { listEntries, readApk } from '../apk/read';
import type { ComparisonActivities } from '../contract';
import { underHeartbeat } from '../melange/activity-life';
import type { RepositoryReader } from '../repository/reader';
import type { Store } from '../store/store';

export interface ComparisonDependencies {
  readonly store: Store;
  readonly repository: Pick<RepositoryReader, 'readIndex' | 'apkPath'>;
}

/** Compares what was built with what is published. Throws `ObjectMissing` of the store and `ApkRefused` for an apk that is damaged. */
export function createComparisonActivities({ store, repository }: ComparisonDependencies): ComparisonActivities {
  const compare = async (name: string, version: string, { architecture, packages }: BuildResult): Promise<ComparedArchitecture> => {
    const index = await repository.readIndex(architecture);
    const before = newestBefore(index, name, version);
    if (before.length === 0) return { index };
    const old = await opened(before.map((record) => repository.apkPath(architecture, fileName(record.name, record.version))));
    const built = await opened(await Promise.all(packages.map(({ object }) => store.object(object))));
    return { difference: differenceOf(old, built, index), index };
  };
  return {
    compareBuilds: ({ package: name, version, builds }) =>
      underHeartbeat('', async ({ say }) => {
        const found: ComparedArchitecture[] = [];
        for (const build of builds) {
          say(`compares ${name} for ${build.architecture} with what is published`);
          found.push(await compare(name, version, build));
        }
        return comparisonOf(found);
      }),
  };
}

/** Records of the newest published version of an origin. The version itself is left out: a release that is run again after its publication must not find itself equal. */
function newestBefore(index: readonly IndexRecord[], origin: string, version: string): readonly IndexRecord[] {
  const records = index.filter((record) => record.origin === origin && record.version !== version);
  const newest = records.reduce<string | undefined>((best, record) => {
    const order = best === undefined ? undefined : compareVersionTexts(record.version, best);
    return !order || (order.ok && order.value > 0) ? record.version : best;
  }, undefined);
  return records.filter((record) => record.version === newest);
}

/** One after the other: an apk can be of gigabytes. */
async function opened(paths: readonly string[]): Promise<readonly BuiltApk[]> {
  const apks: BuiltApk[] = [];
  for (const path of paths) apks.push({ info: (await readApk(path)).info, entries: await listEntries(path) });
  return apks;
}
