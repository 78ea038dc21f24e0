import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The factory's signing key on disk. */
export interface FactoryKey {
  /** As it stands in signatures and keyrings: `<name>.rsa.pub`. apko takes no other ending. */
  readonly publicName: string;
  /** Files: PKCS#1 PEM, mode 0600, as melange reads it too; and SubjectPublicKeyInfo PEM. */
  readonly privateKey: string;
  readonly publicKey: string;
}

const BITS = 4096;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * The key `<name>.rsa` and `<name>.rsa.pub` in a folder, made when there is none. Of two callers at once one makes it and both get it. Throws when the
 * name cannot be a file name, or when what is there is no RSA key.
 */
export async function ensureFactoryKey(folder: string, name: string): Promise<FactoryKey> {
  if (!NAME.test(name)) throw new Error(`key name ${JSON.stringify(name)}: use letters, digits, ".", "_" and "-"`);
  const key: FactoryKey = { publicName: `${name}.rsa.pub`, privateKey: `${folder}/${name}.rsa`, publicKey: `${folder}/${name}.rsa.pub` };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await exists(key.privateKey))) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: BITS });
    await writeOnce(key.privateKey, privateKey.export({ type: 'pkcs1', format: 'pem' }) as string, 0o600);
  }
  const { publicPem } = await loadPrivateKey(key.privateKey);
  if ((await readFile(key.publicKey, 'utf8').catch(() => '')) !== publicPem) await replace(key.publicKey, publicPem, 0o644);
  return key;
}

/** Reads a private key and derives its public one. Throws an error that names the file. */
export async function loadPrivateKey(
  file: string,
): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly publicPem: string }> {
  const pem = await readFile(file);
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'rsa') throw new Error(`it is of type ${privateKey.asymmetricKeyType}`);
    const publicKey = createPublicKey(privateKey);
    return { privateKey, publicKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string };
  } catch (error) {
    throw new Error(`${file} is no unencrypted RSA private key in PEM form: ${(error as Error).message}; restore it from a backup`, {
      cause: error,
    });
  }
}

/** Writes a file that no other call overwrites: the first of several wins. */
export async function writeOnce(path: string, content: string, mode: number): Promise<void> {
  const temporary = await writeTemporary(path, content, mode);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Replaces a file in one step. */
export async function replace(path: string, content: string, mode: number): Promise<void> {
  await rename(await writeTemporary(path, content, mode), path);
}

async function writeTemporary(path: string, content: string, mode: number): Promise<string> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
