import { createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { ensureFactoryKey } from '../../../src/activities/signing/factory-key';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

afterAll(removeTemporaryFolders);

test('one key is made, by whoever comes first, and only its owner can read it', async () => {
  const folder = `${temporaryFolder()}/keys`;
  const keys = await Promise.all([ensureFactoryKey(folder, 'factory'), ensureFactoryKey(folder, 'factory')]);
  expect(keys[0]).toEqual({ publicName: 'factory.rsa.pub', privateKey: `${folder}/factory.rsa`, publicKey: `${folder}/factory.rsa.pub` });
  expect(readdirSync(folder).sort()).toEqual(['factory.rsa', 'factory.rsa.pub']);
  expect(statSync(keys[0].privateKey).mode & 0o777).toBe(0o600);
  expect(readFileSync(keys[0].privateKey, 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);

  const publicPem = readFileSync(keys[0].publicKey, 'utf8');
  expect(createPublicKey(publicPem).asymmetricKeyDetails?.modulusLength).toBe(4096);
  expect(verify('sha256', Buffer.from('x'), publicPem, sign('sha256', Buffer.from('x'), readFileSync(keys[0].privateKey)))).toBe(true);

  rmSync(keys[0].publicKey);
  await ensureFactoryKey(folder, 'factory');
  expect(readFileSync(keys[0].publicKey, 'utf8')).toBe(publicPem);
}, 60_000);

test('a file that is no key is named and left alone, and so is a name that is a path', async () => {
  const folder = temporaryFolder();
  writeFileSync(`${folder}/factory.rsa`, 'garbage');
  await expect(ensureFactoryKey(folder, 'factory')).rejects.toThrow(`${folder}/factory.rsa is no unencrypted RSA private key`);
  expect(readFileSync(`${folder}/factory.rsa`, 'utf8')).toBe('garbage');
  await expect(ensureFactoryKey(folder, '../factory')).rejects.toThrow(/key name/);
});
