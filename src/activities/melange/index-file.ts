import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import type { IndexRecord } from '../../domain/apk/apk';
import { parseIndex, printIndex } from '../../domain/apk/index-text';
import { formatProblem } from '../../domain/result';
import { infrastructure } from './infrastructure';

/** Reads the records of an APKINDEX.tar.gz, signed or not. Its signature is for apko to check. */
export async function readIndexFile(file: string): Promise<readonly IndexRecord[]> {
  const tar = extract();
  let text: string | undefined;
  const reading = (async () => {
    for await (const entry of tar) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (entry.header.name === 'APKINDEX') text = Buffer.concat(chunks).toString('utf8');
    }
  })();
  await Promise.all([pipeline(createReadStream(file), createGunzip(), tar), reading]);
  if (text === undefined) throw infrastructure(`${file} has no APKINDEX in it: make that repository again`);
  const records = parseIndex(text);
  if (!records.ok) throw infrastructure(`${file}: ${formatProblem(records.error)}`);
  return records.value;
}

/** Writes an unsigned APKINDEX.tar.gz; equal records give equal bytes. */
export async function writeIndexFile(file: string, records: readonly IndexRecord[]): Promise<void> {
  const tar = pack();
  const chunks: Buffer[] = [];
  const mtime = new Date(0);
  tar.entry({ name: 'DESCRIPTION', mtime }, 'millrace');
  tar.entry({ name: 'APKINDEX', mtime }, printIndex(records));
  tar.finalize();
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, gzipSync(Buffer.concat(chunks)));
}
