import { constants } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isPackageName, isSafePath, packageFolder, specPath } from '../../domain/change/files';
import type { Digest } from '../../domain/digest';
import type { SpecSnapshot } from '../../domain/release/release';
import type { Forge } from '../forge/forge';
import type { Store } from '../store/store';

/** A snapshot that would write outside its folder, or over something. */
export class SnapshotRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SnapshotRefused';
  }
}

/** Puts a package's spec and the files of its folder, as they are at a commit, into the store. Undefined where the commit has no such spec. */
export async function takeSnapshot(
  deps: { readonly forge: Forge; readonly store: Store; readonly directory: string },
  name: string,
  commit: string,
): Promise<SpecSnapshot | undefined> {
  const { forge, store, directory } = deps;
  const path = specPath(directory, name);
  const spec = await forge.read(commit, path);
  if (!spec) return undefined;
  const folder = packageFolder(directory, name);
  const files: [string, Digest][] = [];
  for (const [file, content] of await forge.readAll(commit, await forge.list(commit, folder))) {
    files.push([file.slice(folder.length + 1), await store.putBytes(content)]);
  }
  return { package: name, path, commit, spec: await store.putBytes(spec), files: Object.fromEntries(files) };
}

/**
 * Writes a snapshot for a build: `<directory>/<name>.yaml` and `<directory>/<name>/…` (the folder is made also when it has no files), all
 * writable; nothing that is there is overwritten. Returns the paths of both. Throws `SnapshotRefused`, `EEXIST`, and `ObjectMissing` of the store.
 */
export async function materialise(
  snapshot: SpecSnapshot,
  store: Store,
  directory: string,
): Promise<{ readonly spec: string; readonly folder: string }> {
  if (!isPackageName(snapshot.package)) throw new SnapshotRefused(`${JSON.stringify(snapshot.package)} is no name of a package`);
  const bad = Object.keys(snapshot.files).find((path) => !isSafePath(path));
  if (bad !== undefined) throw new SnapshotRefused(`the file ${JSON.stringify(bad)} of ${snapshot.package} would lie outside its folder`);
  await mkdir(directory, { recursive: true });
  const spec = join(directory, `${snapshot.package}.yaml`);
  const folder = join(directory, snapshot.package);
  await mkdir(folder);
  await place(snapshot.spec, spec, store);
  for (const [path, digest] of Object.entries(snapshot.files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await place(digest, file, store);
  }
  return { spec, folder };
}

/** Objects of the store are read-only files; a build may edit its copy. */
async function place(digest: Digest, file: string, store: Store) {
  await copyFile(await store.object(digest), file, constants.COPYFILE_EXCL);
  await chmod(file, 0o644);
}
