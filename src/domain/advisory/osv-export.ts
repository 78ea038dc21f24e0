import { newestEvent, type Advisory, type AdvisoryDocument } from './advisory';

const SCHEMA = '1.7.0';

/** An OSV record of an advisory (ossf.github.io/osv-schema 1.7.0). */
export interface ExportedOsv {
  readonly schema_version: string;
  readonly id: string;
  readonly modified: string;
  readonly published: string;
  /** A distribution's advisory is not the vulnerability itself: its names are `upstream`, not `aliases`. */
  readonly upstream: readonly string[];
  readonly affected: readonly {
    readonly package: { readonly ecosystem: string; readonly name: string; readonly purl: string };
    readonly ranges: readonly {
      readonly type: 'ECOSYSTEM';
      readonly events: readonly ({ readonly introduced: string } | { readonly fixed: string })[];
    }[];
  }[];
}

/**
 * The OSV feed of a distribution by file name: one record per advisory, and `all.json` with id and time of change of each. An advisory affects its package and what is
 * built with it (`subpackages`), from the beginning up to the fixed version; a false positive up to version 0, which is nothing.
 */
export function exportOsv(
  documents: readonly AdvisoryDocument[],
  repository: { readonly distribution: string; readonly subpackages: (origin: string) => readonly string[] },
): ReadonlyMap<string, unknown> {
  const records = documents
    .flatMap((document) => {
      const names = [...new Set([document.package, ...repository.subpackages(document.package)])].sort();
      return document.advisories.map((advisory) => recordOf(advisory, names, repository.distribution));
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const all = records.map(({ id, modified }) => ({ id, modified }));
  return new Map<string, unknown>([...records.map((record) => [`${record.id}.json`, record] as const), ['all.json', all]]);
}

function recordOf(advisory: Advisory, names: readonly string[], distribution: string): ExportedOsv {
  const times = advisory.events.map(({ timestamp }) => timestamp).sort();
  const fixed = fixedVersionOf(advisory);
  return {
    schema_version: SCHEMA,
    id: advisory.id,
    modified: times.at(-1)!,
    published: times[0]!,
    upstream: [...advisory.aliases].sort(),
    affected: names.map((name) => ({
      package: { ecosystem: distribution, name, purl: `pkg:apk/${distribution}/${encodeURIComponent(name)}` },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])] }],
    })),
  };
}

function fixedVersionOf(advisory: Advisory): string | undefined {
  const event = newestEvent(advisory);
  if (event?.type === 'fixed') return event.fixedVersion;
  return event?.type === 'false-positive-determination' ? '0' : undefined;
}
