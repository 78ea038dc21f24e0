import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX } from '../repository/layout';
import { removeOlder } from '../store/leftovers';
import { request } from './request';

/** How the server called the content that was fetched last. */
interface Known {
  /** SHA-256 of the content, hex. */
  readonly content: string;
  readonly etag?: string;
  readonly lastModified?: string;
}

const UNUSED_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;
const NEWEST = 'newest.json';

/**
 * The index of a remote repository as it is now, in a folder that apko takes as a repository: `<folder>/<architecture>/APKINDEX.tar.gz`. What was fetched is kept below `kept` by its content, and fetched
 * again only if the server, asked with ETag and Last-Modified of then, says that it changed (RFC 9110, 13.1). A folder does not change any more, and goes when it was not used for a week.
 * Throws the retryable `Infrastructure`.
 */
export async function keptIndex(repository: string, architecture: string, kept: string): Promise<string> {
  const url = `${repository}/${architecture}/${INDEX}`;
  const home = join(kept, sha256(url).slice(0, 16));
  const known = await readKnown(home, architecture);
  const answer = await request(url, {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  });
  if (known && answer.status === 304) {
    const folder = join(home, known.content);
    await utimes(folder, new Date(), new Date());
    return folder;
  }
  const bytes = Buffer.from(await answer.arrayBuffer());
  const content = sha256(bytes);
  const folder = join(home, content);
  await mkdir(home, { recursive: true });
  await removeOlder(home, UNUSED_MILLISECONDS);
  await mkdir(join(folder, architecture), { recursive: true });
  await replace(join(folder, architecture, INDEX), bytes);
  const [etag, lastModified] = [answer.headers.get('etag'), answer.headers.get('last-modified')];
  const next: Known = { content, ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) };
  await replace(join(home, NEWEST), JSON.stringify(next));
  return folder;
}

/** Undefined where nothing is kept, or not what it should be. */
async function readKnown(home: string, architecture: string): Promise<Known | undefined> {
  try {
    const known = JSON.parse(await readFile(join(home, NEWEST), 'utf8')) as Known;
    return sha256(await readFile(join(home, known.content, architecture, INDEX))) === known.content ? known : undefined;
  } catch {
    return undefined;
  }
}

/** Several processes may do it at once: each sees the old file or a whole new one. */
async function replace(file: string, content: Uint8Array | string): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  try {
    await writeFile(partial, content);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
