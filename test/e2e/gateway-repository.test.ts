import { readFileSync, writeFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import { run } from '../../src/activities/process';
import { ensureFactoryKey } from '../../src/activities/signing/factory-key';
import { serveRepository } from '../../src/gateway/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

/** The repository over HTTP as the world uses it: real apko, with the key that the gateway hands out. */
const architectures = ['x86_64', 'aarch64'];
let server: FastifyInstance;
let address: string;
let factory: ReturnType<typeof makeFactory>;
const asked: string[] = [];

jest.setTimeout(300_000);

beforeAll(async () => {
  const keys = temporaryFolder();
  const key = await ensureFactoryKey(keys, 'my-distro');
  factory = makeFactory({ key, architectures });
  const { request, publish } = factory;
  await publish({ publish: [], withdraw: [] });
  const zlib = await request({ name: 'zlib', version: '1.2.13', epoch: 1, architectures });
  const pigz = await request({ name: 'pigz', version: '2.8', depends: ['zlib'], architectures });
  await publish({ publish: [zlib, pigz], withdraw: [] });
  server = Fastify();
  serveRepository(server, { root: factory.root, architectures, key: { folder: keys, name: key.publicName } });
  server.addHook('onResponse', async (request, reply) => void asked.push(`${request.method} ${request.url} ${reply.statusCode}`));
  address = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close();
  removeTemporaryFolders();
});

/** Each with a cache of its own: what apko knows it asks the server. */
async function apko(folder: string, ...args: readonly string[]) {
  const finished = await run('apko', args, { cwd: folder, env: { ...process.env, XDG_CACHE_HOME: `${folder}/cache`, HOME: folder } });
  return { code: finished.code, said: finished.stdout + finished.stderr };
}

async function image(packages: readonly string[], architecture: string): Promise<string> {
  const folder = temporaryFolder();
  const key = await (await fetch(`${address}/keys/my-distro.rsa.pub`)).text();
  writeFileSync(`${folder}/my-distro.rsa.pub`, key);
  const contents = { repositories: [`${address}/repository`], keyring: ['my-distro.rsa.pub'], packages };
  writeFileSync(`${folder}/image.yaml`, JSON.stringify({ contents, archs: [architecture] }));
  return folder;
}

/** Apko also asks for a configuration that there need not be. */
const missed = () => asked.filter((line) => /APKINDEX|\.apk/.test(line) && !/ (200|304)$/.test(line));

const locked = (folder: string) =>
  (
    JSON.parse(readFileSync(`${folder}/lock.json`, 'utf8')) as { contents: { packages: { name: string; version: string }[] } }
  ).contents.packages
    .map(({ name, version }) => `${name}-${version}`)
    .sort();

test.each(architectures)('apko resolves and builds for %s from the gateway', async (architecture) => {
  const folder = await image(['pigz'], architecture);
  expect(await apko(folder, 'lock', 'image.yaml', '--output', 'lock.json')).toMatchObject({ code: 0 });
  expect(locked(folder)).toEqual(['pigz-2.8-r0', 'zlib-1.2.13-r1']);
  expect(await apko(folder, 'build', '--sbom=false', 'image.yaml', 'test/image:1', 'image.tar', '--arch', architecture)).toMatchObject({
    code: 0,
  });
  expect(asked).toContain(`GET /repository/${architecture}/pigz-2.8-r0.apk 200`);
});

test('a lock of the generation before builds after a switch that withdrew its package; a new one takes the new generation', async () => {
  const folder = await image(['pigz'], 'x86_64');
  expect(await apko(folder, 'lock', 'image.yaml', '--output', 'lock.json')).toMatchObject({ code: 0 });
  await factory.publish({
    publish: [await factory.request({ name: 'zlib', version: '1.3.1', architectures })],
    withdraw: [factory.withdrawal('zlib', '1.2.13-r1')],
  });
  const build = await apko(
    folder,
    'build',
    '--sbom=false',
    '--lockfile',
    'lock.json',
    'image.yaml',
    'test/image:1',
    'image.tar',
    '--arch',
    'x86_64',
  );
  expect(build).toMatchObject({ code: 0 });
  expect(missed()).toEqual([]);

  const after = await image(['pigz'], 'x86_64');
  expect(await apko(after, 'lock', 'image.yaml', '--output', 'lock.json')).toMatchObject({ code: 0 });
  expect(locked(after)).toEqual(['pigz-2.8-r0', 'zlib-1.3.1-r0']);
});

test('while generations switch under them, builds find every package that their index names', async () => {
  let switching = true;
  const switches = (async () => {
    for (let patch = 2; switching; patch += 1)
      await factory.publish({
        publish: [await factory.request({ name: 'zlib', version: `1.3.${patch}`, architectures })],
        withdraw: [factory.withdrawal('zlib', `1.3.${patch - 1}-r0`)],
      });
  })();
  try {
    for (let round = 0; round < 5; round += 1) {
      const folder = await image(['pigz'], 'x86_64');
      expect(await apko(folder, 'build', '--sbom=false', 'image.yaml', 'test/image:1', 'image.tar', '--arch', 'x86_64')).toMatchObject({
        code: 0,
      });
    }
  } finally {
    switching = false;
    await switches;
  }
  expect(missed()).toEqual([]);
});

test('a key that is not the repository’s is refused', async () => {
  const folder = await image(['pigz'], 'x86_64');
  const other = await ensureFactoryKey(temporaryFolder(), 'my-distro');
  writeFileSync(`${folder}/my-distro.rsa.pub`, readFileSync(other.publicKey));
  expect(await apko(folder, 'lock', 'image.yaml', '--output', 'lock.json')).toMatchObject({
    code: 1,
    said: expect.stringContaining('signature verification failed'),
  });
});
