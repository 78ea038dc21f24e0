import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { OCI } from '../../../src/activities/registry/registry';
import { temporaryFolder } from '../repository/support';

/** A file of a layer; what is in it, where a test cares. */
export type Entry = Parameters<Pack['entry']>[0] & { readonly content?: string };

async function layer(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...entry } of entries) tar.entry(entry, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** A layout of one platform with these layers. */
export async function layout(layers: readonly (readonly Entry[])[], config: object = {}): Promise<string> {
  const folder = join(temporaryFolder(), 'layout');
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (content: Buffer | string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hex), content);
    return { digest: `sha256:${hex}`, size: content.length };
  };
  const blobs = [];
  for (const entries of layers) blobs.push(blob(await layer(entries)));
  const manifest = blob(JSON.stringify({ schemaVersion: 2, config: blob(JSON.stringify(config)), layers: blobs }));
  const manifests = [{ mediaType: OCI.manifest, ...manifest, platform: { architecture: 'amd64', os: 'linux' } }];
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return folder;
}
