import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** The registry says no, and would say so again: what was sent or asked for is wrong, or not allowed. Not retried. */
export class RegistryRefused extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'RegistryRefused';
  }
}

/** The registry cannot be reached, is at fault, cut the connection, or answered with something else than it names. Tried again. */
export class RegistryUnavailable extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause });
    this.name = 'RegistryUnavailable';
  }
}

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An OCI registry, by the distribution specification 1.1. Throws `RegistryRefused` and `RegistryUnavailable`. */
export interface Registry {
  /** `host[:port]`, as images are named by. */
  readonly host: string;
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Uploads bytes, or a file by its path, in one piece unless the registry has them. What a cut connection left there is not gone on with: the next attempt begins anew. */
  pushBlob(repository: string, digest: string, content: Buffer | string): Promise<void>;
  /** `reference` is a tag or a digest. Returns the digest. */
  pushManifest(repository: string, reference: string, mediaType: string, bytes: Buffer): Promise<string>;
  /** Undefined when there is none. The content is the one that the digest names. */
  readManifest(repository: string, reference: string): Promise<Manifest | undefined>;
}

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
} as const;

const MANIFESTS = [OCI.index, OCI.manifest, 'application/vnd.docker.distribution.manifest.list.v2+json'].join(', ');
const ANSWER_SECONDS = 60;
/** Of a whole upload: a gigabyte on a slow line. */
const UPLOAD_SECONDS = 30 * 60;
const MOST_BYTES = 16 * 1024 * 1024;

type Asked = RequestInit & { readonly seconds?: number };

export function createRegistry(deps: { readonly url: string }): Registry {
  const base = deps.url.replace(/\/+$/, '');

  const ask = async (method: string, url: string, request: Asked = {}): Promise<Response> => {
    const { seconds = ANSWER_SECONDS, ...init } = request;
    const answer = await fetch(url, { ...init, method, signal: AbortSignal.timeout(seconds * 1000) }).catch((error: unknown) => {
      throw new RegistryUnavailable(`${method} ${url}: ${reasonOf(error)}; is the registry up?`, error);
    });
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408)
      throw new RegistryUnavailable(`${method} ${url}: the registry answered ${answer.status}${await said(answer)}`);
    return answer;
  };
  const expectStatus = async (answer: Response, what: string, ...statuses: readonly number[]) => {
    if (statuses.includes(answer.status)) return;
    throw new RegistryRefused(`${what}: the registry answered ${answer.status}${await said(answer)}`);
  };
  const bytesOf = async (answer: Response, url: string): Promise<Buffer> => {
    const bytes = Buffer.from(
      await answer.arrayBuffer().catch((error: unknown) => {
        throw new RegistryUnavailable(`GET ${url}: ${reasonOf(error)}`, error);
      }),
    );
    if (bytes.length > MOST_BYTES) throw new RegistryRefused(`${url} has ${bytes.length} bytes; at most ${MOST_BYTES} are read`);
    return bytes;
  };

  const hasBlob = async (repository: string, digest: string) => {
    const url = `${base}/v2/${repository}/blobs/${digest}`;
    const answer = await ask('HEAD', url);
    if (answer.status === 404) return false;
    await expectStatus(answer, `HEAD ${url}`, 200);
    return true;
  };

  return {
    host: new URL(base).host,
    hasBlob,

    async pushBlob(repository, digest, content) {
      if (await hasBlob(repository, digest)) return;
      const start = `${base}/v2/${repository}/blobs/uploads/`;
      const begun = await ask('POST', start, { headers: { 'content-length': '0' } });
      await expectStatus(begun, `POST ${start}`, 202);
      const location = begun.headers.get('location');
      if (!location) throw new RegistryRefused(`POST ${start}: the registry does not say where to upload (no Location)`);
      const target = new URL(location, start);
      target.searchParams.set('digest', digest);
      const size = typeof content === 'string' ? (await stat(content)).size : content.length;
      const body = typeof content === 'string' ? Readable.toWeb(createReadStream(content)) : new Uint8Array(content);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
      const done = await ask('PUT', target.href, { headers, body, duplex: 'half', seconds: UPLOAD_SECONDS });
      // A session that the registry forgot (404) is begun anew by the next attempt.
      if (done.status === 404) throw new RegistryUnavailable(`PUT ${target.href}: the registry forgot the upload${await said(done)}`);
      await expectStatus(done, `upload of ${digest} to ${repository}`, 201);
    },

    async pushManifest(repository, reference, mediaType, bytes) {
      const url = `${base}/v2/${repository}/manifests/${reference}`;
      const answer = await ask('PUT', url, { headers: { 'content-type': mediaType }, body: new Uint8Array(bytes) });
      await expectStatus(answer, `PUT ${url}`, 201);
      return digestOf(bytes);
    },

    async readManifest(repository, reference) {
      const url = `${base}/v2/${repository}/manifests/${reference}`;
      const answer = await ask('GET', url, { headers: { accept: MANIFESTS } });
      if (answer.status === 404) return undefined;
      await expectStatus(answer, `GET ${url}`, 200);
      const bytes = await bytesOf(answer, url);
      const digest = digestOf(bytes);
      const named = reference.startsWith('sha256:') ? reference : (answer.headers.get('docker-content-digest') ?? digest);
      if (named !== digest) throw new RegistryUnavailable(`GET ${url}: the content has the digest ${digest}, not ${named}`);
      return { digest, mediaType: answer.headers.get('content-type') ?? OCI.manifest, bytes };
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause as Error | undefined)?.message || message;
}

/** What the registry says of its own answer: the messages of its error body, in one line. */
async function said(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => '');
  const messages = [...text.matchAll(/"message"\s*:\s*"([^"]*)"/g)].map(([, message]) => message);
  const line = (messages.length > 0 ? messages.join('; ') : text).replace(/\s+/g, ' ').trim().slice(0, 300);
  return line === '' ? '' : `: ${line}`;
}
