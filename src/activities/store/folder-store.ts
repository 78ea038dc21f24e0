import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, isDigest } from '../../domain/digest';
import type { Digest } from '../../domain/digest';
import { fullDisk } from './full-disk';
import { removeLeftovers } from './leftovers';
import type { RecordKind, Store } from './store';

/** No object with this digest is in the store. */
export class ObjectMissing extends Error {
  constructor(
    readonly digest: string,
    root: string,
  ) {
    super(`object ${digest} is not in the store ${root}: it was deleted or never written; run again the step that makes it`);
    this.name = 'ObjectMissing';
  }
}

/** A record, log or digest name that cannot be stored. */
export class NameRefused extends Error {
  constructor(what: string, name: string, rule: string) {
    super(`${what} name ${JSON.stringify(name)} is refused: ${rule}`);
    this.name = 'NameRefused';
  }
}

/** A record file that is not JSON: someone edited it, or the disk lost it. */
export class RecordUnreadable extends Error {
  constructor(file: string, cause: unknown) {
    super(`record ${file} is not JSON: restore it from a backup or delete it`, { cause });
    this.name = 'RecordUnreadable';
  }
}

const SUFFIX = '.json';
const LONGEST_FILE_NAME = 255;

/**
 * A store in a folder: `objects/ab/<hex>` (read-only files), `records/<kind>/<name>.json`, `logs/<name>`, `tmp/`.
 * Safe for concurrent writers in any number of processes: everything is written to `tmp/`, synced and renamed into place.
 * Throws `DiskFull`, `ObjectMissing`, `NameRefused`, `RecordUnreadable`.
 */
