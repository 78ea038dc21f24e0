import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Config } from '../../config/config';
import { createEntryRules } from './entry-rules';
import type { EntryHeader } from './entry-rules';
import { lasting } from './failures';

export type ArchiveLimits = Pick<Config['limits'], 'unpackedBytes' | 'unpackedFiles'>;

export type Compression = 'gzip' | 'xz' | 'bzip2' | 'zstd' | 'none';

export interface ArchiveReport {
  /** `file`: not a tar archive, nothing to unpack. */
  readonly kind: 'tar' | 'file';
  readonly compression: Compression;
  /** Entries of the archive. */
  readonly entries: number;
  /** Bytes without compression. */
  readonly bytes: number;
}

/** Sees every entry that the rules let pass, with its content. */
export type EntryReader = (header: EntryHeader, content: AsyncIterable<Buffer>) => Promise<void>;

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEntry?: EntryReader;
}

const BLOCK_BYTES = 512;

/** Archives from before POSIX have no magic; the sum of their header is checked all the same. */
const TAR_OPTIONS = { allowUnknownFormat: true, highWaterMark: 256 * 1024 };

/** Programs that undo a compression from standard input, with a bound of memory where the format lets the file ask for any. */
const DECOMPRESSORS: Readonly<Record<Exclude<Compression, 'none'>, readonly string[]>> = {
  gzip: ['gzip', '-dc'],
  xz: ['xz', '-dc', '--memlimit-decompress=1GiB'],
  bzip2: ['bzip2', '-dc'],
  zstd: ['zstd', '-dc', '--memory=1024MB'],
};

const MAGIC: readonly (readonly [Exclude<Compression, 'none'>, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * Reads a source to its end without unpacking it, and refuses what no honest source archive holds (the rules are in entry-rules.ts): throws `ApplicationFailure` of type
 * `ArchiveUnsafe`, naming the entry and the rule, also when it grows beyond the limits or is damaged. tar, and tar in gzip, xz, bzip2 or zstd; anything else passes as kind `file`.
 */
export function inspectArchive(file: string, limits: ArchiveLimits, signal?: AbortSignal): Promise<ArchiveReport> {
  return readArchive(file, limits, { signal });
}

/** As `inspectArchive`, and hands every entry to `onEntry` in order. */
export async function readArchive(file: string, limits: ArchiveLimits, options: ReadOptions): Promise<ArchiveReport> {
  const handle = await open(file, 'r');
  try {
    const compression = compressionOf(await firstBytes(handle));
    const unpacked =
      compression === 'none' ? handle.createReadStream({ start: 0, autoClose: false }) : decompress(handle, compression, options.signal);
    return await readUnpacked(unpacked, compression, limits, options);
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : damage(error);
  } finally {
    await handle.close();
  }
}

async function readUnpacked(
  input: AsyncIterable<Buffer>,
  compression: Compression,
  limits: ArchiveLimits,
  options: ReadOptions,
): Promise<ArchiveReport> {
  const seen = { bytes: 0 };
  const bounded = countBytes(input, seen, limits.unpackedBytes);
  const { head, all } = await peek(bounded, BLOCK_BYTES);
  if (!isTarHeader(head)) {
    for await (const chunk of all) void chunk;
    return { kind: 'file', compression, entries: 0, bytes: seen.bytes };
  }
  const rules = createEntryRules(limits);
  const tar = extract(TAR_OPTIONS);
  const reading = pipeline(Readable.from(all), tar, options.signal ? { signal: options.signal } : {});
  let refused: Error | undefined;
  const entries = (async () => {
    for await (const entry of tar) {
      try {
        rules.check(entry.header);
        if (options.onEntry) await options.onEntry(entry.header, entry as AsyncIterable<Buffer>);
      } catch (error) {
        refused = error as Error;
        throw error;
      }
      entry.resume();
    }
  })();
  const [read, walked] = await Promise.allSettled([reading, entries]);
  // Each stream ends with the other: the refusal is the reason, then what went wrong with reading.
  if (refused !== undefined) throw refused;
  if (read.status === 'rejected') throw read.reason as Error;
  if (walked.status === 'rejected') throw walked.reason as Error;
  rules.finish();
  return { kind: 'tar', compression, entries: rules.entries(), bytes: seen.bytes };
}

async function firstBytes(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(8);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  return buffer.subarray(0, bytesRead);
}

function compressionOf(head: Buffer): Compression {
  return MAGIC.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? 'none';
}

/** The output of a system program that dies with this process and when the reader stops. */
async function* decompress(
  handle: FileHandle,
  compression: Exclude<Compression, 'none'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const [program, ...args] = DECOMPRESSORS[compression] as [string, ...string[]];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
    stdio: [handle.fd, 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
  ended.catch(() => undefined);
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-1000)));
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const code = await ended;
    if (code === 127)
      throw new Error(`${program} is missing: install it (\`apt-get install ${compression === 'xz' ? 'xz-utils' : program}\` on Debian)`);
    if (code !== 0) throw new ArchiveDamaged(complaint.trim().split('\n')[0] || `${program} ended with code ${code}`);
  } finally {
    child.kill('SIGKILL');
  }
}

class ArchiveDamaged extends Error {}

async function* countBytes(input: AsyncIterable<Buffer>, seen: { bytes: number }, most: number): AsyncGenerator<Buffer> {
  for await (const chunk of input) {
    seen.bytes += chunk.length;
    if (seen.bytes > most)
      throw lasting(
        'ArchiveUnsafe',
        `the archive unpacks to more than ${most} bytes: it is a bomb, or \`limits.unpackedBytes\` in millrace.yaml is too low for it`,
      );
    yield chunk;
  }
}

/** The first bytes of a stream, and a stream of all of it. */
async function peek(input: AsyncIterable<Buffer>, bytes: number): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer> }> {
  const iterator = input[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = async function* () {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { head: head.subarray(0, bytes), all: all() };
}

/** A tar header carries the sum of its bytes, its own field counted as spaces; older ones have no magic. */
function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK_BYTES) return false;
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  const stored = parseInt(block.toString('latin1', 148, 156).replace(/[\0 ]/g, ''), 8);
  return block[0] !== 0 && sum === stored;
}

function damage(error: unknown): unknown {
  const message = (error as Error).message;
  if (error instanceof ArchiveDamaged || /^(Unexpected end of data|Invalid (tar )?header|Header exceeds max size)/.test(message))
    return lasting('ArchiveUnsafe', `the archive is damaged: ${message}`);
  return error;
}
