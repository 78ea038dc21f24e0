import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { run } from '../../src/activities/process';
import { ensureFactoryKey } from '../../src/activities/signing/factory-key';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** The published repository as the world sees it: through apko, which verifies the index by our public key and the packages by the index. */
afterAll(removeTemporaryFolders);

async function lock(root: string, publicKey: string, packages: readonly string[], architecture = 'x86_64') {
  const folder = temporaryFolder();
  const config = { contents: { repositories: [`${root}/current`], keyring: [publicKey], packages }, archs: [architecture] };
  writeFileSync(`${folder}/image.yaml`, JSON.stringify(config));
  const finished = await run('apko', ['lock', 'image.yaml', '--output', 'lock.json'], { cwd: folder });
  if (finished.code !== 0) return { solved: false as const, output: finished.stdout + finished.stderr };
  const { contents } = JSON.parse(readFileSync(`${folder}/lock.json`, 'utf8')) as {
    contents: { packages: { name: string; version: string; checksum: string }[] };
  };
  const build = () =>
    run('apko', ['build', '--sbom=false', 'image.yaml', 'test/image:1', 'image.tar', '--arch', architecture], { cwd: folder });
  return {
    solved: true as const,
    packages: contents.packages.map(({ name, version }) => `${name}-${version}`).sort(),
    contents,
    folder,
    build,
  };
}

test('apko solves and builds from the repository, before and after a withdrawal', async () => {
  const key = await ensureFactoryKey(temporaryFolder(), 'factory');
  const { publish, request, withdrawal, reader, root } = makeFactory({ key: { ...key }, architectures: ['x86_64', 'aarch64'] });
  await publish({ publish: [], withdraw: [] });
  const architectures = ['x86_64', 'aarch64'];
  const zlib = await request({ name: 'zlib', version: '1.2.13', epoch: 1, architectures });
  const pigz = await request({ name: 'pigz', version: '2.8', depends: ['zlib'], architectures });
  await publish({ publish: [zlib, pigz], withdraw: [] });
  await publish({ publish: [await request({ name: 'zlib', version: '1.3.1', architectures })], withdraw: [] });

  for (const architecture of architectures)
    expect(await lock(root, key.publicKey, ['pigz'], architecture)).toMatchObject({
      solved: true,
      packages: ['pigz-2.8-r0', 'zlib-1.3.1-r0'],
    });
  const newest = await lock(root, key.publicKey, ['pigz']);
  if (!newest.solved) throw new Error(newest.output);
  const published = await reader.findPackage('zlib', 'x86_64');
  expect(newest.contents.packages.find((item) => item.name === 'zlib')?.checksum).toBe(published?.checksum);
  expect(await newest.build()).toMatchObject({ code: 0 });

  await publish({ publish: [], withdraw: [withdrawal('zlib', '1.3.1-r0')] });
  const after = await lock(root, key.publicKey, ['pigz']);
  if (!after.solved) throw new Error(after.output);
  expect(after.packages).toEqual(['pigz-2.8-r0', 'zlib-1.2.13-r1']);
  expect(await after.build()).toMatchObject({ code: 0 });
  expect(await lock(root, key.publicKey, ['zlib=1.3.1-r0'])).toMatchObject({ solved: false });
});

test('apko refuses an index that was changed or is of another key', async () => {
  const { publish, request, key, root } = makeFactory();
  await publish({ publish: [await request({ name: 'zlib', version: '1.3.1' })], withdraw: [] });
  expect(await lock(root, key.publicKey, ['zlib'])).toMatchObject({ solved: true });

  const other = testKey('factory');
  expect(await lock(root, other.publicKey, ['zlib'])).toMatchObject({
    solved: false,
    output: expect.stringContaining('signature verification failed'),
  });
  expect(await lock(root, testKey('other').publicKey, ['zlib'])).toMatchObject({
    solved: false,
    output: expect.stringContaining('no signature with known key'),
  });

  const file = `${root}/current/x86_64/APKINDEX.tar.gz`;
  const signed = readFileSync(file);
  const start = signed.indexOf(Buffer.from([0x1f, 0x8b, 8]), 3);
  const changed = Buffer.from(gunzipSync(signed.subarray(start)).toString('latin1').replace('V:1.3.1-r0', 'V:1.3.9-r0'), 'latin1');
  writeFileSync(file, Buffer.concat([signed.subarray(0, start), gzipSync(changed)]));
  expect(await lock(root, key.publicKey, ['zlib'])).toMatchObject({
    solved: false,
    output: expect.stringContaining('signature verification failed'),
  });
});

test('a package carries the signature that melange gives it, before the same bytes', async () => {
  const { passGate, signer, store, key } = makeFactory();
  const gate = await passGate({ name: 'zlib', version: '1.3.1' });
  const [signed] = (await signer.signPackages({ gate })).packages;
  if (!signed) throw new Error('nothing was signed');
  const unsigned = readFileSync(await store.object(signed.object));
  const file = `${temporaryFolder()}/melange.apk`;
  writeFileSync(file, unsigned);
  execFileSync('melange', ['sign', '--signing-key', key.privateKey, file]);

  const [ours, theirs] = [readFileSync(await store.object(signed.signed)), readFileSync(file)].map((bytes) => {
    expect(bytes.subarray(bytes.length - unsigned.length)).toEqual(unsigned);
    const member = gunzipSync(bytes.subarray(0, bytes.length - unsigned.length));
    return {
      name: member.toString('latin1', 0, member.indexOf(0)),
      bytes: member.length,
      signature: member.subarray(512, 512 + 256).toString('hex'),
    };
  });
  expect(ours).toEqual(theirs);
  expect(ours).toMatchObject({ name: '.SIGN.RSA256.factory.rsa.pub', bytes: 1024 });
});
