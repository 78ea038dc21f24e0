import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUpstreamServer, type UpstreamServer } from '../../src/demo/upstream-server';

let upstream: UpstreamServer;
const tarball = join(mkdtempSync(join(tmpdir(), 'millrace-upstream-')), 'zlib-1.3.1.tar.gz');

beforeEach(async () => {
  upstream = await startUpstreamServer({ folder: mkdtempSync(join(tmpdir(), 'millrace-upstream-')) });
  writeFileSync(tarball, 'a release');
});
afterEach(() => upstream.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${upstream.address}${path}`, { headers });

it('lists a release as soon as it appears, and serves it', async () => {
  expect((await get('/zlib/')).status).toBe(404);
  await upstream.release('zlib', tarball);
  expect(await (await get('/zlib/')).text()).toContain('<a href="zlib-1.3.1.tar.gz">zlib-1.3.1.tar.gz</a>');
  expect(await (await get('/zlib')).text()).toContain('zlib-1.3.1.tar.gz');
  expect(await (await get('/zlib/zlib-1.3.1.tar.gz')).text()).toBe('a release');
});

it('answers 304 until something changes', async () => {
  await upstream.release('zlib', tarball);
  const tag = (await get('/zlib/')).headers.get('etag')!;
  const file = (await get('/zlib/zlib-1.3.1.tar.gz')).headers;
  expect((await get('/zlib/', { 'if-none-match': tag })).status).toBe(304);
  expect((await get('/zlib/zlib-1.3.1.tar.gz', { 'if-none-match': `"other", W/${file.get('etag')!}` })).status).toBe(304);
  expect((await get('/zlib/zlib-1.3.1.tar.gz', { 'if-modified-since': file.get('last-modified')! })).status).toBe(304);
  expect(
    (await get('/zlib/zlib-1.3.1.tar.gz', { 'if-none-match': '"other"', 'if-modified-since': file.get('last-modified')! })).status,
  ).toBe(200);
  const before = upstream.served.length;
  writeFileSync(tarball.replace('1.3.1', '1.3.2'), 'another');
  await upstream.release('zlib', tarball.replace('1.3.1', '1.3.2'));
  expect((await get('/zlib/', { 'if-none-match': tag })).status).toBe(200);
  expect(upstream.served.slice(before)).toEqual(['/zlib/']);
});

it('never leaves its folder, and takes no writes', async () => {
  const climb = await new Promise<number>((resolve) => {
    const { port } = new URL(upstream.address);
    request({ port, host: '127.0.0.1', path: '/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd' }, (response) =>
      resolve(response.statusCode ?? 0),
    ).end();
  });
  expect(climb).toBe(404);
  expect((await fetch(`${upstream.address}/zlib/`, { method: 'PUT', body: 'x' })).status).toBe(405);
});

it('says that a port is in use', async () => {
  await expect(startUpstreamServer({ folder: tmpdir(), port: Number(new URL(upstream.address).port) })).rejects.toThrow('EADDRINUSE');
});
