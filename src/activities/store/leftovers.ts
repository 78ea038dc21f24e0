import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** No write, download or trial takes this long. */
const STALE_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Removes from a folder of temporary files what was left more than a day ago by a process that was killed. */
export function removeLeftovers(folder: string): Promise<void> {
  return removeOlder(folder, STALE_MILLISECONDS);
}

/** Removes from a folder what was last modified longer ago than that. */
export async function removeOlder(folder: string, milliseconds: number): Promise<void> {
  const limit = Date.now() - milliseconds;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const age = await stat(path).catch(() => undefined);
    if (age !== undefined && age.mtimeMs < limit) await rm(path, { recursive: true, force: true });
  }
}
