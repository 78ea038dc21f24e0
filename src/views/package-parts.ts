import type { RepositoryReader } from '../activities/repository/reader';

/** An apk of a package, over all architectures. */
export interface PackagePart {
  readonly name: string;
  readonly summary: string;
  readonly architectures: readonly string[];
  /** Of the .apk file, and of what it installs; of the largest architecture. */
  readonly bytes: number;
  readonly installedBytes: number;
  /** What others can ask for it by: `so:libz.so.1`, `cmd:pigz`. */
  readonly provides: readonly string[];
}

/** The apks that a version of a package consists of, by name. */
export async function packageParts(
  published: Pick<RepositoryReader, 'readIndex'>,
  architectures: readonly string[],
  origin: string,
  version: string,
): Promise<readonly PackagePart[]> {
  const indexes = await Promise.all(architectures.map((architecture) => published.readIndex(architecture)));
  const records = indexes.flat().filter((record) => record.origin === origin && record.version === version);
  return [...new Set(records.map(({ name }) => name))].sort().map((name) => {
    const own = records.filter((record) => record.name === name);
    return {
      name,
      summary: own[0]!.description,
      architectures: own.map(({ architecture }) => architecture).sort(),
      bytes: Math.max(...own.map(({ size }) => size)),
      installedBytes: Math.max(...own.map(({ installedSize }) => installedSize)),
      provides: [...new Set(own.flatMap(({ provides }) => provides))].sort(),
    };
  });
}
