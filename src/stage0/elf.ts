const SHARED_OBJECT = 3;
const LOAD = 1;
const DYNAMIC = 2;
const TAG_END = 0n;
const TAG_STRINGS = 5n;
const TAG_SONAME = 14n;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** The DT_SONAME of a 64-bit little-endian ELF shared object; undefined for everything else (ELF-64 object file format, version 1.5). */
export function soname(file: Buffer): string | undefined {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const [elf64, littleEndian] = [file[4] === 2, file[5] === 1];
  if (!elf64 || !littleEndian || file.readUInt16LE(16) !== SHARED_OBJECT) return undefined;
  const segments = programHeaders(file);
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  if (!dynamic) return undefined;
  const tags = new Map<bigint, number>();
  for (let at = dynamic.offset; at + 16 <= dynamic.offset + dynamic.size; at += 16) {
    const tag = file.readBigInt64LE(at);
    if (tag === TAG_END) break;
    tags.set(tag, Number(file.readBigUInt64LE(at + 8)));
  }
  const strings = tags.get(TAG_STRINGS);
  const name = tags.get(TAG_SONAME);
  if (strings === undefined || name === undefined) return undefined;
  const segment = segments.find(({ type, address, size }) => type === LOAD && strings >= address && strings < address + size);
  if (!segment) return undefined;
  const start = strings - segment.address + segment.offset + name;
  return file.toString('latin1', start, file.indexOf(0, start));
}

function programHeaders(file: Buffer): readonly Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}
