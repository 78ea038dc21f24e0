import { sonameChanges } from '../domain/apk/difference';
import type { RebuildPolicy } from '../domain/floor/floor';
import type { BuildView, Check, Finding } from './check';
import { failed, passed, perArchitecture } from './check';
import { providedBy } from './relations';

/** `libxml2.so.16` stands for `libxml2.so.2` under a new number. */
const stem = (soname: string) => soname.replace(/[-.]?\d[\d.]*(?=\.so|$)/, '').replace(/\.so.*$/, '');

/** Origins that a summary names one by one. */
const NAMED = 6;

async function ask(build: BuildView, origin: string, policy: RebuildPolicy): Promise<Finding> {
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
    ...dependents.map((dependent) => `${soname} is needed by ${dependent}${policy === 'none' ? '' : ', which will be rebuilt'}`),
  ]);
  const breaking = lost.filter(({ dependents }) => dependents.length > 0);
  const broken = new Set(breaking.flatMap(({ dependents }) => dependents));
  if (breaking.length === 0) return passed(`sonames removed, none of which is needed: ${removed.join(', ')}`, [...details, ...gained]);
  const names = breaking
    .map(({ soname, successor }) => (successor ? `${soname} removed (now ${successor})` : `${soname} removed`))
    .join(', ');
  const origins = [
    ...new Set(others.filter(({ name, version }) => broken.has(`${name}-${version}`)).map((record) => record.origin)),
  ].sort();
  const who = origins.length > NAMED ? `${origins.length} packages` : origins.join(', ');
  if (policy !== 'none') return passed(`${names}: ${who} will be rebuilt`, [...details, ...gained]);
  const remedy = `give ${origin} the policy abi (floor.policies in millrace.yaml), or keep the old library beside the new one`;
  return failed(`${names}: ${who} would be left broken, by the policy none nothing is rebuilt for ${origin}; ${remedy}`, [
    ...details,
    ...gained,
  ]);
}

/** A library name that disappears breaks the published packages that are linked with it, unless the floor builds them again. */
export const abiCheck: Check = {
  name: 'abi',
  title: 'Library names that others are linked with',
  stage: 'package',
  revision: 2,
  reads: ['index', 'policy'],
  run: (context) => perArchitecture(context, (build) => ask(build, context.release.package, context.rebuildPolicy)),
};
