import type { FileHandle } from 'node:fs/promises';
import { gunzipSync, inflateRawSync } from 'node:zlib';

/** A gzip member of a file: where it lies, its compressed bytes as they are, and what they unpack to. */
export interface GzipMember {
  readonly start: number;
  readonly compressed: Buffer;
  readonly content: Buffer;
}

/** Why a file is not what it should be; the caller adds which file, and the remedy. */
export class MemberBroken extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'ArchiveUnsafe';
  }
}

const FIRST_READ = 64 * 1024;
const TRAILER = 8;

/**
 * Reads the gzip member that begins at `start`. Where it ends is what the inflater says that it consumed: nothing in the format tells it beforehand,
 * and the bytes of a header may occur inside of a member. Both limits are in bytes. Throws `MemberBroken`.
 */
export async function readMember(file: FileHandle, start: number, limit: number): Promise<GzipMember> {
  const { size } = await file.stat();
  for (let bytes = FIRST_READ; ; bytes *= 4) {
    const wanted = Math.min(bytes, size - start);
    const available = await readExactly(file, start, wanted);
    const length = memberLength(available, limit);
    if (length !== undefined) return memberOf(available.subarray(0, length), start, limit);
    if (wanted === size - start) throw new MemberBroken(`the gzip member at byte ${start} is cut off`);
    if (bytes > limit) throw new MemberBroken(`the gzip member at byte ${start} is larger than ${limit} bytes`);
  }
}

/** As `readMember`, of bytes in memory. */
export function memberAt(bytes: Buffer, start: number, limit: number): GzipMember {
  const length = memberLength(bytes.subarray(start), limit);
  if (length === undefined) throw new MemberBroken(`the gzip member at byte ${start} is cut off`);
  return memberOf(bytes.subarray(start, start + length), start, limit);
}

/** Length of the first member of `bytes`; undefined when more bytes are needed to know. */
function memberLength(bytes: Buffer, limit: number): number | undefined {
  const header = headerLength(bytes);
  if (header === undefined) return undefined;
  try {
    const { engine } = inflateRawSync(bytes.subarray(header), { info: true, maxOutputLength: limit }) as unknown as {
      readonly engine: { readonly bytesWritten: number };
    };
    const length = header + engine.bytesWritten + TRAILER;
    return length <= bytes.length ? length : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new MemberBroken(`a gzip member unpacks to more than ${limit} bytes`);
    throw new MemberBroken(`a gzip member is damaged: ${(error as Error).message}`);
  }
}

/** Unpacks it once more as a whole member: this checks its length and CRC. */
function memberOf(compressed: Buffer, start: number, limit: number): GzipMember {
  try {
    return { start, compressed, content: gunzipSync(compressed, { maxOutputLength: limit }) };
  } catch (error) {
    throw new MemberBroken(`a gzip member is damaged: ${(error as Error).message}`);
  }
}

const FLAG = { headerChecksum: 2, extra: 4, name: 8, comment: 16 } as const;

/** RFC 1952, section 2.3. */
function headerLength(bytes: Buffer): number | undefined {
  if (bytes.length < 10) return undefined;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new MemberBroken('there is no gzip member where one should begin');
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & FLAG.extra) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [FLAG.name, FLAG.comment]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if (flags & FLAG.headerChecksum) at += 2;
  return at <= bytes.length ? at : undefined;
}

async function readExactly(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(buffer, at, length - at, start + at);
    if (bytesRead === 0) return buffer.subarray(0, at);
    at += bytesRead;
  }
  return buffer;
}
