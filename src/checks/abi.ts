import type { IndexRecord } from '../domain/apk/apk';
import { neededSonames, providedSonames } from '../domain/apk/dependency';
import { compareVersionTexts } from '../domain/version/version';
import type { BuildView, Check, Finding } from './check';
import { failed, passed, perArchitecture } from './check';
import { onlyIn, providedBy } from './relations';

/** Of each package only the newest version: older ones stay in the index for images that are locked to them. */
function newestOfEach(index: readonly IndexRecord[]): readonly IndexRecord[] {
  const newest = new Map<string, IndexRecord>();
  for (const record of index) {
    const known = newest.get(record.name);
    const order = known ? compareVersionTexts(record.version, known.version) : undefined;
    if (!known || (order?.ok && order.value > 0)) newest.set(record.name, record);
  }
  return [...newest.values()];
}

/** `libxml2.so.16` stands for `libxml2.so.2` under a new number. */
const stem = (soname: string) => soname.replace(/[-.]?\d[\d.]*(?=\.so|$)/, '').replace(/\.so.*$/, '');

async function ask(build: BuildView, origin: string): Promise<Finding> {
  const previous = await build.previous();
  if (previous.length === 0) return passed('first release: nothing to compare');
  const now = providedBy(await build.built(), 'so:');
  const { removed, added } = onlyIn(providedBy(previous, 'so:'), now);
  const gained = added.map((soname) => `+ ${soname}`);
  if (removed.length === 0)
    return passed(added.length > 0 ? `sonames added: ${added.join(', ')}` : `sonames unchanged (${now.length})`, gained);

  const others = newestOfEach(await build.index()).filter((record) => record.origin !== origin);
  const lost = removed.map((soname) => {
    const keeper = others.find((record) => providedSonames(record).includes(soname));
    return {
      soname,
      keeper: keeper?.name,
      successor: added.find((name) => stem(name) === stem(soname)),
      dependents: keeper
        ? []
        : others.filter((record) => neededSonames(record).includes(soname)).map((record) => `${record.name}-${record.version}`),
    };
  });
  const details = lost.flatMap(({ soname, keeper, successor, dependents }) => [
    `- ${soname}${successor ? ` (now ${successor})` : ''}${keeper ? `, kept by ${keeper}` : ''}`,
    ...dependents.map((dependent) => `${soname} is needed by ${dependent}`),
  ]);
  const breaking = lost.filter(({ dependents }) => dependents.length > 0);
  const broken = new Set(breaking.flatMap(({ dependents }) => dependents));
  if (breaking.length === 0) return passed(`sonames removed, none of which is needed: ${removed.join(', ')}`, [...details, ...gained]);
  const names = breaking.map(({ soname, successor }) => (successor ? `${soname} (now ${successor})` : soname));
  return failed(`${names.join(', ')} removed, needed by ${[...broken].join(', ')}`, [...details, ...gained]);
}

/** A library name that disappears breaks the published packages that are linked with it. */
export const abiCheck: Check = {
  name: 'abi',
  title: 'Library names that others are linked with',
  stage: 'package',
  revision: 1,
  reads: ['index'],
  run: (context) => perArchitecture(context, (build) => ask(build, context.release.package)),
};
