import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';

const DATA = resolve(__dirname, '../../../../shared/data');

/** Whether the data of a real distribution lies beside the checkout; tests that need it are skipped by name otherwise. */
export const hasPack = existsSync(resolve(DATA, 'wolfi-os-specs.tar.gz'));

/** The specs of the pack (`zlib.yaml`) and its pipelines (`pipelines/py/…`), by path. */
export async function readPack(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const tar = extract();
  tar.end(gunzipSync(readFileSync(resolve(DATA, 'wolfi-os-specs.tar.gz'))));
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.name.endsWith('.yaml')) files.set(entry.header.name.replace(/^\.\//, ''), Buffer.concat(chunks).toString('utf8'));
  }
  return files;
}

export interface ExpectedGraph {
  readonly edges: readonly (readonly [string, string])[];
  readonly reverse_closure: Readonly<Record<string, number>>;
  readonly scc: readonly (readonly string[])[];
  readonly feedback_edges_cut: readonly (readonly [string, string])[];
  readonly unresolved: readonly string[];
}

export function expectedGraph(): ExpectedGraph {
  return (JSON.parse(gunzipSync(readFileSync(resolve(DATA, 'graph-expected.json.gz'))).toString('utf8')) as { BUILD: ExpectedGraph }).BUILD;
}
