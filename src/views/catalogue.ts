import type { RepositoryReader } from '../activities/repository/reader';
import type { IndexRecord } from '../domain/apk/apk';
import { sortRecords } from '../domain/apk/index-text';

/** A package of the published repository: an origin with its newest version. */
export interface PublishedPackage {
  readonly name: string;
  /** `version-rN`. */
  readonly version: string;
  readonly summary: string;
  readonly license: string;
  readonly url: string;
  /** Names of the packages that the newest version consists of. */
  readonly parts: readonly string[];
  readonly architectures: readonly string[];
  /** Which generation brought the newest version, and when (ISO 8601); absent where its manifest is gone. */
  readonly since?: Since;
}

export interface Since {
  readonly generation: number;
  readonly time: string;
}

/** What is published in one generation. */
export interface Catalogue {
  readonly generation: number;
  /** The last published first, then by name. */
  readonly packages: readonly PublishedPackage[];
  /** Which generation brought a version of a package (`version-rN`). */
  readonly since: (name: string, version: string) => Since | undefined;
}

/** How many manifests are read at once. */
const AT_ONCE = 64;

/** Reads the published repository for who asks again and again: an index once for each generation, a manifest once for ever. */
export function createCatalogue(
  reader: Pick<RepositoryReader, 'currentGeneration' | 'readManifest' | 'readIndex'>,
): () => Promise<Catalogue> {
  const brought = new Map<string, Since>();
  let read = 0;
  let kept: { readonly generation: number; readonly catalogue: Promise<Catalogue> } | undefined;

  const readHistory = async (generation: number) => {
    while (read < generation) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, generation - read) }, (_, index) => read + 1 + index);
      const manifests = await Promise.all(numbers.map((number) => reader.readManifest(number)));
      for (const manifest of manifests)
        for (const name of manifest?.contains ?? [])
          if (manifest && !brought.has(name)) brought.set(name, { generation: manifest.generation, time: manifest.time });
      read += numbers.length;
    }
  };

  const build = async (generation: number): Promise<Catalogue> => {
    await readHistory(generation);
    const architectures = Object.keys((await reader.readManifest(generation))?.indexes ?? {}).sort();
    const indexes = await Promise.all(architectures.map((architecture) => reader.readIndex(architecture, generation)));
    const since = (name: string, version: string) => brought.get(`${name}-${version}`);
    return { generation, packages: packagesOf(indexes.flat(), since), since };
  };

  return async () => {
    const generation = await reader.currentGeneration();
    if (kept?.generation !== generation) {
      const catalogue = build(generation);
      kept = { generation, catalogue };
      catalogue.catch(() => (kept = undefined));
    }
    return kept.catalogue;
  };
}

function packagesOf(records: readonly IndexRecord[], since: Catalogue['since']): readonly PublishedPackage[] {
  const byOrigin = new Map<string, IndexRecord[]>();
  for (const record of records) {
    const known = byOrigin.get(record.origin);
    if (known) known.push(record);
    else byOrigin.set(record.origin, [record]);
  }
  const packages = [...byOrigin].map(([name, all]): PublishedPackage => {
    // One record of each version, under one name: they sort by version alone.
    const versions = new Map(all.map((record) => [record.version, record]));
    const version =
      versions.size === 1 ? all[0]!.version : sortRecords([...versions.values()].map((record) => ({ ...record, name }))).at(-1)!.version;
    const newest = all.filter((record) => record.version === version);
    const main = newest.find((record) => record.name === name) ?? newest[0]!;
    const from = since(name, version);
    return {
      name,
      version,
      summary: main.description,
      license: main.license,
      url: main.url,
      parts: [...new Set(newest.map((record) => record.name))].sort(),
      architectures: [...new Set(newest.map((record) => record.architecture))].sort(),
      ...(from ? { since: from } : {}),
    };
  });
  const place = (one: PublishedPackage) => one.since?.generation ?? 0;
  return packages.sort((a, b) => place(b) - place(a) || (a.name < b.name ? -1 : 1));
}
