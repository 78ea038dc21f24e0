import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { replace, writeOnce } from './factory-key';

/** The key that images are signed with: ECDSA P-256, as cosign makes and reads them. Files: PKCS#8 PEM, mode 0600; and SubjectPublicKeyInfo PEM. */
export interface ImageKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** `<distribution>-images.key` and `.pub` in the folder of keys. */
export function imageKeyFiles(folder: string, distribution: string): ImageKey {
  return { privateKey: `${folder}/${distribution}-images.key`, publicKey: `${folder}/${distribution}-images.pub` };
}

/** Makes the key where there is none. Of two callers at once one makes it and both get it. Throws when what is there is no such key. */
export async function ensureImageKey(folder: string, distribution: string): Promise<ImageKey> {
  const key = imageKeyFiles(folder, distribution);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await isThere(key.privateKey))) {
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    await writeOnce(key.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600);
  }
  const publicPem = createPublicKey(await loadImageKey(key.privateKey)).export({ type: 'spki', format: 'pem' }) as string;
  if ((await readFile(key.publicKey, 'utf8').catch(() => '')) !== publicPem) await replace(key.publicKey, publicPem, 0o644);
  return key;
}

/** Reads the private key. Throws an error that names the file. */
export async function loadImageKey(file: string): Promise<KeyObject> {
  const pem = await readFile(file);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
      throw new Error(`it is of type ${key.asymmetricKeyType} ${key.asymmetricKeyDetails?.namedCurve ?? ''}`.trim());
    return key;
  } catch (error) {
    throw new Error(
      `${file} is no unencrypted ECDSA P-256 private key in PEM form: ${(error as Error).message}; restore it from a backup`,
      {
        cause: error,
      },
    );
  }
}

async function isThere(file: string): Promise<boolean> {
  return await readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
