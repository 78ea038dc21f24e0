import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeOlder } from '../store/leftovers';

const KEPT_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

/**
 * The folder in which apko keeps what it fetches to lock: indexes by their ETag, which it asks for with HEAD, and packages (apko pkg/apk/apk/cache.go: `<root>/<repository>/<architecture>/<package or APKINDEX/etag>`).
 * apko removes nothing from it: what was fetched more than a week ago goes here, and is fetched again where it is still needed.
 */
export async function openApkoCache(work: string): Promise<string> {
  const root = join(work, 'images', 'apko-cache');
  await mkdir(root, { recursive: true });
  for (const repository of await readdir(root))
    for (const architecture of await readdir(join(root, repository))) {
      const folder = join(root, repository, architecture);
      await removeOlder(folder, KEPT_MILLISECONDS);
      if ((await readdir(folder)).includes('APKINDEX')) await removeOlder(join(folder, 'APKINDEX'), KEPT_MILLISECONDS);
    }
  return root;
}
