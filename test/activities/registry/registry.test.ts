import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRegistry, OCI, RegistryRefused, RegistryUnavailable } from '../../../src/activities/registry/registry';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

/** What a registry may answer that a good one does not. The good one is in test/e2e/image.test.ts. */
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});
afterAll(removeTemporaryFolders);

async function registry(listener: RequestListener) {
  const server = createServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return createRegistry({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const BLOB = digestOf('blob');

test.each([
  ['500', 500, RegistryUnavailable],
  ['too many requests', 429, RegistryUnavailable],
  ['not allowed', 401, RegistryRefused],
  ['no such thing', 400, RegistryRefused],
])('%s is told apart by whether trying again may help', async (_, status, kind) => {
  const { hasBlob, pushManifest } = await registry((__, response) =>
    response.writeHead(status).end('{"errors":[{"code":"X","message":"no, really"}]}'),
  );
  await expect(hasBlob('demo/x', BLOB)).rejects.toThrow(kind);
  const pushing = pushManifest('demo/x', 'latest', OCI.index, Buffer.from('{}'));
  await expect(pushing).rejects.toThrow(kind);
  await expect(pushing).rejects.toThrow(new RegExp(`/v2/demo/x/manifests/latest.*${status}: no, really`));
});

test('one that is not there is tried again, and named', async () => {
  const { hasBlob } = createRegistry({ url: 'http://127.0.0.1:9' });
  await expect(hasBlob('demo/x', BLOB)).rejects.toThrow(/HEAD http:\/\/127\.0\.0\.1:9\/v2\/demo\/x\/blobs\/sha256:.*is the registry up\?/);
});

test('a blob that is there is not uploaded; else it goes to where the registry says, a relative place too', async () => {
  const asked: string[] = [];
  const file = join(temporaryFolder(), 'blob');
  writeFileSync(file, 'blob');
  const there = await registry((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200).end();
  });
  await there.pushBlob('demo/x', BLOB, file);
  expect(asked.splice(0)).toEqual([`HEAD /v2/demo/x/blobs/${BLOB}`]);

  const received: string[] = [];
  const empty = await registry((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.method === 'POST') return response.writeHead(202, { location: '/upload/7?state=a' }).end();
    if (request.method === 'HEAD') return response.writeHead(404).end();
    request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
    return request.on('end', () => response.writeHead(201).end());
  });
  await empty.pushBlob('demo/x', BLOB, file);
  await empty.pushBlob('demo/x', BLOB, Buffer.from('blob'));
  expect(received).toEqual(['blob', 'blob']);
  expect(asked.slice(0, 3)).toEqual([
    `HEAD /v2/demo/x/blobs/${BLOB}`,
    'POST /v2/demo/x/blobs/uploads/',
    `PUT /upload/7?state=a&digest=${encodeURIComponent(BLOB)}`,
  ]);
});

test('an upload that the registry forgot is begun anew, one that it will not take is refused', async () => {
  const answering = (status: number) =>
    registry((request, response) => {
      if (request.method === 'POST') return response.writeHead(202, { location: '/upload/7' }).end();
      if (request.method === 'HEAD') return response.writeHead(404).end();
      return response.writeHead(status).end();
    });
  await expect((await answering(404)).pushBlob('demo/x', BLOB, Buffer.from('blob'))).rejects.toThrow(RegistryUnavailable);
  await expect((await answering(400)).pushBlob('demo/x', BLOB, Buffer.from('blob'))).rejects.toThrow(RegistryRefused);
});

test('a manifest is the one that its digest names', async () => {
  const content = '{"schemaVersion":2}';
  const reading = await registry((request, response) => {
    if (request.url!.endsWith('/gone')) return response.writeHead(404).end();
    const named = request.url!.endsWith('/lying') ? BLOB : digestOf(content);
    return response.writeHead(200, { 'content-type': OCI.index, 'docker-content-digest': named }).end(content);
  });
  expect(await reading.readManifest('demo/x', 'gone')).toBeUndefined();
  expect(await reading.readManifest('demo/x', 'latest')).toMatchObject({ digest: digestOf(content), mediaType: OCI.index });
  expect(await reading.readManifest('demo/x', digestOf(content))).toMatchObject({ digest: digestOf(content) });
  await expect(reading.readManifest('demo/x', 'lying')).rejects.toThrow(RegistryUnavailable);
  await expect(reading.readManifest('demo/x', BLOB)).rejects.toThrow(/the content has the digest/);
});
