import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import type { Hinted } from '../../src/gateway/hints';
import { createGateway, type GatewayDeps } from '../../src/gateway/server';
import { createSpecIndex } from '../../src/gateway/spec-index';
import { quietEdges } from './edges';
import { createTestRepository, type TestRepository } from '../activities/forge/repository';

const payload = (name: string) => readFileSync(join(__dirname, '../contract/github', `${name}.json`), 'utf8');
const sign = (body: string, secret = 'new') => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const spec = (name: string, update: string, uri = 'https://example.org') => `package:
  name: ${name}
  version: "1.2.13"
  epoch: 0
  description: a package
  copyright:
    - license: Zlib
pipeline:
  - uses: fetch
    with:
      uri: ${uri}/${name}-\${{package.version}}.tar.gz
      expected-sha256: ${'0'.repeat(64)}
update:
  enabled: true
${update}`;

const GITHUB = '  github:\n    identifier: Madler/zlib\n    strip-prefix: v\n';

let repository: TestRepository;
let work: string;
let sent: Hinted[];
let server: FastifyInstance;
let deps: GatewayDeps;

beforeAll(() => {
  repository = createTestRepository({
    'packages/zlib.yaml': spec('zlib', GITHUB),
    'packages/minizip.yaml': spec('minizip', GITHUB.replace('strip-prefix: v', 'tag-filter: mini')),
    'packages/lz4.yaml': spec('lz4', ''),
    'packages/broken.yaml': 'package: [',
  });
  work = mkdtempSync(join(tmpdir(), 'gateway-'));
});
afterAll(() => {
  repository.remove();
  rmSync(work, { recursive: true, force: true });
});

beforeEach(() => {
  sent = [];
  const specs = { repository: repository.bare, branch: 'main', directory: 'packages' };
  deps = {
    config: { specs },
    specs: createSpecIndex(createLocalGitForge({ repository: repository.bare, work, branchPrefix: 'millrace/' }), specs),
    secrets: async () => ['new', 'old'],
    send: async (hinted) => void sent.push(hinted),
    healthy: async () => true,
    clock: () => new Date('2026-01-02T03:04:05Z'),
    log: () => {},
    ...quietEdges(`${work}/quiet`, repository.bare),
  };
  server = createGateway(deps);
});
afterEach(() => server.close());

