import shared = require('../../tools/shared-folder.cjs');

/**
 * Makes a folder of the per-user cache by `make(partial)`, unless it is there; true if it was made. It appears whole or not at all, and of several
 * processes that want it one makes it while the others wait. Throws with a remedy where the cache cannot be written or the disk is full.
 */
export function makeSharedFolder(
  folder: string,
  make: (partial: string) => Promise<void>,
  onProgress?: (text: string) => void,
): Promise<boolean> {
  return shared.makeSharedFolder(folder, make, onProgress);
}
