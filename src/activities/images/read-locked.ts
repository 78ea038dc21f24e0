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

/** A suite of an image as it was when the image was locked. */
export async function suiteOf(store: Store, lock: ImageLock, name: string): Promise<Suite> {
  const found = lock.suites.find((suite) => suite.name === name);
  if (!found) throw new Error(`the lock of ${lock.image} has no suite ${name}`);
  const read = readSuite(await readFile(await store.object(found.file), 'utf8'), `${name}.test.yaml`);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return { ...read.value, name };
}

/** The manifest that a test names, as it was when the image was locked. */
export async function manifestOf(store: Store, lock: ImageLock, suite: string, file: string): Promise<string> {
  const digest = lock.suites.find(({ name }) => name === suite)?.manifests?.[file];
  if (!digest) throw new Error(`the lock of ${lock.image} has no manifest ${file} of its suite ${suite}`);
  return await readFile(await store.object(digest), 'utf8');
}