/** Over a real socket: what a sender sees. */
async function ask(url: string, init?: RequestInit) {
  const { port } = (server.server.address() ?? {}) as { port?: number };
  const address = port ? `http://127.0.0.1:${port}` : await server.listen({ host: '127.0.0.1', port: 0 });
  const answer = await fetch(`${address}${url}`, init);
  return {
    status: answer.status,
    body: (await answer.json()) as { error?: string; status?: string; hinted?: unknown; ignored?: readonly string[] },
  };
}
const post = (url: string, body: string, headers: Readonly<Record<string, string>>) =>
  ask(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
const github = (event: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  post('/webhooks/github', body, { 'x-github-event': event, 'x-hub-signature-256': sign(body), ...headers });
const generic = (value: unknown, headers?: Readonly<Record<string, string>>) => {
  const body = JSON.stringify(value);
  return post('/webhooks/generic', body, headers ?? { 'x-millrace-signature': sign(body) });
};

describe('POST /webhooks/github', () => {
  it('a published release is a hint for the packages whose rules take the tag', async () => {
    expect(await github('release', payload('release-published'))).toEqual({
      status: 202,
      body: { hinted: [{ package: 'zlib', cause: 'upstream:zlib:1.3.1' }], ignored: ['minizip: tag-filter: does not start with "mini"'] },
    });
    expect(sent).toEqual([
      {
        package: 'zlib',
        hint: {
          id: 'webhook:upstream:zlib:1.3.1',
          cause: {
            id: 'upstream:zlib:1.3.1',
            kind: 'upstream-release',
            text: 'zlib 1.3.1 was released',
            at: '2024-01-22T18:32:02.000Z',
            link: 'https://github.com/madler/zlib/releases/tag/v1.3.1',
          },
        },
      },
    ]);
  });

  it('the tag and the release of one version are one hint', async () => {
    await github('release', payload('release-published'));
    await github('create', payload('create-tag'));
    expect(new Set(sent.map(({ hint }) => hint.id))).toEqual(new Set(['webhook:upstream:zlib:1.3.1']));
    expect(sent).toHaveLength(2);
  });

  it('a push to the branch of the specs is a hint for each package it touches', async () => {
    const answer = await github('push', payload('push-main'));
    expect(answer).toMatchObject({
      status: 202,
      body: { hinted: [{ package: 'pigz' }, { package: 'zlib' }, { package: 'zopfli' }], ignored: [] },
    });
    expect(sent[0]).toEqual({
      package: 'pigz',
      hint: {
        id: `webhook:spec:pigz:${'3'.repeat(40)}`,
        cause: {
          id: `spec:pigz:${'3'.repeat(40)}`,
          kind: 'spec-change',
          text: 'ann pushed 333333333333',
          at: '2026-01-02T03:04:05.000Z',
          by: 'ann',
          link: 'https://github.com/octo-linux/specs/compare/012345678901...333333333333',
        },
      },
    });
  });

  it.each([
    ['release', 'release-created-draft', 'release created: only published ones count'],
    ['create', 'create-branch', 'a branch was created: only tags count'],
    ['push', 'push-tag', 'refs/tags/2024-01: only pushes to main count'],
    ['push', 'push-deleted-branch', 'refs/heads/main: only pushes to main count'],
    ['ping', 'ping', 'ping: the webhook works'],
    ['star', 'star-created', 'event star: release, create, push and ping are listened to'],
  ])('%s of %s is no hint, and says why', async (event, name, reason) => {
    expect(await github(event, payload(name))).toEqual({ status: 202, body: { hinted: [], ignored: [reason] } });
    expect(sent).toEqual([]);
  });

  it('a push to another repository than the one of the specs is no hint', async () => {
    const specs = { ...deps.config.specs, repository: 'https://github.com/octo-linux/other.git' };
    await server.close();
    server = createGateway({ ...deps, config: { specs } });
    expect((await github('push', payload('push-main'))).body.ignored).toEqual(['octo-linux/specs is not the spec repository']);
    await server.close();
    server = createGateway({ ...deps, config: { specs: { ...specs, repository: 'git@github.com:Octo-Linux/specs.git' } } });
    expect((await github('push', payload('push-main'))).body.hinted).toHaveLength(3);
  });

  it.each([
    ['no signature', { 'x-hub-signature-256': '' }],
    ['a wrong one', { 'x-hub-signature-256': sign(payload('release-published'), 'other') }],
    ['that of another body', { 'x-hub-signature-256': sign('{}') }],
  ])('refuses %s', async (_, headers) => {
    const answer = await github('release', payload('release-published'), headers);
    expect(answer).toMatchObject({
      status: 401,
      body: { error: expect.stringMatching(/^X-Hub-Signature-256 is missing or not the HMAC/) },
    });
    expect(sent).toEqual([]);
  });

  it('takes the older of two live secrets, and none when there is none', async () => {
    const body = payload('release-published');
    expect((await github('release', body, { 'x-hub-signature-256': sign(body, 'old') })).status).toBe(202);
    await server.close();
    server = createGateway({ ...deps, secrets: async () => [] });
    expect((await github('release', body)).status).toBe(503);
  });

  it('names the repository that no spec knows', async () => {
    const body = payload('release-published').replaceAll('madler/zlib', 'madler/other');
    expect(await github('release', body)).toEqual({
      status: 404,
      body: { error: 'no spec takes its releases from the GitHub repository madler/other' },
    });
  });

  it.each([
    ['no JSON', 'nonsense', /^the body is not JSON: /],
    ['no object', '[]', /^the payload is not as expected: /],
    ['no release', '{"action":"published","repository":{"full_name":"a/b"}}', /^the payload is not as expected: release: /],
    [
      'a name with a path',
      '{"action":"published","release":{"tag_name":"v1","draft":false},"repository":{"full_name":"../../x"}}',
      /repository\.full_name/,
    ],
    [
      'an endless tag',
      JSON.stringify({ action: 'published', release: { tag_name: 'v'.repeat(301), draft: false }, repository: { full_name: 'a/b' } }),
      /release\.tag_name/,
    ],
  ])('refuses %s, although it is signed', async (_, body, error) => {
    expect(await github('release', body)).toMatchObject({ status: 400, body: { error: expect.stringMatching(error) } });
  });

  it('sees a spec that was pushed after the first webhook', async () => {
    await github('release', payload('release-published'));
    const before = sent.length;
    repository.push('main', { 'packages/late.yaml': spec('late', GITHUB) }, 'late: new package');
    await github('release', payload('release-published'));
    expect(sent.slice(before).map((hinted) => hinted.package)).toEqual(['late', 'zlib']);
  });
});

describe('POST /webhooks/generic', () => {
  it("a signed package and version is a hint, with the sender's reason as its text", async () => {
    expect(await generic({ package: 'lz4', version: '1.10.0', reason: 'seen on the mailing list' })).toEqual({
      status: 202,
      body: { hinted: [{ package: 'lz4', cause: 'upstream:lz4:1.10.0' }], ignored: [] },
    });
    expect(sent[0]?.hint).toMatchObject({
      id: 'webhook:upstream:lz4:1.10.0',
      cause: { kind: 'upstream-release', text: 'seen on the mailing list' },
    });
    expect(sent[0]?.hint).not.toHaveProperty('version');
  });

  it('without a version it says "look", once a minute', async () => {
    await generic({ package: 'lz4' }, { authorization: 'Bearer new' });
    expect(sent[0]?.hint.id).toBe('webhook:look:lz4:2026-01-02T03:04');
  });

  it.each([
    ['no credentials', {}],
    ['a wrong bearer', { authorization: 'Bearer other' }],
    ['a wrong signature', { 'x-millrace-signature': sign('x') }],
  ])('refuses %s', async (_, headers: Record<string, string>) => {
    expect(await generic({ package: 'lz4' }, headers)).toMatchObject({ status: 401 });
    expect(sent).toEqual([]);
  });

  it.each([
    ['an unknown package', { package: 'lz5' }, 404, 'there is no package lz5 in the spec repository: did you mean lz4?'],
    ['a path for a package', { package: '../zlib' }, 404, expect.stringMatching(/^there is no package \.\.\/zlib/)],
    ['an unknown key', { package: 'lz4', verison: '1' }, 400, expect.stringMatching(/verison/)],
    [
      'a version that is none',
      { package: 'lz4', version: '$(reboot)' },
      400,
      'the payload is not as expected: version: a version such as 1.3.1',
    ],
    ['nothing', {}, 400, expect.stringMatching(/package/)],
  ])('refuses %s', async (_, value, status, error) => {
    expect(await generic(value)).toEqual({ status, body: { error } });
    expect(sent).toEqual([]);
  });

  it('limits the body', async () => {
    expect(await generic({ package: 'lz4', reason: 'x'.repeat(2 ** 20) })).toEqual({
      status: 413,
      body: { error: 'the body is too large' },
    });
  });

  it('takes JSON only', async () => {
    expect(await post('/webhooks/generic', 'package=lz4', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
    });
  });
});

it('answers 503 when Temporal does not take the hint, without what went wrong inside', async () => {
  await server.close();
  server = createGateway({ ...deps, send: () => Promise.reject(new Error('14 UNAVAILABLE: 10.0.0.7')) });
  expect(await generic({ package: 'lz4' })).toEqual({ status: 503, body: { error: 'the factory does not answer: send it again' } });
});

it('answers before a slow hint is through, and the hint goes on', async () => {
  await server.close();
  let through = () => {};
  const slow = new Promise<void>((resolve) => (through = resolve));
  server = createGateway({
    ...deps,
    send: async (hinted) => {
      await slow;
      sent.push(hinted);
    },
  });
  expect((await generic({ package: 'lz4' })).status).toBe(202);
  expect(sent).toEqual([]);
  through();
  await slow;
  expect(sent).toHaveLength(1);
});

it.each([
  [true, 200, 'ok'],
  [false, 503, 'no Temporal server answers'],
])('GET /healthz with Temporal %s', async (healthy, code, status) => {
  await server.close();
  server = createGateway({ ...deps, healthy: async () => healthy });
  expect(await ask('/healthz')).toEqual({ status: code, body: { status } });
});

it('tells what there is where there is nothing', async () => {
  expect(await ask('/nothing')).toEqual({ status: 404, body: { error: expect.stringContaining('POST /webhooks/github') } });
});
