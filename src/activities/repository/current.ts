import { readdir, readlink } from 'node:fs/promises';
import { codeOf, localDisk } from './disk';
import type { Disk } from './disk';
import { repositoryPaths } from './layout';

const NUMBER = /^[1-9]\d*$/;
const PREPARED = '.current-';

/** The newest committed generation, seen by the world or not yet; 0 when there is none. */
export async function newestGeneration(root: string): Promise<number> {
  const names = await unlessMissing(readdir(repositoryPaths(root).generations), []);
  return Math.max(0, ...names.filter((name) => NUMBER.test(name)).map(Number));
}

/** The generation that `current` shows; 0 when there is none. */
export async function shownGeneration(root: string): Promise<number> {
  const target = await unlessMissing(readlink(repositoryPaths(root).current), '');
  const name = target.split('/').pop() ?? '';
  return NUMBER.test(name) ? Number(name) : 0;
}

/**
 * Points `current` at the newest generation, and never back, also when several publishers do it at once and any of them is stopped between two steps:
 * each prepares a link named after its generation, looks once more whether that is the newest, and renames it into place; but first it takes away the
 * prepared links of older generations. So one that comes back late finds either a newer generation, or its link gone.
 */
export async function showNewest(root: string, disk: Disk): Promise<void> {
  for (;;) {
    const newest = await newestGeneration(root);
    if (newest === 0) return;
    const older = (await readdir(root)).filter((name) => name.startsWith(PREPARED) && Number(name.slice(PREPARED.length)) < newest);
    for (const name of older) await disk.remove(`${root}/${name}`);
    if ((await shownGeneration(root)) >= newest) return;
    const prepared = `${root}/${PREPARED}${newest}`;
    try {
      await disk.symlink(`generations/${newest}`, prepared);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if ((await newestGeneration(root)) !== newest) continue;
    try {
      await disk.rename(prepared, repositoryPaths(root).current);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    await disk.sync(root);
  }
}

/** To be called when a publisher starts: finishes a switch that was interrupted, and removes what was being laid out. A live publisher beside it loses its staging, fails and is retried. */
export async function recoverRepository(root: string, disk: Disk = localDisk): Promise<void> {
  const paths = repositoryPaths(root);
  await showNewest(root, disk);
  await disk.remove(paths.staging);
}

async function unlessMissing<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
