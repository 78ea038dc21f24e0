import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/**
 * Why a GET gave no content. `unreachable` may pass by itself (network, 429, 5xx), `missing` is 404 or 410, `refused` is an answer that we do not follow (a redirect to another protocol, or too many).
 */
export class HttpProblem extends Error {
  constructor(
    readonly kind: 'unreachable' | 'missing' | 'refused',
    message: string,
    /** What `Retry-After` asked for. */
    readonly retryAfterMilliseconds?: number,
  ) {
    super(message);
    this.name = 'HttpProblem';
  }
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Longest silence of the server. */
  readonly idleSeconds: number;
}

export interface Answer {
  /** 200 or 304. */
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Where it came from after redirects. */
  readonly url: string;
  /** The body as sent: no content encoding is undone, so that a digest is that of the file. Must be read or closed. Throws `HttpProblem` when it ends early. */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
}

const MOST_REDIRECTS = 5;
const LONGEST_RETRY_AFTER = 60 * 60 * 1000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * GET that follows at most 5 redirects (never from https to http, nor to another protocol) and asks for no content encoding. Throws `HttpProblem`, or the reason of `signal` when it aborts.
 * Node's own `fetch` is not used: it undoes `Content-Encoding`, which some servers put on .tar.gz files.
 */
export async function get(url: string, options: GetOptions): Promise<Answer> {
  let current = parse(url);
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(current, options);
    const status = response.statusCode ?? 0;
    if (status === 200 || (status === 304 && options.headers !== undefined))
      return { status, headers: response.headers, url: current.href, body: read(response, current, options) };
    response.destroy();
    if (!REDIRECTS.has(status) || response.headers.location === undefined) throw refusal(current, status, response.headers['retry-after']);
    if (redirects === MOST_REDIRECTS) throw new HttpProblem('refused', `${shownUrl(url)} redirects more than ${MOST_REDIRECTS} times`);
    const next = parse(response.headers.location, current);
    if (current.protocol === 'https:' && next.protocol !== 'https:')
      throw new HttpProblem('refused', `${shownUrl(current.href)} redirects from https to ${shownUrl(next.href)}`);
    current = next;
  }
}

/** A URL for messages: without password. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '') return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

function parse(url: string, base?: URL): URL {
  if (!URL.canParse(url, base?.href)) throw new HttpProblem('refused', `${url} is not a URL`);
  const parsed = new URL(url, base);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new HttpProblem('refused', `${shownUrl(parsed.href)} is neither http nor https`);
  return parsed;
}

function send(url: URL, options: GetOptions): Promise<IncomingMessage> {
  options.signal?.throwIfAborted();
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = start(url, {
      agent: false,
      headers: { 'user-agent': 'millrace', 'accept-encoding': 'identity', ...options.headers },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    request.setTimeout(options.idleSeconds * 1000, () => request.destroy(new Error(`no answer for ${options.idleSeconds} s`)));
    request.on('response', resolve);
    request.on('error', (error) => reject(lost(error, url, options)));
    request.end();
  });
}

async function* read(response: IncomingMessage, url: URL, options: GetOptions): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw lost(error, url, options);
  } finally {
    response.destroy();
  }
  if (!response.complete) throw lost(new Error('the connection ended early'), url, options);
}

function lost(error: unknown, url: URL, options: GetOptions): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  const { message, code } = error as NodeJS.ErrnoException;
  return new HttpProblem('unreachable', `${shownUrl(url.href)}: ${message || code || 'connection failed'}`);
}

function refusal(url: URL, status: number, retryAfter: string | undefined): HttpProblem {
  const message = `${shownUrl(url.href)} answers ${status}`;
  if (status === 404 || status === 410) return new HttpProblem('missing', message);
  return new HttpProblem('unreachable', message, retryAfter === undefined ? undefined : delayOf(retryAfter));
}

/** `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3); at most an hour is believed. */
function delayOf(retryAfter: string): number | undefined {
  const milliseconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  if (!(milliseconds > 0)) return undefined;
  return Math.min(milliseconds, LONGEST_RETRY_AFTER);
}
