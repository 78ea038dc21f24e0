import { isOpen, type Advisory } from './advisory';
import { entryOf, type PackageMapping } from './mapping';
import { standingOf, worst, type Standing } from './match';
import type { OsvRecord } from './osv';

/**
 * The open advisories of a package that its `version-rN` turns to fixed: every record of the vulnerability that is about the package says that this version has the
 * fix. One that says affected, or that cannot be told, leaves it open; so does a vulnerability without a record. An advisory that is fixed already is not open.
 */
export function fixedIn(
  name: string,
  version: string,
  advisories: readonly Advisory[],
  recordsOf: (name: string) => readonly OsvRecord[],
  mapping: PackageMapping,
): readonly Advisory[] {
  return advisories.filter((advisory) => isOpen(advisory) && standingIn(name, version, advisory, recordsOf, mapping) === 'fixed');
}

function standingIn(
  name: string,
  version: string,
  advisory: Advisory,
  recordsOf: (name: string) => readonly OsvRecord[],
  mapping: PackageMapping,
): Standing {
  const records = new Set([advisory.id, ...advisory.aliases].flatMap(recordsOf));
  const about = [...records].filter(
    (record) => record.withdrawn === undefined && record.affected.some((entry) => entryOf(entry, name, mapping)),
  );
  return worst(about.map((record) => standingOf(record, version, (entry) => entryOf(entry, name, mapping))));
}
