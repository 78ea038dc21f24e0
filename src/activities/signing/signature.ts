import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeMember } from '../apk/index-archive';

/**
 * The gzip member that makes what follows it signed: a tar without end holding `.SIGN.RSA256.<key>.rsa.pub`, RSA PKCS#1 v1.5 over the SHA-256 of `content`
 * (of an apk: its compressed control member; of an index: the whole unsigned archive). The same key and content give the same bytes. `mtime` in seconds.
 * Rule: apko `pkg/apk/apk/index.go`, melange `pkg/sign/apk.go`.
 */
export async function signatureMember(
  content: Buffer,
  key: { readonly privateKey: KeyObject; readonly publicName: string },
  mtime: number,
): Promise<Buffer> {
  return writeMember(signatureName(key.publicName), sign('sha256', content, key.privateKey), mtime);
}

/** Whether one of the signatures is of this key over this content. */
export function isSigned(
  content: Buffer,
  signatures: Readonly<Record<string, Buffer>>,
  key: { readonly publicKey: KeyObject; readonly publicName: string },
): boolean {
  const signature = signatures[signatureName(key.publicName)];
  return signature !== undefined && verify('sha256', content, key.publicKey, signature);
}

function signatureName(publicName: string): string {
  return `.SIGN.RSA256.${publicName}`;
}
