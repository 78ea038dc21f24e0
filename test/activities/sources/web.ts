import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Web {
  /** Without a slash at the end. */
  readonly url: string;
  /** What is served; tests replace it. */
  handler: Handler;
  /** Method and path of every request, oldest first. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A web server on a free port of this machine. */
export async function startWeb(handler: Handler = (_, response) => response.writeHead(404).end()): Promise<Web> {
  const server = createServer((request, response) => {
    web.requests.push(`${request.method} ${request.url}`);
    web.handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const web: Web = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handler,
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return web;
}

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<number> {
  const web = await startWeb();
  const port = Number(new URL(web.url).port);
  await web.close();
  return port;
}
