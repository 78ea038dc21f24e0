import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer; readonly typeflag?: string };

/** A tar of these entries. `typeflag` overwrites the byte of the header where the library would not write such an entry. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  const flags: { readonly at: string; readonly typeflag: string }[] = [];
  for (const { content, typeflag, ...header } of entries) {
    if (typeflag !== undefined) flags.push({ at: header.name, typeflag });
    tar.entry({ mtime: new Date(0), ...header }, content ?? '');
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  for (const { at, typeflag } of flags) retype(bytes, at, typeflag);
  return bytes;
}

function retype(bytes: Buffer, name: string, typeflag: string): void {
  const start = bytes.indexOf(`${name}\0`);
  bytes.write(typeflag, start + 156, 'latin1');
  bytes.fill(' ', start + 148, start + 156);
  const sum = bytes.subarray(start, start + 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1');
}
