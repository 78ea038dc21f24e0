import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { keptIndex } from '../../../src/activities/melange/kept-index';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

/** A server that knows HTTP's validators, or one that knows none. */
const world = { content: 'one', etag: true, date: true, status: 0 };
const seen: string[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(({ headers, url: path }, response) => {
    const etag = `"${world.content}"`;
    const date = `Mon, 0${world.content.length} Jan 2026 00:00:00 GMT`;
    const same = (world.etag && headers['if-none-match'] === etag) || (world.date && headers['if-modified-since'] === date);
    const status = world.status || (same ? 304 : 200);
    seen.push(`${status} ${path}`);
    response.writeHead(status, { ...(world.etag ? { etag } : {}), ...(world.date ? { 'last-modified': date } : {}) });
    response.end(status === 200 ? world.content : '');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/os`;
});
afterAll(async () => {
  await new Promise((done) => server.close(done));
  removeTemporaryFolders();
});
beforeEach(() => {
  Object.assign(world, { content: 'one', etag: true, date: true, status: 0 });
  seen.length = 0;
});

const statuses = () => seen.map((line) => Number(line.split(' ')[0]));
const contentOf = (folder: string) => readFileSync(join(folder, 'x86_64/APKINDEX.tar.gz'), 'utf8');

test.each([
  ['an ETag', { date: false }],
  ['Last-Modified', { etag: false }],
  ['both', {}],
])('by %s what did not change is not fetched again', async (_, validators) => {
  Object.assign(world, validators);
  const kept = temporaryFolder();
  const first = await keptIndex(url, 'x86_64', kept);
  expect(await keptIndex(url, 'x86_64', kept)).toBe(first);
  world.content = 'three';
  const changed = await keptIndex(url, 'x86_64', kept);
  expect([statuses(), contentOf(first), contentOf(changed)]).toEqual([[200, 304, 200], 'one', 'three']);
  expect(await keptIndex(url, 'x86_64', kept)).toBe(changed);
  expect(seen.at(-1)).toBe('304 /os/x86_64/APKINDEX.tar.gz');
});

test('a server without either sends it each time; equal content is one folder', async () => {
  Object.assign(world, { etag: false, date: false });
  const kept = temporaryFolder();
  expect(await keptIndex(url, 'x86_64', kept)).toBe(await keptIndex(url, 'x86_64', kept));
  expect(statuses()).toEqual([200, 200]);
});

test('architectures are kept apart', async () => {
  const kept = temporaryFolder();
  expect(await keptIndex(url, 'x86_64', kept)).not.toBe(await keptIndex(url, 'aarch64', kept));
  expect(statuses()).toEqual([200, 200]);
});

test('what was spoilt on the disk is fetched whole', async () => {
  const kept = temporaryFolder();
  const folder = await keptIndex(url, 'x86_64', kept);
  writeFileSync(join(folder, 'x86_64/APKINDEX.tar.gz'), 'on');
  expect(contentOf(await keptIndex(url, 'x86_64', kept))).toBe('one');
  expect(statuses()).toEqual([200, 200]);
});

test('a server that fails is the fault of the machine, and what is kept stays', async () => {
  const kept = temporaryFolder();
  const folder = await keptIndex(url, 'x86_64', kept);
  world.status = 503;
  await expect(keptIndex(url, 'x86_64', kept)).rejects.toMatchObject({
    type: 'Infrastructure',
    message: `${url}/x86_64/APKINDEX.tar.gz answered 503`,
  });
  // Not asked for on condition, an answer that it is unchanged is none.
  world.status = 304;
  await expect(keptIndex(url, 'aarch64', kept)).rejects.toMatchObject({ type: 'Infrastructure' });
  world.status = 0;
  expect(await keptIndex(url, 'x86_64', kept)).toBe(folder);
});