export function createFolderStore(root: string): Store {
  const temporary = join(root, 'tmp');
  let prepared: Promise<void> | undefined;
  let lastStamp = 0;

  const prepare = () => {
    prepared ??= prepareTemporary(temporary).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };

  /** Gives `fill` a new file, then puts the file in the place that `fill` answers. Whatever fails, no file is left. */
  const write = async (fill: (file: FileHandle) => Promise<Placement>): Promise<void> => {
    await prepare();
    const path = join(temporary, randomBytes(12).toString('hex'));
    try {
      const file = await open(path, 'wx', 0o600);
      let placement: Placement;
      try {
        placement = await fill(file);
        await file.chmod(placement.mode);
        await file.sync();
      } finally {
        await file.close();
      }
      if (placement.stamp !== undefined) await utimes(path, placement.stamp, placement.stamp);
      if (placement.object !== undefined && (await holds(placement.path, placement.object))) return await unlink(path);
      await moveDurably(path, placement.path);
    } catch (error) {
      await rm(path, { force: true });
      throw fullDisk(error, root);
    }
  };

  const objectPath = (digest: Digest) => {
    if (!isDigest(digest)) throw new NameRefused('object', digest, 'a digest is `sha256:` and 64 hexadecimal digits');
    const hex = digest.slice('sha256:'.length);
    return join(root, 'objects', hex.slice(0, 2), hex);
  };
  const objectPlacement = (digest: Digest): Placement => ({ path: objectPath(digest), mode: 0o444, object: digest });

  const putBytes = async (bytes: Uint8Array | string): Promise<Digest> => {
    const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (await holds(objectPath(digest), digest)) return digest;
    await write(async (file) => {
      await file.writeFile(bytes);
      return objectPlacement(digest);
    });
    return digest;
  };

  const putCopy = async (source: string): Promise<Digest> => {
    let digest: Digest = 'sha256:';
    await write(async (file) => {
      digest = await hashFile(source, (chunk) => writeAll(file, chunk));
      return objectPlacement(digest);
    });
    return digest;
  };

  const putMoved = async (source: string): Promise<Digest> => {
    const digest = await hashFile(source);
    const target = objectPath(digest);
    if (await holds(target, digest)) {
      await unlink(source);
      return digest;
    }
    try {
      await chmod(source, 0o444);
      await syncPath(source);
      await moveDurably(source, target);
      return digest;
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw fullDisk(error, root);
    }
    const copied = await putCopy(source);
    await unlink(source);
    return copied;
  };

  const recordFolder = (kind: RecordKind) => join(root, 'records', kind);
  const recordPath = (kind: RecordKind, name: string) => join(recordFolder(kind), encodeName(name));

  /** Microseconds since the epoch as seconds, growing with every record of this process: the kernel's own file times are too coarse to order records by. */
  const nextStamp = () => {
    lastStamp = Math.max(Date.now() * 1000, lastStamp + 1);
    return lastStamp / 1e6;
  };

  return {
    putBytes,

    putFile: (file, options = {}) => (options.move ? putMoved(file) : putCopy(file)),

    async object(digest) {
      const path = objectPath(digest);
      if ((await sizeOf(path)) === undefined) throw new ObjectMissing(digest, root);
      return path;
    },

    has: async (digest) => (await sizeOf(objectPath(digest))) !== undefined,

    async writeRecord(kind, name, value) {
      const path = recordPath(kind, name);
      const text = canonicalJson(value);
      const digest = await putBytes(text);
      await write(async (file) => {
        await file.writeFile(text);
        return { path, mode: 0o644, stamp: nextStamp() };
      });
      return digest;
    },

    async readRecord<T>(kind: RecordKind, name: string) {
      const path = recordPath(kind, name);
      const text = await unlessMissing(readFile(path, 'utf8'));
      if (text === undefined) return undefined;
      try {
        return JSON.parse(text) as T;
      } catch (error) {
        throw new RecordUnreadable(path, error);
      }
    },

    async listRecords(kind) {
      const folder = recordFolder(kind);
      const files = ((await unlessMissing(readdir(folder))) ?? []).filter((file) => file.endsWith(SUFFIX));
      const aged = await Promise.all(
        files.map(async (file) => ({ file, written: (await stat(join(folder, file), { bigint: true })).mtimeNs })),
      );
      aged.sort((a, b) => (a.written === b.written ? (a.file < b.file ? -1 : 1) : a.written < b.written ? -1 : 1));
      return aged.map(({ file }) => decodeURIComponent(file.slice(0, -SUFFIX.length)));
    },

    async log(name) {
      const parts = name.split('/');
      if (name.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
        throw new NameRefused('log', name, 'it must be a relative path without empty parts, `.` or `..`');
      const path = join(root, 'logs', ...parts);
      await mkdir(dirname(path), { recursive: true });
      return path;
    },
  };
}

interface Placement {
  readonly path: string;
  readonly mode: number;
  /** The digest of an object, which stays as it is when it is there and intact. */
  readonly object?: Digest;
  readonly stamp?: number;
}

async function prepareTemporary(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder);
}

async function hashFile(path: string, each?: (chunk: Uint8Array) => Promise<void>): Promise<Digest> {
  const hash = createHash('sha256');
  const file = await open(path, constants.O_RDONLY);
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return `sha256:${hash.digest('hex')}`;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      await each?.(chunk);
    }
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** Renames and syncs the folder, so that the name survives a power cut as well as the content. */
async function moveDurably(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  const made = await mkdir(folder, { recursive: true });
  await rename(from, to);
  await syncPath(folder);
  if (made !== undefined) await syncPath(dirname(made));
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether an object is there and the disk did not spoil it: a put of the same content repairs it. */
async function holds(path: string, digest: Digest): Promise<boolean> {
  return (await unlessMissing(hashFile(path))) === digest;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await unlessMissing(stat(path)))?.size;
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `%XX` for everything but letters, digits and `-_.!~*'()`: so no name can leave its folder. */
function encodeName(name: string): string {
  if (name === '' || /\p{Surrogate}/u.test(name)) throw new NameRefused('record', name, 'it must be non-empty, well-formed Unicode');
  const file = `${encodeURIComponent(name)}${SUFFIX}`;
  if (file.length > LONGEST_FILE_NAME)
    throw new NameRefused('record', name, `it takes more than ${LONGEST_FILE_NAME} bytes as a file name`);
  return file;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
