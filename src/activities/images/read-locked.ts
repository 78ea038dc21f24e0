import { readFile } from 'node:fs/promises';
import type { ImageLock } from '../../domain/image/image';
import { readImageSpec } from '../../domain/image/spec';
import type { ImageSpec } from '../../domain/image/spec';
import { readSuite } from '../../domain/image/suite';
import type { Suite } from '../../domain/image/suite';
import { formatProblem } from '../../domain/result';
import type { Store } from '../store/store';

/** image.yaml as it was when the image was locked. Throws where the store's object is not one: it was read once before. */
export async function imageSpecOf(store: Store, lock: ImageLock): Promise<ImageSpec> {
  const read = readImageSpec(await readFile(await store.object(lock.spec), 'utf8'), `image.yaml of ${lock.image}`);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
}

/** The suites of an image as they were when it was locked. */
export async function suitesOf(store: Store, lock: ImageLock): Promise<readonly Suite[]> {
  const reading = lock.suites.map(async ({ name, file }) => {
    const read = readSuite(await readFile(await store.object(file), 'utf8'), `${name}.test.yaml`);
    if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
    return { ...read.value, name };
  });
  return await Promise.all(reading);
}
