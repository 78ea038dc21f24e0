import { parseVersion } from '../version/version';
import type { IndexRecord } from './apk';
import { isWithin, parseDependency, type Dependency } from './dependency';

type Installed = Pick<IndexRecord, 'name' | 'version' | 'depends' | 'provides'>;

/**
 * What keeps these packages from working together when they are all that is installed: dependencies that none of them meets and conflicts that one of them has, one line
 * each (`xmlcount-1.0-r0 needs so:libxml2.so.2`). apko 1.2.37 does not look for them: once `xmlcheck` has brought a new libxml2 it takes `xmlcount` with it, which is linked
 * with the old one. Rule: apk-tools `apk_dep_is_provided`; what a package provides without a version meets only what asks for none.
 */
export function unmetDependencies(installed: readonly Installed[]): readonly string[] {
  const offers = new Map<string, string[]>();
  const offer = (name: string, version: string) => offers.set(name, [...(offers.get(name) ?? []), version]);
  for (const { name, version, provides } of installed) {
    offer(name, version);
    for (const atom of provides) {
      const provided = parseDependency(atom);
      if (provided) offer(provided.name, provided.version);
    }
  }
  return installed.flatMap(({ name, version, depends, provides }) => {
    const own = [name, ...provides.map((atom) => parseDependency(atom)?.name)];
    return depends.flatMap((atom) => {
      const dependency = parseDependency(atom);
      if (!dependency) return [];
      const met = (offers.get(dependency.name) ?? []).some((offered) => meets(offered, dependency));
      if (dependency.conflict)
        return met && !own.includes(dependency.name) ? [`${name}-${version} conflicts with ${atom.trim().slice(1)}`] : [];
      return met ? [] : [`${name}-${version} needs ${atom.trim()}`];
    });
  });
}

function meets(offered: string, { bound, version }: Dependency): boolean {
  if (bound === 'any') return true;
  const [has, limit] = [parseVersion(offered), parseVersion(version)];
  return has.ok && limit.ok && isWithin(has.value, bound, limit.value);
}
