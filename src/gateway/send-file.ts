import { send } from '@fastify/send';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from './refused';

export interface Sent {
  readonly folder: string;
  readonly file: string;
  readonly type: string;
  /** The header `Cache-Control`. */
  readonly cache: string;
}

/** Answers with a file; ranges and conditions as HTTP has them. Throws `Refused` where it is not there. `Last-Modified` is left out: two generations may come within its one second. */
export async function sendFile(request: FastifyRequest, reply: FastifyReply, sent: Sent): Promise<FastifyReply> {
  const found = await send(request.raw, sent.file, {
    root: sent.folder,
    index: false,
    dotfiles: 'deny',
    cacheControl: false,
    contentType: false,
    lastModified: false,
  });
  reply.header('x-content-type-options', 'nosniff');
  if (found.type !== 'file') {
    const range = found.headers['Content-Range'];
    if (range) reply.header('content-range', range);
    throw new Refused(
      found.statusCode,
      found.statusCode === 404 ? `there is no ${sent.file} yet` : 'the conditions of the request are not met',
    );
  }
  return reply.code(found.statusCode).headers(found.headers).header('cache-control', sent.cache).type(sent.type).send(found.stream);
}
