import { createHash } from 'node:crypto';
import { z } from 'zod';
import { OCI } from '../registry/registry';
import type { Descriptor, Manifest, Registry } from '../registry/registry';
import type { Envelope } from '../signing/dsse';
import type { SignedImages } from '../signing/image-signer';
import { PREDICATES } from '../signing/statements';

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const DSSE = 'application/vnd.dsse.envelope.v1+json';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const EMPTY = Buffer.from('{}');

interface Layer extends Descriptor {
  readonly annotations: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

/**
 * Puts signature and attestations of one digest where they are looked for: the tags `sha256-….sig` and `sha256-….att` (cosign 2, policies of clusters, podman), and Sigstore bundles
 * that refer to it (cosign 3, OCI 1.1). What others put there stays; what is there already is not pushed again. Throws `RegistryRefused` and `RegistryUnavailable`.
 * Rule: cosign, specs/SIGNATURE_SPEC.md, ATTESTATION_SPEC.md, BUNDLE_SPEC.md.
 */
export async function attach(registry: Registry, repository: string, subject: Manifest, signed: SignedImages): Promise<void> {
  const signature = signed.signatures[subject.digest]!;
  const attestations = signed.attestations.filter(({ subjects }) => subjects.includes(subject.digest));
  const tag = subject.digest.replace(':', '-');
  await addLayers(registry, repository, `${tag}.sig`, [
    layerOf(SIMPLE_SIGNING, Buffer.from(signature.payload), { 'dev.cosignproject.cosign/signature': signature.signature }),
  ]);
  await addLayers(
    registry,
    repository,
    `${tag}.att`,
    attestations.map(({ predicateType, envelope }) =>
      layerOf(DSSE, Buffer.from(JSON.stringify(envelope)), { 'dev.cosignproject.cosign/signature': '', predicateType }),
    ),
  );
  const bundles = [{ predicateType: PREDICATES.signature, envelope: signature.envelope }, ...attestations];
  await addReferrers(
    registry,
    repository,
    subject,
    bundles.map(({ predicateType, envelope }) => ({ predicateType, content: bundleOf(envelope, signed.keyHint) })),
  );
}

const LAYERS = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.int(),
      annotations: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** A tag of layers that whoever signs adds to. */
async function addLayers(registry: Registry, repository: string, tag: string, layers: readonly Layer[]): Promise<void> {
  const before = await registry.readManifest(repository, tag);
  const kept = before ? (LAYERS.safeParse(JSON.parse(before.bytes.toString('utf8'))).data?.layers ?? []) : [];
  const same = (layer: Layer) => kept.some((item) => JSON.stringify(named(item)) === JSON.stringify(named(layer)));
  const added = layers.filter((layer) => !same(layer));
  if (added.length === 0) return;
  const all = [...kept, ...added.map(named)];
  const diffIds = all.map(({ digest }) => digest);
  const config = Buffer.from(JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }));
  for (const blob of [...added.map(({ content }) => content), config]) await registry.pushBlob(repository, digestOf(blob), blob);
  const manifest = { schemaVersion: 2, mediaType: OCI.manifest, config: descriptorOf(OCI.config, config), layers: all };
  await registry.pushManifest(repository, tag, OCI.manifest, Buffer.from(JSON.stringify(manifest)));
}

/** Bundles as manifests that name their subject; a registry that keeps no list of those has it in a tag. Rule: OCI distribution-spec 1.1, "Pushing manifests with subject". */
async function addReferrers(
  registry: Registry,
  repository: string,
  subject: Manifest,
  bundles: readonly { readonly predicateType: string; readonly content: Buffer }[],
): Promise<void> {
  const known = await registry.readReferrers(repository, subject.digest);
  const made = bundles.map(({ predicateType, content }) => {
    const annotations = { 'dev.sigstore.bundle.content': 'dsse-envelope', 'dev.sigstore.bundle.predicateType': predicateType };
    const manifest = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: OCI.manifest, artifactType: BUNDLE },
        config: descriptorOf('application/vnd.oci.empty.v1+json', EMPTY),
        layers: [descriptorOf(BUNDLE, content)],
        subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
        annotations,
      }),
    );
    return { content, manifest, descriptor: { ...descriptorOf(OCI.manifest, manifest), artifactType: BUNDLE, annotations } };
  });
  const missing = made.filter(({ descriptor }) => !known.manifests.some(({ digest }) => digest === descriptor.digest));
  for (const { content, manifest, descriptor } of missing) {
    for (const blob of [content, EMPTY]) await registry.pushBlob(repository, digestOf(blob), blob);
    await registry.pushManifest(repository, descriptor.digest, OCI.manifest, manifest);
  }
  if (known.kept === 'by the registry' || missing.length === 0) return;
  const manifests = [...known.manifests, ...missing.map(({ descriptor }) => descriptor)];
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests }));
  await registry.pushManifest(repository, subject.digest.replace(':', '-'), OCI.index, list);
}

/** Rule: github.com/sigstore/protobuf-specs, sigstore_bundle.proto, of version 0.3. */
function bundleOf(envelope: Envelope, hint: string): Buffer {
  return Buffer.from(JSON.stringify({ mediaType: BUNDLE, verificationMaterial: { publicKey: { hint } }, dsseEnvelope: envelope }));
}

function layerOf(mediaType: string, content: Buffer, annotations: Readonly<Record<string, string>>): Layer {
  return { ...descriptorOf(mediaType, content), annotations, content };
}

function named({ mediaType, digest, size, annotations }: Omit<Layer, 'content'>) {
  return { mediaType, digest, size, annotations };
}

function descriptorOf(mediaType: string, content: Buffer): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
