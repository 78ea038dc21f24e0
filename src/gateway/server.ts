import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Config } from '../config/config';
import { isLocalRepository } from '../config/load';
import { didYouMean } from '../config/nearest';
import { serveFeeds } from './feeds';
import { genericHint, pushHints, tagHint, type Hinted } from './hints';
import { servePages, type PagesDeps } from './pages';
import { createPayload, genericPayload, pushPayload, releasePayload } from './payloads';
import { Refused } from './refused';
import { serveRepository, type RepositoryDeps } from './repository';
import { isBearer, isSigned } from './signature';
import { repositoryOf, type SpecIndex } from './spec-index';

export interface GatewayDeps {
  readonly config: Pick<Config, 'specs'>;
  readonly specs: () => Promise<SpecIndex>;
  /** The live secrets, read for each request: a rotation needs no restart. */
  readonly secrets: () => Promise<readonly string[]>;
  /** Brings a hint to its package; rejects when Temporal does not take it. */
  readonly send: (hinted: Hinted) => Promise<void>;
  /** Whether Temporal answers. */
  readonly healthy: () => Promise<boolean>;
  readonly repository: RepositoryDeps;
  readonly pages: Omit<PagesDeps, 'clock'>;
  readonly clock: () => Date;
  readonly log: (line: string) => void;
}

const MEBIBYTE = 2 ** 20;
const GITHUB_BODY_BYTES = 5 * MEBIBYTE;
/** A sender is answered within a second; hints that are still under way then go on. */
const ANSWER_MILLISECONDS = 900;

/** The HTTP edge: webhooks in; the published repository and pages for people out. Nothing reaches a workflow that was not signed and checked. */
export function createGateway(deps: GatewayDeps): FastifyInstance {
  const server = Fastify({ bodyLimit: MEBIBYTE, requestTimeout: 10_000, connectionTimeout: 15_000, forceCloseConnections: true });
  // Signatures are over the bytes as they were sent, so nothing parses them before.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    deps.log(`${request.method} ${request.url} ${status}: ${error.message}`);
    return reply.code(status).send({ error: explained(error, status) });
  });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: `there is no ${request.method} ${request.url.slice(0, 200)}: GET /, GET /packages, GET /images, GET /advisories, GET /repository/<architecture>/APKINDEX.tar.gz, GET /repository/security.json, GET /repository/osv/all.json, POST /webhooks/github, POST /webhooks/generic, GET /healthz`,
    }),
  );

  server.get('/healthz', async (_request, reply) => {
    const temporal = await deps.healthy();
    return reply.code(temporal ? 200 : 503).send({ status: temporal ? 'ok' : 'no Temporal server answers' });
  });

  server.post('/webhooks/github', { bodyLimit: GITHUB_BODY_BYTES }, async (request, reply) => {
    const body = bodyOf(request);
    if (!isSigned(body, header(request, 'x-hub-signature-256'), await liveSecrets(deps))) {
      throw new Refused(
        401,
        'X-Hub-Signature-256 is missing or not the HMAC-SHA256 of the body: set the same secret in GitHub and in <state>/secrets/webhook',
      );
    }
    const event = header(request, 'x-github-event') ?? '';
    const outcome = await githubHints(deps, event, json(body));
    return answer(deps, reply, outcome);
  });

  server.post('/webhooks/generic', async (request, reply) => {
    const body = bodyOf(request);
    const secrets = await liveSecrets(deps);
    if (!isSigned(body, header(request, 'x-millrace-signature'), secrets) && !isBearer(header(request, 'authorization'), secrets)) {
      throw new Refused(
        401,
        'neither X-Millrace-Signature (sha256=<HMAC-SHA256 of the body>) nor Authorization (Bearer <secret>) fits the secret in <state>/secrets/webhook',
      );
    }
    const payload = checked(genericPayload, json(body));
    const { packages } = await deps.specs();
    if (!packages.has(payload.package)) {
      const near = didYouMean(payload.package, [...packages]);
      throw new Refused(404, `there is no package ${payload.package} in the spec repository${near ? `: ${near}` : ''}`);
    }
    return answer(deps, reply, { hints: [genericHint(payload, deps.clock().toISOString())], ignored: [] });
  });
  serveRepository(server, deps.repository);
  serveFeeds(server, deps.repository.root);
  servePages(server, { ...deps.pages, clock: deps.clock });
  return server;
}

