import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createImageLock } from '../../src/activities/images/lock';
import { createTestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** Locks against a repository that a server has, by the real apko. */
jest.setTimeout(300_000);

const servers: Server[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  removeTemporaryFolders();
});

test('a look fetches of a remote repository what is new, and nothing again', async () => {
  const [remote, own] = [makeFactory({ key: testKey('remote') }), makeFactory()];
  await remote.publish({ publish: [await remote.request({ name: 'zlib', version: '1.3.1' })], withdraw: [] });
  await own.publish({ publish: [await own.request({ name: 'greeting', version: '1.0', depends: ['zlib'] })], withdraw: [] });
  const sent: string[] = [];
  const server = createServer(({ method = '', url = '', headers }, response) => {
    readFile(join(remote.root, 'current', url)).then(
      (bytes) => {
        const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
        const same = headers['if-none-match'] === etag;
        if (method === 'GET' && !same) sent.push(url.split('/').pop()!);
        response.writeHead(same ? 304 : 200, { etag });
        response.end(method === 'GET' && !same ? bytes : undefined);
      },
      () => response.writeHead(404).end(),
    );
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const specs = createTestRepository({
    'images/greeting/image.yaml':
      'name: greeting\npackage: greeting\nvariants: [{ config: apko.yaml }]\nstreams: [{ name: all, versions: "*" }]\n',
    'images/greeting/apko.yaml': 'contents:\n  packages: [greeting]\n',
  });
  const work = temporaryFolder();
  const { lockImage } = createImageLock({
    ...{ store: own.store, branch: 'main', directory: 'images', architectures: ['x86_64'], work },
    forge: createLocalGitForge({ repository: specs.bare, work: join(work, 'forge'), branchPrefix: 'millrace/' }),
    repositories: {
      published: { folder: own.root, key: own.key.publicKey },
      others: [{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: remote.key.publicKey }],
    },
  });
  const look = async () => {
    sent.length = 0;
    const answer = await lockImage({ image: 'greeting' });
    if (!('lock' in answer)) throw new Error(answer.problem);
    return { key: answer.lock.key, sent: [...sent].sort() };
  };

  const first = await look();
  // Once for apko, which solves, and once for us, who look at what it solved.
  expect(first.sent).toEqual(['APKINDEX.tar.gz', 'APKINDEX.tar.gz', 'zlib-1.3.1-r0.apk']);
  expect(await look()).toEqual({ key: first.key, sent: [] });

  await remote.publish({ publish: [await remote.request({ name: 'zlib', version: '1.3.2' })], withdraw: [] });
  const next = await look();
  expect(next.sent).toEqual(['APKINDEX.tar.gz', 'APKINDEX.tar.gz', 'zlib-1.3.2-r0.apk']);
  expect(next.key).not.toBe(first.key);
  expect(await look()).toEqual({ key: next.key, sent: [] });
});
