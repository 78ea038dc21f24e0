import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * A registry in memory by the distribution specification 1.1 with its list of referrers, which Debian's docker-registry has not. `before` sees every request first and answers those for
 * which it returns true.
 */
export async function memoryRegistry(before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false) {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { readonly type: string; readonly content: Buffer }>();
  const asked: string[] = [];
  const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, 'http://registry');
    const [, repository, kind, name] = /^\/v2\/(.+)\/(blobs|manifests|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const end = (status: number, headers: Record<string, string> = {}, body: Buffer | string = '') =>
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(request.method === 'HEAD' ? '' : body);
    const content = await buffer(request);
    if (repository === undefined) return end(200);
    if (kind === 'blobs' && request.method === 'POST') return end(202, { location: `/v2/${repository}/blobs/uploads/1` });
    if (kind === 'blobs' && request.method === 'PUT') {
      const digest = url.searchParams.get('digest')!;
      if (digestOf(content) !== digest) return end(400, {}, '{"errors":[{"message":"digest does not match"}]}');
      blobs.set(digest, content);
      return end(201, { 'docker-content-digest': digest });
    }
    if (kind === 'blobs') {
      const blob = blobs.get(name!);
      return blob ? end(200, {}, blob) : end(404);
    }
    if (kind === 'referrers') {
      const list = [...manifests].filter(([key]) => key.startsWith(`${repository}@`)).map(([, manifest]) => manifest);
      const referring = list.flatMap(({ type, content: bytes }) => {
        const manifest = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string; annotations?: object };
        const { subject, artifactType, annotations } = manifest;
        return subject?.digest === name
          ? [{ mediaType: type, digest: digestOf(bytes), size: bytes.length, artifactType, annotations }]
          : [];
      });
      const type = 'application/vnd.oci.image.index.v1+json';
      return end(200, { 'content-type': type }, JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: referring }));
    }
    if (request.method === 'DELETE') {
      for (const [key, manifest] of manifests) if (digestOf(manifest.content) === name) manifests.delete(key);
      return end(202);
    }
    const digest = digestOf(content);
    if (request.method === 'PUT') {
      const manifest = { type: request.headers['content-type']!, content };
      manifests.set(`${repository}@${digest}`, manifest);
      if (name !== digest) manifests.set(`${repository}:${name}`, manifest);
      return end(201, { 'docker-content-digest': digest, 'oci-subject': 'kept' });
    }
    const found = manifests.get(`${repository}${name!.startsWith('sha256:') ? '@' : ':'}${name}`);
    return found ? end(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.content) }, found.content) : end(404);
  };

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!before(request, response)) void respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    blobs,
    manifests,
    /** `GET /v2/…`, in their order. */
    asked,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
