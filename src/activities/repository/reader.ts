import { readFile } from 'node:fs/promises';
import type { IndexRecord } from '../../domain/apk/apk';
import { sortRecords } from '../../domain/apk/index-text';
import type { Manifest } from '../../domain/repository/manifest';
import { readIndexArchive } from '../apk/index-archive';
import { shownGeneration } from './current';
import { codeOf } from './disk';
import { repositoryPaths } from './layout';

/** What the published repository says, as the world sees it: reads `current` unless a generation is named. */
export interface RepositoryReader {
  /** 0 before the first. */
  currentGeneration(): Promise<number>;
  /** Undefined when there is no such generation. */
  readManifest(generation?: number): Promise<Manifest | undefined>;
  /** Records by name and version; empty for an architecture or generation that is not there. The same array for the same generation. */
  readIndex(architecture: string, generation?: number): Promise<readonly IndexRecord[]>;
  /** `version-rN` of an origin on any architecture, oldest first. */
  publishedVersions(origin: string): Promise<readonly string[]>;
  newestPublished(origin: string): Promise<string | undefined>;
  /** The newest record of that name, or of that name and version. */
  findPackage(name: string, architecture: string, version?: string): Promise<IndexRecord | undefined>;
  /** Path of a published file: `<name>-<version-rN>.apk`. */
  apkPath(architecture: string, file: string): string;
  /** Folder that melange and apko take as a repository. */
  readonly location: string;
}

export function createRepositoryReader(deps: { readonly root: string }): RepositoryReader {
  const paths = repositoryPaths(deps.root);
  /** A generation never changes, so its indexes are read once; only the newest one that was asked for is kept. */
  let cached: { readonly generation: number; readonly indexes: Map<string, Promise<readonly IndexRecord[]>> } = {
    generation: 0,
    indexes: new Map(),
  };

  const currentGeneration = () => shownGeneration(deps.root);

  const readManifest = async (generation?: number): Promise<Manifest | undefined> => {
    const text = await readIfThere(paths.manifest(generation ?? (await currentGeneration())));
    return text === undefined ? undefined : (JSON.parse(text.toString('utf8')) as Manifest);
  };

  const readRecords = async (architecture: string, generation: number): Promise<readonly IndexRecord[]> => {
    const file = paths.index(generation, architecture);
    const bytes = await readIfThere(file);
    return bytes === undefined ? [] : (await readIndexArchive(bytes, file)).records;
  };

  const readIndex = async (architecture: string, generation?: number): Promise<readonly IndexRecord[]> => {
    const number = generation ?? (await currentGeneration());
    if (number < cached.generation) return readRecords(architecture, number);
    if (number > cached.generation) cached = { generation: number, indexes: new Map() };
    const { indexes } = cached;
    const known = indexes.get(architecture);
    if (known) return known;
    const reading = readRecords(architecture, number);
    indexes.set(architecture, reading);
    reading.catch(() => indexes.delete(architecture));
    return reading;
  };

  const publishedVersions = async (origin: string): Promise<readonly string[]> => {
    const generation = await currentGeneration();
    const architectures = Object.keys((await readManifest(generation))?.indexes ?? {});
    const all = await Promise.all(architectures.map((architecture) => readIndex(architecture, generation)));
    const records = all.flat().filter((record) => record.origin === origin);
    // Subpackages share the version of their origin: under one name they sort by version alone.
    const byVersion = sortRecords(records.map((record) => ({ ...record, name: origin })));
    return [...new Set(byVersion.map((record) => record.version))];
  };

  return {
    currentGeneration,
    readManifest,
    readIndex,
    publishedVersions,
    newestPublished: async (origin) => (await publishedVersions(origin)).at(-1),
    findPackage: async (name, architecture, version) =>
      (await readIndex(architecture)).findLast((record) => record.name === name && (version === undefined || record.version === version)),
    apkPath: (architecture, file) => paths.object(architecture, file),
    location: paths.current,
  };
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
