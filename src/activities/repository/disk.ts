import { copyFile, link, mkdir, open, rename, rm, symlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { RepositoryFull } from './errors';

/** The steps by which a repository changes on disk. Each is atomic or invisible to readers, so whatever happens between two of them is a state to go on from. */
export interface Disk {
  /** Makes a folder and those above it. */
  folder(path: string): Promise<void>;
  /** A new file, on disk when this returns. `EEXIST` when there is one. */
  write(path: string, content: string | Buffer): Promise<void>;
  /** As `write`, with the content of another file. */
  copy(from: string, path: string): Promise<void>;
  /** Another name of a file. `EEXIST` when the name is taken. */
  link(existing: string, path: string): Promise<void>;
  /** `EEXIST` when the name is taken. */
  symlink(target: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file or a whole folder; nothing when it is not there. */
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  sync(folder: string): Promise<void>;
}

export const localDisk: Disk = {
  folder: (path) => full(path, async () => void (await mkdir(path, { recursive: true }))),
  write: (path, content) =>
    full(path, async () => {
      const file = await open(path, 'wx', 0o644);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  copy: (from, path) =>
    full(path, async () => {
      await copyFile(from, path, constants.COPYFILE_EXCL);
      const file = await open(path, 'r+');
      try {
        await file.chmod(0o644);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  link: (existing, path) => full(path, () => link(existing, path)),
  symlink: (target, path) => full(path, () => symlink(target, path)),
  rename: (from, to) => full(to, () => rename(from, to)),
  remove: (path) => rm(path, { recursive: true, force: true }),
  sync: (folder) =>
    full(folder, async () => {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }),
};

async function full<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = codeOf(error);
    throw code === 'ENOSPC' || code === 'EDQUOT' ? new RepositoryFull(path, error) : error;
  }
}

/** `ENOENT`, `EEXIST` and so on, of an error of the operating system. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
