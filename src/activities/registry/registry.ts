import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { createAuthorization } from './authorization';
import { CREDENTIALS_REMEDY } from './credentials';
import type { CredentialSource } from './credentials';
import { RegistryRefused, RegistryUnavailable } from './errors';

export { RegistryRefused, RegistryUnavailable } from './errors';

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What refers to a digest by its `subject`. A registry of the distribution specification 1.1 keeps that list itself; for others whoever pushes keeps it, in the tag `sha256-…`. */
export interface Referrers {
  readonly kept: 'by the registry' | 'in a tag';
  readonly manifests: readonly Descriptor[];
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
  readReferrers(repository: string, digest: string): Promise<Referrers>;
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

/** The body is made for every attempt: a stream is read once. */
type Asked = Omit<RequestInit, 'body' | 'headers'> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => NonNullable<RequestInit['body']>;
  readonly seconds?: number;
  /** The repository that the request is about. */
  readonly repository: string;
};

/** `credentials` are asked for only when the registry asks, each time anew. */
export function createRegistry(deps: { readonly url: string; readonly credentials?: CredentialSource }): Registry {
  const base = deps.url.replace(/\/+$/, '');
  const authorization = createAuthorization({ base, credentials: deps.credentials ?? (() => Promise.resolve(undefined)) });

  const send = async (method: string, url: string, request: Asked, authorized: string | undefined): Promise<Response> => {
    const { seconds = ANSWER_SECONDS, body, headers, repository: _, ...init } = request;
    const signal = AbortSignal.timeout(seconds * 1000);
    const sent = { ...headers, ...(authorized === undefined ? {} : { authorization: authorized }) };
    return await fetch(url, { ...init, method, headers: sent, ...(body ? { body: body() } : {}), signal }).catch((error: unknown) => {
      throw new RegistryUnavailable(`${method} ${shown(url)}: ${reasonOf(error)}; is the registry up?`, error);
    });
  };
  const ask = async (method: string, url: string, request: Asked): Promise<Response> => {
    // An upload may be sent elsewhere: who that is has no claim to what the registry is told.
    const own = new URL(url).origin === new URL(base).origin;
    let answer = await send(method, url, request, own ? authorization.known(request.repository) : undefined);
    if (answer.status === 401 && own) {
      const authorized = await authorization.answer(answer.headers.get('www-authenticate') ?? '', request.repository);
      if (authorized !== undefined) {
        await answer.body?.cancel();
        answer = await send(method, url, request, authorized);
      }
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408)
      throw new RegistryUnavailable(`${method} ${shown(url)}: the registry answered ${answer.status}${await said(answer)}`);
    return answer;
  };
  const expectStatus = async (answer: Response, what: string, ...statuses: readonly number[]) => {
    if (statuses.includes(answer.status)) return;
    const remedy = answer.status === 401 || answer.status === 403 ? `; ${CREDENTIALS_REMEDY}` : '';
    throw new RegistryRefused(`${what}: the registry answered ${answer.status}${await said(answer)}${remedy}`);
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
    const answer = await ask('HEAD', url, { repository });
    if (answer.status === 404) return false;
    await expectStatus(answer, `HEAD ${url}`, 200);
    return true;
  };

  const readManifest: Registry['readManifest'] = async (repository, reference) => {
    const url = `${base}/v2/${repository}/manifests/${reference}`;
    const answer = await ask('GET', url, { repository, headers: { accept: MANIFESTS } });
    if (answer.status === 404) return undefined;
    await expectStatus(answer, `GET ${url}`, 200);
    const bytes = await bytesOf(answer, url);
    const digest = digestOf(bytes);
    const named = reference.startsWith('sha256:') ? reference : (answer.headers.get('docker-content-digest') ?? digest);
    if (named !== digest) throw new RegistryUnavailable(`GET ${url}: the content has the digest ${digest}, not ${named}`);
    return { digest, mediaType: answer.headers.get('content-type') ?? OCI.manifest, bytes };
  };

  return {
    host: new URL(base).host,
    hasBlob,
    readManifest,

    async pushBlob(repository, digest, content) {
      if (await hasBlob(repository, digest)) return;
      const start = `${base}/v2/${repository}/blobs/uploads/`;
      const begun = await ask('POST', start, { repository, headers: { 'content-length': '0' } });
      await expectStatus(begun, `POST ${start}`, 202);
      const location = begun.headers.get('location');
      if (!location) throw new RegistryRefused(`POST ${start}: the registry does not say where to upload (no Location)`);
      const target = new URL(location, start);
      target.searchParams.set('digest', digest);
      const size = typeof content === 'string' ? (await stat(content)).size : content.length;
      const body = () => (typeof content === 'string' ? Readable.toWeb(createReadStream(content)) : new Uint8Array(content));
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
      const done = await ask('PUT', target.href, { repository, headers, body, duplex: 'half', seconds: UPLOAD_SECONDS });
      // A session that the registry forgot (404) is begun anew by the next attempt.
      if (done.status === 404)
        throw new RegistryUnavailable(`PUT ${shown(target.href)}: the registry forgot the upload${await said(done)}`);
      await expectStatus(done, `upload of ${digest} to ${repository}`, 201);
    },

    async pushManifest(repository, reference, mediaType, bytes) {
      const url = `${base}/v2/${repository}/manifests/${reference}`;
      const answer = await ask('PUT', url, { repository, headers: { 'content-type': mediaType }, body: () => new Uint8Array(bytes) });
      await expectStatus(answer, `PUT ${url}`, 201);
      return digestOf(bytes);
    },

    async readReferrers(repository, digest) {
      const url = `${base}/v2/${repository}/referrers/${digest}`;
      const answer = await ask('GET', url, { repository, headers: { accept: OCI.index } });
      if (answer.status === 200 && answer.headers.get('content-type')?.startsWith(OCI.index))
        return { kept: 'by the registry', manifests: manifestsOf(await bytesOf(answer, url), url) };
      await answer.body?.cancel();
      const tag = await readManifest(repository, digest.replace(':', '-'));
      return { kept: 'in a tag', manifests: tag ? manifestsOf(tag.bytes, `${repository}:${digest.replace(':', '-')}`) : [] };
    },
  };
}

const REFERRERS = z.object({
  manifests: z.array(
    z.looseObject({
      mediaType: z.string(),
      digest: z.string(),
      size: z.int(),
      artifactType: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

function manifestsOf(bytes: Buffer, where: string): readonly Descriptor[] {
  try {
    return REFERRERS.parse(JSON.parse(bytes.toString('utf8'))).manifests as readonly Descriptor[];
  } catch (error) {
    throw new RegistryRefused(`${where} is no list of what refers to a digest: ${(error as Error).message}; delete it in the registry`);
  }
}

/** Without what stands after the question mark: of an upload that may be a secret. */
function shown(url: string): string {
  return url.replace(/\?.*$/, '');
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
