'use strict';
const { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync, utimesSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');

const BEAT_SECONDS = 5;
/** A lock whose holder has not touched it for so long belongs to nobody. */
const STALE_SECONDS = 60;
const held = new Set();

process.on('exit', () => {
  for (const path of held) rmSync(path, { recursive: true, force: true });
});

/**
 * Makes `folder` by `make(partial)`, unless it is there; true if it was made. The work happens in a folder beside it that is renamed at the end, so
 * `folder` is whole or absent, and a second process waits for the first instead of doing the same work twice.
 */
async function makeSharedFolder(folder, make, report = () => {}) {
  const parent = dirname(folder);
  return withLock(join(parent, `.${basename(folder)}.lock`), report, async () => {
    if (existsSync(folder)) return false;
    const partial = mkdtempSync(join(parent, `.partial-${basename(folder)}-`));
    held.add(partial);
    try {
      await make(partial);
      renameSync(partial, folder);
      return true;
    } catch (error) {
      if (existsSync(folder)) return false;
      if (error.code === 'ENOSPC') throw new Error(`no space left for ${folder}: free some, or set MILLRACE_CACHE to another folder`);
      throw error;
    } finally {
      rmSync(partial, { recursive: true, force: true });
      held.delete(partial);
    }
  });
}

/** Runs `work` while no other process does the same; the lock is a file that its holder keeps touching. */
async function withLock(lock, report, work) {
  try {
    mkdirSync(dirname(lock), { recursive: true });
  } catch (error) {
    throw unusable(lock, error);
  }
  while (!take(lock)) {
    report('waiting for another process that does the same');
    await new Promise((resolve) => setTimeout(resolve, 250));
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
    if (error.code !== 'EEXIST') throw unusable(lock, error);
  }
  try {
    if (Date.now() - statSync(lock).mtimeMs > STALE_SECONDS * 1000) rmSync(lock, { force: true });
  } catch {
    // It was given back in between: the next try takes it.
  }
  return false;
}

function unusable(lock, error) {
  return new Error(`${dirname(lock)} cannot be written (${error.code}): set MILLRACE_CACHE to a folder of your own`);
}

module.exports = { makeSharedFolder, withLock };
