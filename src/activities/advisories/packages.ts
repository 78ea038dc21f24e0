import type { PublishedPackage } from '../../domain/advisory/detect';
import { sortRecords } from '../../domain/apk/index-text';
import type { Indexes } from '../../domain/repository/index-rules';

/** `version-rN` of each origin on any architecture, oldest first, and what is built with it. */
export interface PublishedOrigins {
  readonly newest: readonly PublishedPackage[];
  versions(origin: string): readonly string[];
  subpackages(origin: string): readonly string[];
}

/** What an index of all architectures says by origin. */
export function originsOf(indexes: Indexes): PublishedOrigins {
  const names = new Map<string, Set<string>>();
  const records = Object.values(indexes).flat();
  for (const { origin, name } of records) names.set(origin, (names.get(origin) ?? new Set<string>()).add(name));
  const versions = new Map<string, string[]>();
  // Under the name of their origin records sort by version alone.
  for (const { name: origin, version } of sortRecords(records.map((record) => ({ ...record, name: record.origin })))) {
    const known = versions.get(origin);
    if (!known) versions.set(origin, [version]);
    else if (known.at(-1) !== version) known.push(version);
  }
  return {
    newest: [...versions].map(([name, all]) => ({ name, version: all.at(-1)! })),
    versions: (origin) => versions.get(origin) ?? [],
    subpackages: (origin) => [...(names.get(origin) ?? [])],
  };
}
