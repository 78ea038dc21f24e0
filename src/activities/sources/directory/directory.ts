import type { Candidate } from '../../../domain/update/candidate';
import type { Store } from '../../store/store';
import { lasting, passing } from '../failures';
import { get, HttpProblem, shownUrl } from '../http';
import { recallAnswer, rememberAnswer } from '../last-answer';
import type { UpstreamSource } from '../source';
import { filesOf } from './listing';
import type { ListedFile } from './listing';

const MOST_BYTES = 8 * 1024 * 1024;

/** RFC 9110, 8.8.2.2: a file changed twice within the resolution of `Last-Modified` keeps it. */
const SETTLED_MILLISECONDS = 60_000;

interface LastListing {
  readonly url: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Only those that some rule asked for would not do: one listing serves several packages. */
  readonly files: readonly ListedFile[];
}

/** Reads the HTML listing of a folder on a web server: a candidate is what stands between `before` and `after` in a file's name. Asks conditionally (ETag, Last-Modified). */
export function createDirectorySource(deps: { readonly store: Store; readonly timeoutSeconds: number }): UpstreamSource<'directory'> {
  const listing = async (url: string): Promise<{ readonly files: readonly ListedFile[]; readonly unchanged: boolean }> => {
    const key = { kind: 'directory', address: url };
    const last = await recallAnswer<LastListing>(deps.store, key);
    const signal = AbortSignal.timeout(deps.timeoutSeconds * 1000);
    const answer = await get(url, { headers: conditions(last), idleSeconds: deps.timeoutSeconds, signal });
    if (answer.status === 304 && last !== undefined) {
      await answer.body.return();
      return { files: last.files, unchanged: true };
    }
    const files = filesOf(await text(answer.body, url), answer.url);
    if (files.length === 0)
      throw lasting('UpstreamMalformed', `${shownUrl(url)} links to no file: it must be an HTML listing; look whether upstream moved it`);
    const current: LastListing = { url, ...validators(answer.headers), files };
    await rememberAnswer(deps.store, key, last, current);
    return { files, unchanged: last !== undefined && sameFiles(last.files, files) };
  };

  return {
    kind: 'directory',
    async candidates({ url, before, after }) {
      try {
        const { files, unchanged } = await listing(url);
        return { candidates: candidatesAmong(files, before, after), unchanged };
      } catch (error) {
        throw failureOf(error, url, deps.timeoutSeconds);
      }
    },
  };
}

function candidatesAmong(files: readonly ListedFile[], before: string, after: string): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { name, url } of files) {
    if (name.length <= before.length + after.length || !name.startsWith(before) || !name.endsWith(after)) continue;
    const version = name.slice(before.length, name.length - after.length);
    if (!found.has(version)) found.set(version, { name: version, link: url });
  }
  return [...found.values()];
}

function conditions(last: LastListing | undefined): Record<string, string> {
  return {
    accept: 'text/html',
    ...(last?.etag === undefined ? {} : { 'if-none-match': last.etag }),
    ...(last?.lastModified === undefined ? {} : { 'if-modified-since': last.lastModified }),
  };
}

function validators(headers: Readonly<Record<string, string | string[] | undefined>>): Pick<LastListing, 'etag' | 'lastModified'> {
  const { etag, date } = headers;
  const lastModified = headers['last-modified'];
  const settled =
    typeof lastModified === 'string' && typeof date === 'string' && Date.parse(date) - Date.parse(lastModified) >= SETTLED_MILLISECONDS;
  return { ...(typeof etag === 'string' ? { etag } : {}), ...(settled ? { lastModified } : {}) };
}

async function text(body: AsyncIterable<Buffer>, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw lasting('UpstreamMalformed', `the listing ${shownUrl(url)} is larger than ${MOST_BYTES} bytes; name a folder with fewer files`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sameFiles(a: readonly ListedFile[], b: readonly ListedFile[]): boolean {
  return a.length === b.length && a.every((file, index) => file.url === b[index]?.url);
}

function failureOf(error: unknown, url: string, timeoutSeconds: number): unknown {
  if ((error as Error | undefined)?.name === 'TimeoutError')
    return passing('UpstreamUnreachable', `${shownUrl(url)} did not answer within ${timeoutSeconds} s`);
  if (!(error instanceof HttpProblem)) return error;
  if (error.kind === 'missing')
    return lasting('UpstreamGone', `${error.message}: upstream's listing is gone; write its new place into the spec`);
  if (error.kind === 'refused')
    return lasting('UpstreamMalformed', `${error.message}; write an address that answers directly into the spec`);
  return passing('UpstreamUnreachable', error.message, error.retryAfterMilliseconds);
}
