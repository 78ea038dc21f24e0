import { copyFile, mkdir, open, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { run } from '../process';
import { fullDisk } from '../store/full-disk';
import { readArchive } from './archive';
import type { EntryHeader } from './entry-rules';
import { withFolder } from './folder';

/** What a patch is to a source: it applies, the source already contains all of it, or neither (it conflicts, or is contained in part). */
export type PatchState = 'applies' | 'contained' | 'neither';

const HUNK = /^@@ -\d/m;
const PATCH_SECONDS = 120;

/** The limits were applied when the archive was fetched. */
const NO_LIMITS = { unpackedBytes: Infinity, unpackedFiles: Infinity };

/**
 * Tries a unified diff (`-p1`) on the files of a tar archive below its top folder, in a folder below `work` that is removed again.
 * Contained means that every hunk applies in reverse without fuzz, and not all of them forward without fuzz. With the fuzz that a build allows, zlib's fix of CVE-2023-45853
 * applies once more to the release that contains it; and where it fits exactly both ways, dropping a fix would be worse than keeping it.
 * A source that is no archive, or a patch without hunks, gives `neither`. Throws `ArchiveUnsafe`, `DiskFull`.
 */
export async function patchState(archive: string, patchFile: string, work: string): Promise<PatchState> {
  const patch = await readFile(patchFile);
  // GNU patch is content with a patch in which it finds nothing to do.
  if (!HUNK.test(patch.toString('latin1'))) return 'neither';
  try {
    return await withFolder(work, 'patch', async (folder) => {
      await unpackNamed(archive, patch.toString('latin1'), folder);
      const contained = await patches(folder, patch, ['--dry-run', '--reverse', '--fuzz=0']);
      const fits = await patches(folder, patch, ['--dry-run', '--fuzz=0']);
      if (contained && !fits) return 'contained';
      // For real: a dry run does not see that a file is patched twice.
      return (await patches(folder, patch, [])) ? 'applies' : 'neither';
    });
  } catch (error) {
    throw fullDisk(error, work);
  }
}

/** Unified only: GNU patch would hand an ed script to ed, which runs commands. */
async function patches(folder: string, patch: Buffer, options: readonly string[]): Promise<boolean> {
  const args = ['--unified', '--strip=1', '--force', '--silent', '--get=0', '--no-backup-if-mismatch', '--reject-file=-', ...options];
  const finished = await run('patch', args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    input: patch,
    timeoutSeconds: PATCH_SECONDS,
  });
  if (finished.code === 127) throw new Error('the program `patch` is missing: install it (`apt-get install patch` on Debian)');
  return finished.code === 0;
}

/** Writes the regular files that the patch names; one that it does not name it cannot touch. Links are left out: patch follows none. */
async function unpackNamed(archive: string, patch: string, folder: string): Promise<void> {
  const quotesNames = /^(?:---|\+\+\+) "/m.test(patch);
  const unpack = async (header: EntryHeader, content: AsyncIterable<Buffer>) => {
    const path = stripped(header.name);
    if (path === '' || !(quotesNames || patch.includes(Buffer.from(path).toString('latin1')))) return;
    const target = resolve(folder, path);
    if (header.type === 'file' || header.type === 'contiguous-file') await writeEntry(target, content);
    if (header.type === 'link') await copyFile(resolve(folder, stripped(header.linkname ?? '')), target).catch(ignoreMissing);
  };
  await readArchive(archive, NO_LIMITS, { onEntry: unpack });
}

async function writeEntry(target: string, content: AsyncIterable<Buffer>): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, 'w', 0o600);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

function stripped(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .slice(1)
    .join('/');
}

/** The file that a hard link repeats was not named by the patch, so it was not written. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
