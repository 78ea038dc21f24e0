const ALIGN = 8;

/** A small, valid 64-bit shared object that asks for the libraries and imports the symbols; `strings` are put behind it. */
export function elfFile(parts: {
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly imports?: readonly string[];
  /** Symbols that it defines itself. */
  readonly exports?: readonly string[];
  readonly strings?: readonly string[];
}): Buffer {
  const names: string[] = [''];
  const offsetOf = (name: string) => {
    const offset = names.reduce((sum, item) => sum + Buffer.byteLength(item) + 1, 0);
    names.push(name);
    return offset;
  };
  const imports = (parts.imports ?? []).map(offsetOf);
  const exports = (parts.exports ?? []).map(offsetOf);
  const symbols = [...imports, ...exports];
  const needed = (parts.needed ?? []).map(offsetOf);
  const soname = parts.soname === undefined ? undefined : offsetOf(parts.soname);
  const strtab = Buffer.from(`${names.join('\0')}\0`);

  const symtab = Buffer.alloc(24 * (symbols.length + 1));
  symbols.forEach((name, index) => {
    symtab.writeUInt32LE(name, 24 * (index + 1));
    symtab[24 * (index + 1) + 4] = 0x12;
    if (index >= imports.length) symtab.writeUInt16LE(1, 24 * (index + 1) + 6);
  });
  const hash = Buffer.alloc(16);
  hash.writeUInt32LE(1, 0);
  hash.writeUInt32LE(symbols.length + 1, 4);

  const headers = 64 + 2 * 56;
  const padded = (size: number) => Math.ceil(size / ALIGN) * ALIGN;
  const at = { symtab: headers, strtab: 0, hash: 0, dynamic: 0 };
  at.strtab = at.symtab + padded(symtab.length);
  at.hash = at.strtab + padded(strtab.length);
  at.dynamic = at.hash + padded(hash.length);
  const tags: readonly (readonly [number, number])[] = [
    ...needed.map((name) => [1, name] as const),
    ...(soname === undefined ? [] : [[14, soname] as const]),
    [4, at.hash],
    [5, at.strtab],
    [6, at.symtab],
    [0, 0],
  ];
  const dynamic = Buffer.alloc(16 * tags.length);
  tags.forEach(([tag, value], index) => {
    dynamic.writeBigUInt64LE(BigInt(tag), 16 * index);
    dynamic.writeBigUInt64LE(BigInt(value), 16 * index + 8);
  });
  const extra = Buffer.from(`\0${(parts.strings ?? []).join('\0')}\0`);
  const size = at.dynamic + dynamic.length;

  const file = Buffer.alloc(size);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (index: number, type: number, offset: number, bytes: number) => {
    const start = 64 + 56 * index;
    file.writeUInt32LE(type, start);
    file.writeUInt32LE(5, start + 4);
    for (const field of [8, 16, 24]) file.writeBigUInt64LE(BigInt(offset), start + field);
    for (const field of [32, 40]) file.writeBigUInt64LE(BigInt(bytes), start + field);
  };
  segment(0, 1, 0, size);
  segment(1, 2, at.dynamic, dynamic.length);
  symtab.copy(file, at.symtab);
  strtab.copy(file, at.strtab);
  hash.copy(file, at.hash);
  dynamic.copy(file, at.dynamic);
  return Buffer.concat([file, extra]);
}
