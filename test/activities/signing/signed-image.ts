import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packLayout } from '../../../src/activities/images/layout';
import { OCI } from '../../../src/activities/registry/registry';
import { ensureImageKey } from '../../../src/activities/signing/image-key';
import { createImageSignerActivities } from '../../../src/activities/signing/image-signer';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { requiredImageChecks } from '../../../src/domain/image/gate';
import type { ImageGateRecord, ImageLock } from '../../../src/domain/image/image';
import { temporaryFolder } from '../repository/support';

/** `Q1` of twenty bytes of 0x01 to 0x14. */
export const CHECKSUM = 'Q1AQIDBAUGBwgJCgsMDQ4PEBESExQ=';

const CONFIGURATION = 'contents:\n  packages: [hello]\nentrypoint:\n  command: /usr/bin/hello\n';

/** An image of two platforms that passed its gate, and who signs it. Its content is made up, its form is real. */
export async function imageAtTheGate(registry: string, change: Partial<ImageGateRecord> = {}) {
  const store = createFolderStore(temporaryFolder());
  const key = await ensureImageKey(temporaryFolder(), 'example');
  const folder = join(temporaryFolder(), 'layout');
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (content: string | Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hex), content);
    return { digest: `sha256:${hex}`, size: content.length };
  };
  const platform = (architecture: string) => {
    // The end of a tar archive: one without members.
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blob(Buffer.alloc(1024)) };
    const settings = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } };
    const config = { mediaType: OCI.config, ...blob(JSON.stringify(settings)) };
    const manifest = blob(JSON.stringify({ schemaVersion: 2, mediaType: OCI.manifest, config, layers: [layer] }));
    return { mediaType: OCI.manifest, ...manifest, platform: { architecture, os: 'linux' } };
  };
  const manifests = ['amd64', 'arm64'].map(platform);
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests });
  writeFileSync(join(folder, 'index.json'), index);
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const archive = join(temporaryFolder(), 'layout.tar');
  await packLayout(folder, archive);

  const item = (architecture: string) => ({
    ...{ name: 'hello', version: '1.0-r0', architecture, checksum: CHECKSUM },
    url: `./repository/${architecture}/hello-1.0-r0.apk`,
  });
  const packages = ['x86_64', 'aarch64'].map(item);
  const sbom = (architecture: string) => ({
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `sbom-${architecture}`,
    packages: [],
  });
  const put = (content: string) => store.putBytes(content);
  const locked = {
    variant: '',
    config: await put(CONFIGURATION),
    digest: await put(JSON.stringify({ version: 'v1', contents: { packages } })),
    version: '1.0-r0',
    packages: 1,
  };
  const lock: ImageLock = {
    ...{ image: 'hello', repository: 'demo/hello', commit: 'c'.repeat(40), generation: 7, spec: await put('name: hello\n') },
    ...{ suites: [], variants: [locked], key: `sha256:${'e'.repeat(64)}`, changes: [] },
  };
  const built = {
    variant: '',
    digest: `sha256:${createHash('sha256').update(index).digest('hex')}`,
    layout: await store.putFile(archive),
    sboms: { x86_64: await put(JSON.stringify(sbom('x86_64'))), aarch64: await put(JSON.stringify(sbom('aarch64'))) },
    bytes: 1,
  };
  const gate: ImageGateRecord = {
    ...{ release: 'image-release:hello-e', image: 'hello', repository: 'demo/hello', lock, variants: [built] },
    verdicts: requiredImageChecks(lock).map((check) => ({ check, outcome: 'passed', summary: 'seen', details: [], seconds: 1 })),
    ...{ accepted: [], openedAt: '2026-03-04T05:06:07.000Z', ...change },
  };
  const specs = 'https://example.org/specs.git';
  const signer = createImageSignerActivities({ store, key: key.privateKey, registry, distribution: 'example', specs });
  return { store, key, gate, built, lock, locked, platforms: manifests.map(({ digest }) => digest), signer };
}
