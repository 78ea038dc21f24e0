import { createHash } from 'node:crypto';
import { OCI } from '../registry/registry';
import type { Registry } from '../registry/registry';

/** Where cosign looks for the signatures of an image. */
function signatureTag(digest: string): string {
  return `${digest.replace(':', '-')}.sig`;
}

/** Puts the signature of a digest where cosign finds it: an image of one layer, which is the payload; the signature is an annotation. Rule: cosign, specs/SIGNATURE_SPEC.md. */
export async function pushSignature(
  registry: Registry,
  repository: string,
  digest: string,
  signed: { readonly payload: string; readonly signature: string },
): Promise<void> {
  const payload = Buffer.from(signed.payload);
  const config = Buffer.from(
    JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(payload)] } }),
  );
  for (const blob of [payload, config]) await registry.pushBlob(repository, digestOf(blob), blob);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI.manifest,
    config: { mediaType: OCI.config, size: config.length, digest: digestOf(config) },
    layers: [
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        size: payload.length,
        digest: digestOf(payload),
        annotations: { 'dev.cosignproject.cosign/signature': signed.signature },
      },
    ],
  };
  await registry.pushManifest(repository, signatureTag(digest), OCI.manifest, Buffer.from(JSON.stringify(manifest)));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
