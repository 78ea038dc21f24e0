/** What the dynamic loader would see of an ELF file. */
export interface Elf {
  readonly soname?: string;
  /** DT_NEEDED: names of the libraries it is linked with. */
  readonly needed: readonly string[];
  /** Names of undefined dynamic symbols: what it takes from other libraries. */
  readonly imported: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT = { needed: 1, hash: 4, strtab: 5, symtab: 6, soname: 14, gnuHash: 0x6ffffef5 } as const;
const UNDEFINED_SECTION = 0;

export function isElf(content: Buffer): boolean {
  return content.length >= 20 && content.readUInt32BE(0) === 0x7f454c46;
}

/**
 * Reads names from the dynamic segment: that is what the loader follows, and unlike section headers it cannot be stripped.
 * A static or relocatable file has none and gives empty lists. Undefined when the file is cut off or its headers point outside.
 */
export function readElf(content: Buffer): Elf | undefined {
  try {
    return readNames(content);
  } catch (error) {
    if ((error as Error).name === 'RangeError') return undefined;
    throw error;
  }
}

function readNames(content: Buffer): Elf {
  const wide = content[4] === 2;
  const little = content[5] === 1;
  const u16 = (at: number) => (little ? content.readUInt16LE(at) : content.readUInt16BE(at));
  const u32 = (at: number) => (little ? content.readUInt32LE(at) : content.readUInt32BE(at));
  const word = (at: number) => (wide ? Number(little ? content.readBigUInt64LE(at) : content.readBigUInt64BE(at)) : u32(at));

  const programHeaders = word(wide ? 32 : 28);
  const headerSize = u16(wide ? 54 : 42);
  const headerCount = u16(wide ? 56 : 44);
  const segments = Array.from({ length: headerCount }, (_, index) => {
    const at = programHeaders + index * headerSize;
    return {
      type: u32(at),
      offset: word(at + (wide ? 8 : 4)),
      address: word(at + (wide ? 16 : 8)),
      bytes: word(at + (wide ? 32 : 16)),
    };
  });
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (!dynamic) return { needed: [], imported: [] };

  const fileOffset = (address: number) => {
    const segment = segments.find((item) => item.type === PT_LOAD && address >= item.address && address < item.address + item.bytes);
    return segment ? address - segment.address + segment.offset : undefined;
  };
  const entryBytes = wide ? 16 : 8;
  const entries = Array.from({ length: Math.floor(Math.min(dynamic.bytes, content.length - dynamic.offset) / entryBytes) }, (_, index) => {
    const at = dynamic.offset + index * entryBytes;
    return { tag: word(at), value: word(at + entryBytes / 2) };
  });
  const addressOf = (tag: number) => {
    const entry = entries.find((item) => item.tag === tag);
    return entry ? fileOffset(entry.value) : undefined;
  };
  const strings = addressOf(DT.strtab);
  if (strings === undefined) return { needed: [], imported: [] };
  const name = (offset: number) => {
    const start = strings + offset;
    return content.toString('utf8', start, content.indexOf(0, start));
  };

  const symbols = addressOf(DT.symtab);
  const gnuHash = addressOf(DT.gnuHash);
  const hash = addressOf(DT.hash);
  const symbolBytes = wide ? 24 : 16;
  // A SysV hash table counts all symbols. A GNU one lists only defined symbols, from `symoffset` on: the undefined ones stand before it;
  // but where nothing is exported linkers write 1 there, and the names that follow the symbols are the only mark of their end.
  const listed = hash !== undefined ? u32(hash + 4) : gnuHash !== undefined ? u32(gnuHash + 4) : 0;
  const until = symbols !== undefined && listed <= 1 && strings > symbols ? strings - symbols : content.length;
  const symbolCount = Math.min(listed > 1 ? listed : Number.MAX_SAFE_INTEGER, Math.floor(until / symbolBytes));
  const imported =
    symbols === undefined
      ? []
      : Array.from({ length: Math.max(0, symbolCount - 1) }, (_, index) => symbols + (index + 1) * symbolBytes)
          .filter((at) => u16(at + (wide ? 6 : 14)) === UNDEFINED_SECTION)
          .map((at) => name(u32(at)));
  const soname = entries.find((entry) => entry.tag === DT.soname);
  return {
    ...(soname ? { soname: name(soname.value) } : {}),
    needed: entries.filter((entry) => entry.tag === DT.needed).map((entry) => name(entry.value)),
    imported: imported.filter((symbol) => symbol !== ''),
  };
}
