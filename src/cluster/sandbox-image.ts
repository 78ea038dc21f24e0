import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { SANDBOX_IMAGE } from './layout';

/** Of Debian's busybox-static. */
const BUSYBOX = '/bin/busybox';

/** Writes the image of the process that holds a pod's namespaces, in the form of `docker save`: a static busybox that sleeps. */
export async function writeSandboxImage(file: string): Promise<void> {
  const layer = await tarOf({ 'bin/busybox': readFileSync(BUSYBOX) }, 0o755);
  const diff = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const configuration = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: ['/bin/busybox', 'sleep', '2147483647'] },
    rootfs: { type: 'layers', diff_ids: [diff] },
    history: [{ created: '1970-01-01T00:00:00Z' }],
  };
  const manifest = [{ Config: 'config.json', RepoTags: [SANDBOX_IMAGE], Layers: ['layer.tar'] }];
  const text = (value: unknown) => Buffer.from(JSON.stringify(value));
  await writeFile(file, await tarOf({ 'manifest.json': text(manifest), 'config.json': text(configuration), 'layer.tar': layer }, 0o644));
}

async function tarOf(files: Readonly<Record<string, Buffer>>, mode: number): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mode, mtime: new Date(0) }, content);
  archive.finalize();
  return buffer(archive);
}
