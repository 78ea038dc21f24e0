import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SetupError } from './progress.mjs';

const BEAT_SECONDS = 5;
/** A lock whose holder has not touched it for so long belongs to nobody. */
const STALE_SECONDS = 60;
const held = new Set();

process.on('exit', () => {
  for (const path of held) rmSync(path, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

/**
 * Makes `folder` by `make(partial, report)`, unless it is there. The work happens in a folder beside it that is renamed at the end, so `folder` is
 * whole or absent; a second set-up waits for the first instead of doing the same work twice.
 */
export async function makeFolder(folder, make, report = () => {}) {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  await withLock(join(parent, `.${basename(folder)}.lock`), report, async () => {
    if (existsSync(folder)) return;
    const partial = mkdtempSync(join(parent, `.partial-${basename(folder)}-`));
    held.add(partial);
    try {
      await make(partial);
      renameSync(partial, folder);
    } catch (error) {
      if (error.code === 'ENOSPC') throw new SetupError(`no space left for ${folder}: free some, or set MILLRACE_CACHE to another folder`);
      if (!existsSync(folder)) throw error;
    } finally {
      rmSync(partial, { recursive: true, force: true });
      held.delete(partial);
    }
  });
}

/** Runs `work` while no other process of this user does the same; the lock is a file that its holder keeps touching. */
export async function withLock(lock, report, work) {
  mkdirSync(dirname(lock), { recursive: true });
  while (!take(lock)) {
    report('waiting for another set-up that does the same');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  held.add(lock);
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), BEAT_SECONDS * 1000);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(lock, { force: true });
    held.delete(lock);
  }
}

function take(lock) {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST')
      throw new SetupError(`${lock} cannot be written: ${error.message}; set MILLRACE_CACHE to a folder of your own`);
  }
  try {
    if (Date.now() - statSync(lock).mtimeMs > STALE_SECONDS * 1000) rmSync(lock, { force: true });
  } catch {
    // It was given back in between: the next try takes it.
  }
  return false;
}
