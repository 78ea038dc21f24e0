import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, normalize } from 'node:path';

export interface UpstreamServer {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  /** Makes a file of `releases` appear in the folder of its name, as an upstream does with a release. */
  release(name: string, file: string): Promise<void>;
  /** Requests that were answered with content (not 304), by path. */
  readonly served: readonly string[];
  close(): Promise<void>;
}

/** Serves a folder as an upstream's download site on 127.0.0.1: directory listings and files, both with ETag and Last-Modified. Port 0 takes a free one. */
export async function startUpstreamServer(options: { readonly folder: string; readonly port?: number }): Promise<UpstreamServer> {
  const { folder, port = 0 } = options;
  await mkdir(folder, { recursive: true });
  const served: string[] = [];
  const server = createServer((request, response) => {
    answer(folder, request, response, served).catch((error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
      response.writeHead(missing ? 404 : 500, { 'content-type': 'text/plain' }).end(missing ? 'not found\n' : 'error\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    async release(name, file) {
      const directory = join(folder, name);
      const target = join(directory, basename(file));
      await mkdir(directory, { recursive: true });
      await copyFile(file, `${target}.partial`);
      // The date of the release is now: listings show it and conditional requests compare it.
      await utimes(`${target}.partial`, new Date(), new Date());
      await rename(`${target}.partial`, target);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse, served: string[]): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  // normalize of an absolute path cannot climb above its root.
  const path = normalize(`/${decodeURIComponent(new URL(request.url ?? '/', 'http://upstream.invalid').pathname)}`);
  const file = join(folder, path);
  const status = await stat(file);
  if (status.isDirectory() && !path.endsWith('/')) {
    response.writeHead(301, { location: `${path}/` }).end();
    return;
  }
  const listing = status.isDirectory() ? await directoryListing(file, path) : undefined;
  const etag = listing
    ? `"${createHash('sha256').update(listing).digest('hex').slice(0, 16)}"`
    : `"${status.size.toString(16)}-${Math.trunc(status.mtimeMs).toString(16)}"`;
  const headers = { etag, 'last-modified': status.mtime.toUTCString() };
  if (isUnchanged(request, etag, status.mtime)) {
    response.writeHead(304, headers).end();
    return;
  }
  served.push(path);
  if (listing !== undefined) {
    response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(listing) });
    response.end(request.method === 'HEAD' ? undefined : listing);
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': 'application/octet-stream', 'content-length': status.size });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** If-None-Match wins over If-Modified-Since (RFC 9110, 13.2.2). */
function isUnchanged(request: IncomingMessage, etag: string, modified: Date): boolean {
  const tags = request.headers['if-none-match'];
  if (tags !== undefined) return tags === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Math.trunc(modified.getTime() / 1000) * 1000 <= since;
}

async function directoryListing(folder: string, path: string): Promise<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith('.') && !name.endsWith('.partial'),
  );
  const rows = await Promise.all(
    entries
      .map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, file: join(folder, entry.name) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(async ({ name, file }) => {
        const { mtime, size } = await stat(file);
        return `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>  ${mtime.toISOString().slice(0, 16).replace('T', ' ')}  ${size}`;
      }),
  );
  const title = `Index of ${escapeHtml(path)}`;
  return `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><pre>\n<a href="../">../</a>\n${rows.join('\n')}\n</pre></body></html>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
