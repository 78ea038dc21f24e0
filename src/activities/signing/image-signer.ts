import { sign } from 'node:crypto';
import type { ImageSignerActivities } from '../contract';
import type { Store } from '../store/store';
import { readImageGate } from './image-gate';
import { loadImageKey } from './image-key';

/** By digest of the image: what was signed, and the signature in base64. */
export type ImageSignatures = Readonly<Record<string, { readonly payload: string; readonly signature: string }>>;

/**
 * Signs as cosign does: ECDSA over SHA-256 of a "simple signing" payload that names the digest. It believes no message: what may be signed is read from the gate record.
 * `registry` is the `host[:port]` that images are named by. Throws `GateRefused`.
 */
export function createImageSignerActivities(deps: {
  readonly store: Store;
  /** File of the private key. */
  readonly key: string;
  readonly registry: string;
}): ImageSignerActivities {
  return {
    async signImages({ gate: digest }) {
      const gate = await readImageGate(await deps.store.object(digest), `gate record ${digest}`);
      const key = await loadImageKey(deps.key);
      const signed = gate.variants.map((variant) => {
        const payload = signingPayload(`${deps.registry}/${gate.repository}`, variant.digest);
        return [variant.digest, { payload, signature: sign('sha256', Buffer.from(payload), key).toString('base64') }] as const;
      });
      const signatures: ImageSignatures = Object.fromEntries(signed);
      return { signatures: await deps.store.putBytes(JSON.stringify(signatures)) };
    },
  };
}

/** Rule: github.com/containers/image, docs/containers-signature.5.md; cosign, specs/SIGNATURE_SPEC.md. */
function signingPayload(reference: string, digest: string): string {
  return JSON.stringify({
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
}
