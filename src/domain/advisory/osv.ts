/** What is read of an OSV record (ossf.github.io/osv-schema, 1.7); the rest of it decides nothing here. */
export interface OsvRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly modified: string;
  /** Set: whoever published the record takes it back. */
  readonly withdrawn?: string;
  readonly aliases: readonly string[];
  readonly summary?: string;
  /** Vectors, by kind (`CVSS_V3`, …). */
  readonly severity: readonly { readonly type: string; readonly score: string }[];
  readonly affected: readonly OsvAffected[];
}

export interface OsvAffected {
  readonly package?: { readonly ecosystem: string; readonly name: string; readonly purl?: string };
  readonly ranges: readonly OsvRange[];
  /** Versions that are affected, one by one. */
  readonly versions: readonly string[];
}

export interface OsvRange {
  readonly type: 'SEMVER' | 'ECOSYSTEM' | 'GIT';
  readonly repo?: string;
  readonly events: readonly OsvEvent[];
}

/** Exactly one of the bounds. */
export type OsvEvent =
  { readonly introduced: string } | { readonly fixed: string } | { readonly lastAffected: string } | { readonly limit: string };

/** The id of a record and its aliases: all the names of one vulnerability. */
export function namesOf(record: OsvRecord): readonly string[] {
  return [...new Set([record.id, ...record.aliases])];
}

/** The records that have a name, by it: asked for every advisory, so that each is not held against every record. */
export function recordsByName(records: readonly OsvRecord[]): (name: string) => readonly OsvRecord[] {
  const byName = new Map<string, OsvRecord[]>();
  for (const record of records)
    for (const name of namesOf(record)) {
      const known = byName.get(name);
      if (known) known.push(record);
      else byName.set(name, [record]);
    }
  return (name) => byName.get(name) ?? [];
}
