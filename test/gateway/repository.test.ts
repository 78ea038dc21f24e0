import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveRepository } from '../../src/gateway/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

const factory = makeFactory();
const keys = temporaryFolder();
let server: FastifyInstance;
let address: string;
const apk = '/repository/x86_64/zlib-1.3.1-r0.apk';
const index = '/repository/x86_64/APKINDEX.tar.gz';

beforeAll(async () => {
  await factory.publish({ publish: [await factory.request({ name: 'zlib', version: '1.3.1' })], withdraw: [] });
  writeFileSync(`${keys}/my-distro.rsa.pub`, 'public');
  writeFileSync(`${keys}/my-distro.rsa`, 'secret');
  writeFileSync(`${factory.root}/secret.apk`, 'secret');
  writeFileSync(`${factory.root}/objects/x86_64/unlisted-1-r0.apk`, 'in no generation');
  server = Fastify();
  serveRepository(server, { root: factory.root, architectures: ['x86_64', 'aarch64'], key: { folder: keys, name: 'my-distro.rsa.pub' } });
  address = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close();
  removeTemporaryFolders();
});

/** Not with `fetch`, which adds to a condition that it wants no cached answer. */
const ifChanged = (url: string, etag: string) => server.inject({ url, headers: { 'if-none-match': etag } });
const bytes = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

it('serves the index of the generation shown, to be asked for each time', async () => {
  const answer = await fetch(`${address}${index}`);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': 'application/gzip',
    'x-content-type-options': 'nosniff',
  });
  expect(answer.headers.has('last-modified')).toBe(false);
  expect(await bytes(answer)).toEqual(readFileSync(`${factory.root}/current/x86_64/APKINDEX.tar.gz`));
});

it('serves a package for ever, whole, in part, or not again', async () => {
  const whole = await fetch(`${address}${apk}`);
  const content = await bytes(whole);
  expect(content).toEqual(readFileSync(`${factory.root}/objects/x86_64/zlib-1.3.1-r0.apk`));
  expect(whole.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const part = await fetch(`${address}${apk}`, { headers: { range: 'bytes=10-19' } });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 10-19/${content.length}`);
  expect(await bytes(part)).toEqual(content.subarray(10, 20));
  const beyond = await fetch(`${address}${apk}`, { headers: { range: `bytes=${content.length}-` } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${content.length}`]);
  const again = await ifChanged(apk, whole.headers.get('etag')!);
  expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
});

it('answers HEAD as GET, without the content', async () => {
  for (const path of [apk, index]) {
    const got = await fetch(`${address}${path}`);
    const head = await fetch(`${address}${path}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
      200,
      String((await bytes(got)).length),
      got.headers.get('etag'),
    ]);
    expect((await bytes(head)).length).toBe(0);
  }
});

it('serves the public key, and nothing else of its folder', async () => {
  expect(await (await fetch(`${address}/keys/my-distro.rsa.pub`)).text()).toBe('public');
  for (const name of ['my-distro.rsa', '..%2Fsecret', 'MY-DISTRO.rsa.pub', ''])
    expect((await fetch(`${address}/keys/${name}`)).status).toBe(404);
});

/** As it stands: `fetch` would resolve the dots before it asks. */
function raw(path: string): Promise<{ readonly status: number; readonly body: string }> {
  const { port } = server.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

it.each([
  '/repository/x86_64/../../secret.apk',
  '/repository/x86_64/..%2f..%2fsecret.apk',
  '/repository/x86_64/%2e%2e%2f%2e%2e%2fsecret.apk',
  '/repository/x86_64/..%5c..%5csecret.apk',
  '/repository/..%2f..%2fobjects/APKINDEX.tar.gz',
  '/repository/../secret.apk',
  '/repository/x86_64/.hidden.apk',
  '/repository/x86_64/%00.apk',
  '/repository/x86_64/zlib-1.3.1-r0.apk%00',
  '/repository/x86_64/%252e%252e%252fsecret.apk',
  '/repository/x86_64/manifest.json',
  '/repository/x86_64/unlisted-1-r0.apk',
  '/repository/x86_64/',
  '/repository/x86_64',
  '/repository/riscv64/APKINDEX.tar.gz',
  '/repository/objects/zlib-1.3.1-r0.apk',
  '/repository/x86_64/zlib-1.3.2-r0.apk',
  '/repository/aarch64/APKINDEX.tar.gz',
])('%s is not there', async (path) => {
  const { status, body } = await raw(path);
  expect([400, 404, 414]).toContain(status);
  expect(body).not.toMatch(/^secret|in no generation/);
});

it('a name of any length is only a name', async () => {
  for (const letters of [120, 251, 252, 5000]) expect((await raw(`/repository/x86_64/${'a'.repeat(letters)}.apk`)).status).toBe(404);
});

it('a package that the newest generation dropped is found for who holds the index before', async () => {
  const before = await fetch(`${address}${index}`);
  expect((await ifChanged(index, before.headers.get('etag')!)).statusCode).toBe(304);
  await factory.publish({
    publish: [await factory.request({ name: 'zlib', version: '1.3.2' })],
    withdraw: [factory.withdrawal('zlib', '1.3.1-r0')],
  });
  expect((await ifChanged(index, before.headers.get('etag')!)).statusCode).toBe(200);
  expect((await fetch(`${address}${apk}`)).status).toBe(200);
  expect((await fetch(`${address}/repository/x86_64/zlib-1.3.2-r0.apk`)).status).toBe(200);
});

it('says so where nothing is published yet', async () => {
  const empty = Fastify();
  const root = temporaryFolder();
  mkdirSync(`${root}/objects`);
  serveRepository(empty, { root, architectures: ['x86_64'], key: { folder: root, name: 'k.rsa.pub' } });
  for (const url of [index, apk, '/keys/k.rsa.pub']) expect((await empty.inject({ url })).statusCode).toBe(404);
  await empty.close();
});
