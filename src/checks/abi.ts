import { sonameChanges } from '../domain/apk/difference';
import type { BuildView, Check, Finding } from './check';
import { failed, passed, perArchitecture } from './check';
import { providedBy } from './relations';

/** `libxml2.so.16` stands for `libxml2.so.2` under a new number. */
const stem = (soname: string) => soname.replace(/[-.]?\d[\d.]*(?=\.so|$)/, '').replace(/\.so.*$/, '');

async function ask(build: BuildView, origin: string): Promise<Finding> {
  const previous = await build.previous();
  if (previous.length === 0) return passed('first release: nothing to compare');
  const built = await build.built();
  const others = (await build.index()).filter((record) => record.origin !== origin);
  const { added, lost: gone } = sonameChanges(
    previous.map(({ info }) => info),
    built.map(({ info }) => info),
    others,
  );
  const gained = added.map((soname) => `+ ${soname}`);
  if (gone.length === 0)
    return passed(
      added.length > 0 ? `sonames added: ${added.join(', ')}` : `sonames unchanged (${providedBy(built, 'so:').length})`,
      gained,
    );

  const removed = gone.map(({ soname }) => soname);
  const lost = gone.map((one) => ({ ...one, successor: added.find((name) => stem(name) === stem(one.soname)) }));
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
