import type { Advisory } from './advisory';
import { entryOf, type PackageMapping } from './mapping';
import { standingOf } from './match';
import { namesOf, type OsvRecord } from './osv';
import { isAlias } from './read';

export interface PublishedPackage {
  readonly name: string;
  /** Newest `version-rN`. */
  readonly version: string;
}

/** What a record means for a package that it is about. */
export type Finding = PublishedPackage &
  (
    | { readonly outcome: 'opens'; readonly aliases: readonly string[] }
    /** `id` is the advisory that speaks of the vulnerability already. */
    | { readonly outcome: 'known'; readonly id: string }
    | { readonly outcome: 'not-affected' | 'unknown' | 'withdrawn' | 'unnamed' }
  );

/**
 * What a record means for the published packages: `opens` where the newest version is affected and no advisory of the package has one of the names of the
 * vulnerability. `unnamed`: the record has no name that an advisory may carry (CVE, GHSA, GO). Packages that the record is not about are left out.
 */
export function findingsOf(
  record: OsvRecord,
  packages: readonly PublishedPackage[],
  advisoriesOf: (name: string) => readonly Advisory[],
  mapping: PackageMapping,
): readonly Finding[] {
  const names = namesOf(record);
  return packages.flatMap((item): readonly Finding[] => {
    if (!record.affected.some((entry) => entryOf(entry, item.name, mapping))) return [];
    const known = advisoriesOf(item.name).find((advisory) => [advisory.id, ...advisory.aliases].some((name) => names.includes(name)));
    if (known) return [{ ...item, outcome: 'known', id: known.id }];
    if (record.withdrawn !== undefined) return [{ ...item, outcome: 'withdrawn' }];
    const standing = standingOf(record, item.version, (entry) => entryOf(entry, item.name, mapping));
    if (standing === 'unknown') return [{ ...item, outcome: 'unknown' }];
    if (standing !== 'affected') return [{ ...item, outcome: 'not-affected' }];
    const aliases = names.filter(isAlias).sort();
    return [aliases.length > 0 ? { ...item, outcome: 'opens', aliases } : { ...item, outcome: 'unnamed' }];
  });
}
