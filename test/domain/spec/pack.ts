import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';

/** The folder of data packs beside the checkout; tests over it are skipped where it is not there. */
export const PACKS = join(__dirname, '../../../../shared/data');

export const packIt = (name: string) => (existsSync(join(PACKS, name)) ? it : it.skip);

/** The files of a `.tar.gz` pack by their names. */
export async function unpack(name: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const archive = extract();
  archive.end(gunzipSync(readFileSync(join(PACKS, name))));
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === 'file') files.set(entry.header.name.replace(/^\.\//, ''), Buffer.concat(chunks).toString('utf8'));
  }
  return files;
}

/** One JSON document a line. */
export function jsonLines(name: string): readonly unknown[] {
  const lines = readFileSync(join(PACKS, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}
