import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import type { Statement } from './statements';

/** A signed envelope. Rule: github.com/secure-systems-lab/dsse, envelope.md. */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const IN_TOTO = 'application/vnd.in-toto+json';

/** What of a payload is signed. Rule: dsse, protocol.md (PAE). */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

/** A statement of in-toto in an envelope signed with the key of images. */
export function signStatement(statement: Statement, key: KeyObject): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = signContent(preAuthenticationEncoding(IN_TOTO, payload), key).toString('base64');
  return { payloadType: IN_TOTO, payload: payload.toString('base64'), signatures: [{ keyid: '', sig }] };
}

/**
 * ECDSA P-256 over SHA-256, in DER. The nonce comes from key and content (RFC 6979), not from chance: what is signed again is the same object, so that the publisher has nothing to
 * push a second time.
 */
export function signContent(content: Uint8Array, key: KeyObject): Buffer {
  const secret = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  return Buffer.from(p256.sign(createHash('sha256').update(content).digest(), secret, { prehash: false }).toBytes('der'));
}

/** How a Sigstore bundle names the key that verifies it: base64 of the SHA-256 of the public key in DER, as cosign does. */
export function keyHint(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}
