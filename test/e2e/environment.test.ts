import { copyFile, readdir, readFile, realpath, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openRepositories, resolve, writeClosure } from '../../src/activities/melange/repositories';
import type { PackageRepositories } from '../../src/activities/melange/repositories';
import { createTestRunner } from '../../src/activities/melange/test-runner';
import { findTools } from '../../src/activities/melange/tools';
import { makeApk, makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** Environments are what apko resolves from signed indexes, and nothing else gets in. */
const architecture = 'x86_64';
const servers: Server[] = [];

afterAll(async () => {
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  removeTemporaryFolders();
});

async function factory() {
  const made = makeFactory();
  const zlib = await made.request({ name: 'zlib', version: '1.2.13', epoch: 1 });
  const newer = await made.request({ name: 'zlib', version: '1.3.1' });
  const pigz = await made.request({ name: 'pigz', version: '2.8', depends: ['zlib'] });
  await made.publish({ publish: [zlib, newer, pigz], withdraw: [] });
  const published = { folder: made.root, key: made.key.publicKey };
  return { ...made, zlib, newer, published };
}

async function lock(repositories: PackageRepositories, packages: readonly string[]) {
  const scratch = temporaryFolder();
  const opened = await openRepositories(repositories, architecture, scratch);
  return await resolve(await findTools(), opened, packages, architecture, scratch);
}

async function serve(root: string): Promise<string> {
  const server = createServer((request, response) => {
    readFile(join(root, request.url!)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an environment is locked to names, versions and checksums of the generation that is shown', async () => {
  const { published, newer, root } = await factory();
  const locked = await lock({ published, others: [] }, ['pigz']);
  if (!locked.ok) throw new Error(locked.problem);
  expect(locked.packages.map(({ name, version }) => `${name}-${version}`).sort()).toEqual(['pigz-2.8-r0', 'zlib-1.3.1-r0']);
  const zlib = locked.packages.find(({ name }) => name === 'zlib')!;
  expect(zlib).toMatchObject({ checksum: newer.packages[0]!.checksum, url: `${root}/generations/1/${architecture}/zlib-1.3.1-r0.apk` });
});

test('what apko takes together and does not fit together is no environment', async () => {
  const made = makeFactory();
  const linked = (name: string, epoch: number, soname: string) => made.request({ name, version: '2.0', epoch, depends: [soname] });
  await made.publish({
    publish: [
      await made.request({ name: 'voice', version: '1.0', provides: ['so:libvoice.so.1=1'] }),
      await made.request({ name: 'voice', version: '2.0', provides: ['so:libvoice.so.2=2'] }),
      await linked('greeting', 0, 'so:libvoice.so.1'),
      await linked('farewell', 1, 'so:libvoice.so.2'),
    ],
    withdraw: [],
  });
  const repositories = { published: { folder: made.root, key: made.key.publicKey }, others: [] };
  expect(await lock(repositories, ['greeting'])).toMatchObject({ ok: true });
  expect(await lock(repositories, ['farewell', 'greeting'])).toEqual({
    ok: false,
    problem: 'these do not fit together: greeting-2.0-r0 needs so:libvoice.so.1',
  });
});

test('a closure has the locked packages and no other, and is refused when one is not what the index says', async () => {
  const { published } = await factory();
  const locked = await lock({ published, others: [] }, ['pigz']);
  if (!locked.ok) throw new Error(locked.problem);
  const folder = temporaryFolder();
  await writeClosure(locked.packages, architecture, folder, temporaryFolder());
  const again = await resolve(
    await findTools(),
    [{ folder, key: published.key, records: new Map(), locate: (file) => file }],
    ['zlib=1.2.13-r1'],
    architecture,
    temporaryFolder(),
  ).catch((error: Error) => error.message);
  // Unsigned on purpose: only tools that are told to ignore that use it.
  expect(again).toMatch(/signature/);

  const zlib = locked.packages.find(({ name }) => name === 'zlib')!;
  const other = makeApk({ name: 'zlib', version: '1.3.1-r0' }, { 'usr/share/zlib/version': 'evil' });
  const swapped = locked.packages.map((item) => (item === zlib ? { ...item, url: other } : item));
  await expect(writeClosure(swapped, architecture, temporaryFolder(), temporaryFolder())).rejects.toMatchObject({
    type: 'Infrastructure',
    message: expect.stringMatching(/is not what its index says/),
  });
});

test('what does not resolve is an answer in words of apko; a wrong key and a missing repository are the machine', async () => {
  const { published } = await factory();
  expect(await lock({ published, others: [] }, ['pigz', 'zlib=9-r9'])).toEqual({
    ok: false,
    problem:
      'solving "zlib=9-r9" constraint: zlib-1.2.13-r1.apk disqualified because "1.2.13-r1" does not satisfy "zlib=9-r9"; ' +
      'zlib-1.3.1-r0.apk disqualified because "1.3.1-r0" does not satisfy "zlib=9-r9"',
  });
  const foreign = { ...published, key: testKey().publicKey };
  await expect(lock({ published: foreign, others: [] }, ['pigz'])).rejects.toMatchObject({ type: 'Infrastructure' });
  const stage0 = { folder: temporaryFolder(), key: published.key };
  await expect(lock({ published, stage0, others: [] }, ['pigz'])).rejects.toMatchObject({
    message: expect.stringContaining('millrace bootstrap'),
  });
  await expect(lock({ published: { ...published, folder: temporaryFolder() }, others: [] }, ['pigz'])).rejects.toMatchObject({
    message: expect.stringContaining('environment.repositories'),
  });
});

test('a remote repository is fetched, verified and kept', async () => {
  const { root, published } = await factory();
  const url = await serve(join(root, 'current'));
  const repositories = { published: { ...published, folder: temporaryFolder() }, others: [{ url: `${url}/`, key: published.key }] };
  const locked = await lock(repositories, ['zlib']);
  if (!locked.ok) throw new Error(locked.problem);
  expect(locked.packages[0]!.url).toBe(`${url}/${architecture}/zlib-1.3.1-r0.apk`);
  const cache = temporaryFolder();
  await writeClosure(locked.packages, architecture, temporaryFolder(), cache);

  const object = await realpath(join(root, 'current', architecture, 'zlib-1.3.1-r0.apk'));
  const other = makeApk({ name: 'zlib', version: '1.3.1-r0' }, { 'usr/share/zlib/version': 'evil' });
  await copyFile(other, object);
  await writeClosure(locked.packages, architecture, temporaryFolder(), cache);
  await expect(writeClosure(locked.packages, architecture, temporaryFolder(), temporaryFolder())).rejects.toMatchObject({
    type: 'Infrastructure',
    message: expect.stringContaining(url),
  });

  // Unused for a week, it goes when the next one is fetched.
  const [kept] = await readdir(cache);
  const old = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
  await utimes(join(cache, kept!), old, old);
  await writeClosure(locked.packages, architecture, temporaryFolder(), cache);
  expect((await stat(join(cache, kept!))).mtimeMs).toBeGreaterThan(old.getTime());
  await utimes(join(cache, kept!), old, old);
  const pigz = await lock(repositories, ['pigz']);
  if (!pigz.ok) throw new Error(pigz.problem);
  await writeClosure(
    pigz.packages.filter(({ name }) => name === 'pigz'),
    architecture,
    temporaryFolder(),
    cache,
  );
  expect(await readdir(cache)).not.toContain(kept);

  await writeFile(join(root, 'generations/1', architecture, 'APKINDEX.tar.gz'), 'broken');
  await expect(lock(repositories, ['zlib'])).rejects.toThrow();
  await expect(lock({ ...repositories, others: [{ url: `${url}/none`, key: published.key }] }, ['zlib'])).rejects.toMatchObject({
    type: 'Infrastructure',
    message: expect.stringContaining('answered 404'),
  });
});

test('of the packages under test the built version is taken, also where a newer one is published', async () => {
  const { published, store, zlib } = await factory();
  const runner = createTestRunner({
    store,
    repositories: { published, others: [] },
    work: temporaryFolder(),
    testSeconds: 60,
    now: () => new Date(),
  });
  const versions = async (request: Parameters<typeof runner.solve>[0]) => {
    const solved = await runner.solve(request);
    if (!solved.ok) throw new Error(solved.problem);
    return solved.installed.map(({ name, version }) => `${name}-${version}`).sort();
  };
  expect(await versions({ architecture, builds: [], packages: ['pigz'] })).toEqual(['pigz-2.8-r0', 'zlib-1.3.1-r0']);
  expect(await versions({ architecture, builds: zlib.packages, packages: ['pigz'] })).toEqual(['pigz-2.8-r0', 'zlib-1.2.13-r1']);
});
