import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers } from '../store/leftovers';

/** A new folder below `work` for `use`, gone afterwards; those of killed processes go a day later. */
export async function withFolder<T>(work: string, purpose: string, use: (folder: string) => Promise<T>): Promise<T> {
  const place = join(work, purpose);
  await mkdir(place, { recursive: true });
  await removeLeftovers(place);
  const folder = await mkdtemp(join(place, 'run-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