interface Outcome {
  readonly hints: readonly Hinted[];
  /** Why what was sent is no hint. */
  readonly ignored: readonly string[];
}

async function githubHints(deps: GatewayDeps, event: string, payload: unknown): Promise<Outcome> {
  const now = deps.clock().toISOString();
  if (event === 'ping') return { hints: [], ignored: ['ping: the webhook works'] };
  if (event === 'release') {
    const { action, release, repository } = checked(releasePayload, payload);
    if (action !== 'published' || release.draft) return { hints: [], ignored: [`release ${action}: only published ones count`] };
    const at = release.published_at ? new Date(release.published_at).toISOString() : now;
    return upstreamHints(deps, repository.full_name, release.tag_name, { at, ...(release.html_url ? { link: release.html_url } : {}) });
  }
  if (event === 'create') {
    const { ref, ref_type, repository } = checked(createPayload, payload);
    if (ref_type !== 'tag') return { hints: [], ignored: ['a branch was created: only tags count'] };
    return upstreamHints(deps, repository.full_name, ref, { at: now, ...(repository.html_url ? { link: repository.html_url } : {}) });
  }
  if (event === 'push') {
    const push = checked(pushPayload, payload);
    const { repository, branch, directory } = deps.config.specs;
    const expected = isLocalRepository(repository) ? undefined : repositoryOf(repository);
    if (expected !== undefined && expected !== push.repository.full_name.toLowerCase())
      return { hints: [], ignored: [`${push.repository.full_name} is not the spec repository`] };
    if (push.ref !== `refs/heads/${branch}` || push.deleted) return { hints: [], ignored: [`${push.ref}: only pushes to ${branch} count`] };
    const hints = pushHints(push, directory, now);
    return { hints, ignored: hints.length === 0 ? [`no file below ${directory}/ changed`] : [] };
  }
  return {
    hints: [],
    ignored: [`event ${event.slice(0, 50) || '(X-GitHub-Event is missing)'}: release, create, push and ping are listened to`],
  };
}

async function upstreamHints(
  deps: GatewayDeps,
  repository: string,
  tag: string,
  seen: { readonly at: string; readonly link?: string },
): Promise<Outcome> {
  const specs = (await deps.specs()).byRepository.get(repository.toLowerCase()) ?? [];
  if (specs.length === 0) throw new Refused(404, `no spec takes its releases from the GitHub repository ${repository}`);
  const found = specs.map((spec) => tagHint(spec, tag, seen));
  return { hints: found.filter((one) => 'hint' in one), ignored: found.flatMap((one) => ('ignored' in one ? [one.ignored] : [])) };
}

async function answer(deps: GatewayDeps, reply: FastifyReply, { hints, ignored }: Outcome): Promise<FastifyReply> {
  let failed: unknown;
  const sent = Promise.all(
    hints.map((hinted) =>
      deps.send(hinted).then(
        () => deps.log(`hint ${hinted.hint.id}`),
        (error: unknown) => {
          failed = error;
          deps.log(`hint ${hinted.hint.id} was not taken: ${String(error)}`);
        },
      ),
    ),
  );
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([sent, new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_MILLISECONDS)))]);
  clearTimeout(timer);
  if (failed !== undefined) throw new Refused(503, 'the factory does not answer: send it again');
  return reply.code(202).send({ hinted: hints.map(({ package: name, hint }) => ({ package: name, cause: hint.cause.id })), ignored });
}

async function liveSecrets(deps: GatewayDeps): Promise<readonly string[]> {
  const secrets = await deps.secrets();
  if (secrets.length === 0) throw new Refused(503, 'there is no webhook secret: `millrace up` makes one, or set MILLRACE_WEBHOOK_SECRET');
  return secrets;
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Refused(400, `the body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`);
  throw new Refused(400, `the payload is not as expected: ${problems.join('; ')}`);
}

function explained(error: Error & { code?: string }, status: number): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'the body is too large';
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'send application/json (in GitHub: the content type of the webhook)';
  if (error instanceof Refused || status < 500) return error.message;
  return 'internal error: the log of the gateway tells more';
}
