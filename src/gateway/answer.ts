import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentOf, PAGE_HEADERS, type Page } from './page/document';

/** What a page shows, for programs and for people. */
export interface Answer {
  readonly status?: number;
  readonly data: unknown;
  readonly page: Page;
}

/** Of JSON: it is data of no site but this one, and nothing runs in it. */
const JSON_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

const SUFFIX = '.json';

/** A name in an address without the ending that asks for JSON. */
export function nameOf(parameter: string): string {
  return parameter.endsWith(SUFFIX) ? parameter.slice(0, -SUFFIX.length) : parameter;
}

/** Whether the reader is a program: the address ends in `.json`, or it accepts JSON and no HTML. */
export function wantsJson(request: Pick<FastifyRequest, 'url' | 'headers'>): boolean {
  if (request.url.split('?', 1)[0]!.endsWith(SUFFIX)) return true;
  const accepted = request.headers.accept ?? '';
  return /\bapplication\/json\b/i.test(accepted) && !/\btext\/html\b/i.test(accepted);
}

/** Answers with the page, or with its data as JSON; with nothing where the reader has just this already (RFC 9110, 13.1.2). */
export function answerWith(request: FastifyRequest, reply: FastifyReply, { status = 200, data, page }: Answer): FastifyReply {
  const json = wantsJson(request);
  const body = json ? `${JSON.stringify(data)}\n` : documentOf(page);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  reply
    .headers(json ? JSON_HEADERS : PAGE_HEADERS)
    .header('etag', tag)
    .header('vary', 'Accept');
  if (status === 200 && has(request.headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.code(status).send(body);
}

function has(condition: string | undefined, tag: string): boolean {
  return condition !== undefined && condition.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
