import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectorySource } from '../../../../src/activities/sources/directory/directory';
import { createFolderStore } from '../../../../src/activities/store/folder-store';
import { describeUpstreamSource } from '../conformance';
import { closedPort, startWeb } from '../web';
import type { Handler, Web } from '../web';

const page = (files: readonly string[]) => `<html><body>${files.map((file) => `<a href="${file}">${file}</a>`).join('\n')}</body></html>`;
const html = (body: string, headers: Record<string, string> = {}): Handler => {
  return (_, response) => response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
};

describeUpstreamSource('directory', createDirectorySource, async () => {
  const files: string[] = [];
  const web = await startWeb((request, response) => {
    if (request.url === '/zlib/') {
      const body = page(['../', ...files, 'README', 'zlib-current.tar.xz']);
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
      return html(body, { etag })(request, response);
    }
    if (request.url === '/busy/') return response.writeHead(503, { 'retry-after': '7' }).end();
    if (request.url === '/json/') return html('{"files": []}')(request, response);
    return response.writeHead(404).end();
  });
  const at = (url: string) => ({ kind: 'directory' as const, url, before: 'zlib-', after: '.tar.gz' });
  return {
    upstream: at(`${web.url}/zlib/`),
    release: (version) => void files.push(`zlib-${version}.tar.gz`, `zlib-${version}.tar.gz.asc`),
    nameOf: (version) => version,
    unreachable: at(`http://127.0.0.1:${await closedPort()}/`),
    busy: at(`${web.url}/busy/`),
    malformed: at(`${web.url}/json/`),
    gone: at(`${web.url}/old/`),
    close: web.close,
  };
});

describe('a listing', () => {
  let folder: string;
  let web: Web;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-directory-'));
    web = await startWeb();
  });
  afterEach(async () => {
    await web.close();
    rmSync(folder, { recursive: true });
  });

  const source = (timeoutSeconds = 10) => createDirectorySource({ store: createFolderStore(join(folder, 'store')), timeoutSeconds });
  const ask = (before = 'lz4-', after = '.tar.gz', path = '/') =>
    source().candidates({ kind: 'directory', url: `${web.url}${path}`, before, after });

  test('gives each version once, with the address that its link resolves to after a redirect', async () => {
    web.handler = (request, response) => {
      if (request.url === '/') return response.writeHead(301, { location: '/moved/' }).end();
      return html(page(['lz4-1.10.0.tar.gz', './lz4-1.10.0.tar.gz', '/other/lz4-1.9.4.tar.gz?mirror=1#x', 'lz4-.tar.gz', 'LZ4-2.tar.gz']))(
        request,
        response,
      );
    };
    expect((await ask()).candidates).toEqual([
      { name: '1.10.0', link: `${web.url}/moved/lz4-1.10.0.tar.gz` },
      { name: '1.9.4', link: `${web.url}/other/lz4-1.9.4.tar.gz` },
    ]);
  });

  test('serves several packages from one answer', async () => {
    web.handler = html(page(['a-1.tar.gz', 'b-2.tar.gz']), { etag: '"1"' });
    expect((await ask('a-')).candidates).toMatchObject([{ name: '1' }]);
    web.handler = (request, response) => response.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 500).end();
    expect(await ask('b-')).toMatchObject({ candidates: [{ name: '2' }], unchanged: true });
  });

  test('is asked for by Last-Modified only when that is old enough to tell two changes apart', async () => {
    const conditions: (string | undefined)[] = [];
    const modified = new Date(Date.now() - 3_600_000).toUTCString();
    let shown = new Date().toUTCString();
    web.handler = (request, response) => {
      conditions.push(request.headers['if-modified-since']);
      return html(page(['lz4-1.tar.gz']), { 'last-modified': shown })(request, response);
    };
    await ask();
    await ask();
    shown = modified;
    await ask();
    await ask();
    expect(conditions).toEqual([undefined, undefined, undefined, modified]);
  });

  test('tells Temporal when to come back', async () => {
    web.handler = (_, response) => response.writeHead(429, { 'retry-after': '7' }).end();
    await expect(ask()).rejects.toMatchObject({ type: 'UpstreamUnreachable', nextRetryDelay: 7000 });
    web.handler = (_, response) => response.writeHead(503, { 'retry-after': new Date(Date.now() + 120_000).toUTCString() }).end();
    const delay = await ask().catch((failure: { nextRetryDelay: number }) => failure.nextRetryDelay);
    expect(delay).toBeGreaterThan(100_000);
    expect(delay).toBeLessThanOrEqual(120_000);
    web.handler = (_, response) => response.writeHead(503, { 'retry-after': '9999999' }).end();
    await expect(ask()).rejects.toMatchObject({ nextRetryDelay: 3_600_000 });
  });

  test.each<[string, string, Handler]>([
    ['that is larger than 8 MiB', 'UpstreamMalformed', html(page(['lz4-1.tar.gz']) + ' '.repeat(8 * 1024 * 1024))],
    ['that redirects for ever', 'UpstreamMalformed', (_, response) => response.writeHead(302, { location: '/' }).end()],
    [
      'that redirects to another protocol',
      'UpstreamMalformed',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    ],
    [
      'that ends early',
      'UpstreamUnreachable',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('<a', () => response.destroy()),
    ],
  ])('%s throws %s', async (_, type, handler) => {
    web.handler = handler;
    await expect(ask()).rejects.toMatchObject({ type });
  });

  test.each<[string, Handler]>([
    ['says nothing', () => undefined],
    ['never ends', (_, response) => void response.writeHead(200).write('<a href="x">')],
  ])('of a server that %s throws UpstreamUnreachable', async (_, handler) => {
    web.handler = handler;
    await expect(source(0.3).candidates({ kind: 'directory', url: web.url, before: '', after: 'x' })).rejects.toMatchObject({
      type: 'UpstreamUnreachable',
    });
  });

  test('does not show a password', async () => {
    const url = web.url.replace('//', '//user:secret@');
    const failure = await source()
      .candidates({ kind: 'directory', url, before: '', after: '' })
      .catch((error: Error) => error.message);
    expect(failure).toContain('127.0.0.1');
    expect(failure).not.toContain('secret');
  });
});
