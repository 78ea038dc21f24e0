import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createAuthorization } from '../../../src/activities/registry/authorization';
import { registryCredentials, withoutCredentials } from '../../../src/activities/registry/credentials';
import { createRegistry, OCI, RegistryRefused } from '../../../src/activities/registry/registry';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';
import { memoryRegistry } from './memory-registry';

/** Who one is to a registry. The real one, with passwords and with tokens, is in test/e2e/registry-login.test.ts. */
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
afterAll(removeTemporaryFolders);

const PASSWORD = 'a secret: with colon';
const BASIC = `Basic ${Buffer.from(`factory:${PASSWORD}`).toString('base64')}`;
const known = () => Promise.resolve({ username: 'factory', password: PASSWORD });
const BLOB = `sha256:${createHash('sha256').update('blob').digest('hex')}`;

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => new Promise((done) => server.close(done).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A registry that asks for `challenge` unless `good` knows the header. */
async function guarded(challenge: (method: string, url: string) => string, good: (header: string | undefined) => boolean) {
  const seen: (string | undefined)[] = [];
  const registry = await memoryRegistry((request, response) => {
    seen.push(request.headers.authorization);
    if (good(request.headers.authorization)) return false;
    request.resume();
    response.writeHead(401, { 'www-authenticate': challenge(request.method!, request.url!) }).end('{"errors":[{"message":"log in"}]}');
    return true;
  });
  closing.push(registry.close);
  return { ...registry, seen };
}

/** A token server that knows one user; each token is good for the scopes that it was asked for. */
async function tokenServer(answer?: RequestListener) {
  const asked: { readonly scopes: readonly string[]; readonly service: string | null; readonly authorization: string | undefined }[] = [];
  const url = await serve((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://tokens');
    const scopes = searchParams.getAll('scope');
    asked.push({ scopes, service: searchParams.get('service'), authorization: request.headers.authorization });
    if (answer) return answer(request, response);
    if (request.headers.authorization !== BASIC) return response.writeHead(401).end();
    return response.end(JSON.stringify({ token: `${asked.length} ${scopes.join(' ')}`, expires_in: 60 }));
  });
  return { url, asked };
}

const bearer = (realm: string) => (method: string, url: string) => {
  const actions = method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push';
  return `Bearer realm="${realm}/token",service="the registry",scope="repository:${/^\/v2\/(.+)\/(blobs|manifests)\//.exec(url)![1]}:${actions}"`;
};

test('a password is sent when the registry asks for it, and then at once', async () => {
  const { url, blobs, seen } = await guarded(
    () => 'Basic realm="registry"',
    (header) => header === BASIC,
  );
  const registry = createRegistry({ url, credentials: known });
  await registry.pushBlob('demo/x', BLOB, Buffer.from('blob'));
  expect(blobs.get(BLOB)?.toString()).toBe('blob');
  expect(seen).toEqual([undefined, BASIC, BASIC, BASIC]);
});

test('reading and writing by turns need two tokens, not one for every request', async () => {
  const tokens = await tokenServer();
  const good = (header: string | undefined, method: string) =>
    header?.startsWith('Bearer') === true && (method === 'GET' || header.includes('pull,push'));
  const registry = await memoryRegistry((request, response) => {
    if (good(request.headers.authorization, request.method === 'HEAD' ? 'GET' : request.method!)) return false;
    request.resume();
    response.writeHead(401, { 'www-authenticate': bearer(tokens.url)(request.method!, request.url!) }).end();
    return true;
  });
  closing.push(registry.close);
  const { pushBlob, pushManifest, readManifest } = createRegistry({ url: registry.url, credentials: known });
  const file = join(temporaryFolder(), 'blob');
  writeFileSync(file, 'blob');
  await pushBlob('demo/x', BLOB, file);
  for (const tag of ['a', 'b', 'c']) {
    expect(await readManifest('demo/x', tag)).toBeUndefined();
    await pushManifest('demo/x', tag, OCI.index, Buffer.from('{}'));
  }
  expect(tokens.asked).toEqual([
    { scopes: ['repository:demo/x:pull'], service: 'the registry', authorization: BASIC },
    { scopes: ['repository:demo/x:pull', 'repository:demo/x:pull,push'], service: 'the registry', authorization: BASIC },
  ]);
});

test('a token that is good no more is replaced, and what was being sent is sent again from its beginning', async () => {
  const tokens = await tokenServer();
  let uses = 0;
  // The upload is the fourth request with it: manifest, look, beginning, content.
  const good = (header: string | undefined) => header?.startsWith('Bearer') === true && !(header.startsWith('Bearer 1') && uses++ >= 3);
  const { url, blobs, seen } = await guarded(bearer(tokens.url), good);
  const file = join(temporaryFolder(), 'blob');
  writeFileSync(file, 'blob');
  const { pushBlob, pushManifest } = createRegistry({ url, credentials: known });
  await pushManifest('demo/x', 'a', OCI.index, Buffer.from('{}'));
  await pushBlob('demo/x', BLOB, file);
  expect(blobs.get(BLOB)?.toString()).toBe('blob');
  expect(seen.slice(-2).map((header) => header!.slice(0, 8))).toEqual(['Bearer 1', 'Bearer 2']);
});

test('where nobody has to be known, a token is asked for without credentials', async () => {
  const tokens = await tokenServer((_, response) => response.end('{"access_token":"anybody"}'));
  const { url } = await guarded(bearer(tokens.url), (header) => header === 'Bearer anybody');
  expect(await createRegistry({ url }).readManifest('demo/x', 'latest')).toBeUndefined();
  expect(tokens.asked[0]!.authorization).toBeUndefined();
});

test('what is sent elsewhere is not told who we are', async () => {
  const told: (string | undefined)[] = [];
  const elsewhere = await serve((request, response) => {
    told.push(request.headers.authorization);
    request.resume().on('end', () => response.writeHead(201).end());
  });
  const registry = await memoryRegistry((request, response) => {
    if (request.headers.authorization === BASIC && request.method !== 'POST') return false;
    request.resume();
    if (request.headers.authorization !== BASIC) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(202, { location: `${elsewhere}/upload?signed=secret` }).end();
    return true;
  });
  closing.push(registry.close);
  await createRegistry({ url: registry.url, credentials: known }).pushBlob('demo/x', BLOB, Buffer.from('blob'));
  expect(told).toEqual([undefined]);
});

describe('it is said what is wrong, and never the password', () => {
  const refused = async (
    challenge: string | ((tokens: string) => string),
    options: { credentials?: typeof known; tokens?: RequestListener } = {},
  ) => {
    const tokens = await tokenServer(options.tokens);
    const header = typeof challenge === 'string' ? challenge : challenge(tokens.url);
    const { url } = await guarded(
      () => header,
      () => false,
    );
    const { pushManifest } = createRegistry({ url, ...(options.credentials ? { credentials: options.credentials } : {}) });
    const error = await pushManifest('demo/x', 'latest', OCI.index, Buffer.from('{}')).catch((caught: Error) => caught);
    const told = `${(error as Error).name}: ${(error as Error).message} ${inspect((error as Error).cause)}`;
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain(BASIC.slice('Basic '.length));
    return told;
  };
  const ofTokens = (tokens: string) => `Bearer realm="${tokens}/token",service="x"`;
  const wrong = () => Promise.resolve({ username: 'factory', password: 'wrong' });

  test.each([
    ['no credentials', () => refused('Basic realm="x"'), /^RegistryRefused: registry .*there are none: set MILLRACE_REGISTRY_USERNAME/],
    [
      'wrong ones',
      () => refused('Basic realm="x"', { credentials: known }),
      /^RegistryRefused: PUT .*manifests\/latest: the registry answered 401: log in; set MILLRACE/,
    ],
    ['a way that is not known', () => refused('Negotiate'), /^RegistryRefused: PUT .* answered 401: log in; set MILLRACE/],
    [
      'a token server that does not know us',
      () => refused(ofTokens, { credentials: wrong }),
      /^RegistryRefused: the token server http.* answered 401 to the credentials/,
    ],
    [
      'one that answers nonsense',
      () => refused(ofTokens, { tokens: (_, response) => response.end('<html>') }),
      /^RegistryRefused: .* answered no token/,
    ],
    [
      'one that is at fault',
      () => refused(ofTokens, { tokens: (_, response) => response.writeHead(503).end() }),
      /^RegistryUnavailable: .* answered 503/,
    ],
    [
      'one that is not there',
      () => refused('Bearer realm="http://127.0.0.1:9/token"', { credentials: known }),
      /^RegistryUnavailable: .* does not answer/,
    ],
    [
      'one in the open',
      () => refused('Bearer realm="ftp://tokens.example/"', { credentials: known }),
      /^RegistryRefused: .*"ftp:\/\/tokens.example\/", which is no https address/,
    ],
  ])('%s', async (_case, told, expected) => {
    expect(await told()).toMatch(expected);
  });
});

test('a registry that encrypts does not send us to a token server that does not', async () => {
  // Only the rule: a certificate for a test server would prove no more.
  const { answer } = createAuthorization({ base: 'https://registry.example', credentials: known });
  await expect(answer('Bearer realm="http://tokens.example/token"', 'demo/x')).rejects.toThrow(RegistryRefused);
});

describe('credentials', () => {
  const auth = (text: string) => Buffer.from(text).toString('base64');
  const configured = (config: object | string) => {
    const DOCKER_CONFIG = temporaryFolder();
    writeFileSync(join(DOCKER_CONFIG, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
    return { DOCKER_CONFIG };
  };
  const of = (environment: NodeJS.ProcessEnv) => registryCredentials(environment)('registry.example:5000');
  const entry = { auth: auth(`docker:${PASSWORD}`) };
  const fromDocker = { username: 'docker', password: PASSWORD };

  test.each([
    [
      'the environment',
      { MILLRACE_REGISTRY_USERNAME: 'a', MILLRACE_REGISTRY_PASSWORD: 'b', ...configured({ auths: { 'registry.example:5000': entry } }) },
      { username: 'a', password: 'b' },
    ],
    ['docker', configured({ auths: { 'registry.example:5000': entry } }), fromDocker],
    ['docker, by a whole address', configured({ auths: { 'https://registry.example:5000/v1/': entry } }), fromDocker],
    ['docker, of another registry', configured({ auths: { 'registry.example': entry }, credsStore: 'desktop' }), undefined],
    ['nothing', { DOCKER_CONFIG: '/nonexistent' }, undefined],
  ])('from %s', async (_from, environment, expected) => {
    expect(await of(environment)).toEqual(expected);
  });

  test.each([
    ['a helper', { credHelpers: { 'registry.example:5000': 'ecr-login' } }, /only ecr-login, which Millrace does not use; set MILLRACE/],
    ['a store', { auths: { 'registry.example:5000': {} }, credsStore: 'desktop' }, /only desktop/],
    ['a token of another kind', { auths: { 'registry.example:5000': { ...entry, identitytoken: 'x' } } }, /only an identity token/],
    ['no JSON', `{"auths": {"a": {"auth": "${auth(PASSWORD)}"}}`, /config\.json is no configuration of docker/],
    ['another form', { auths: [PASSWORD] }, /config\.json is no configuration of docker/],
  ])('%s is refused', async (_what, config, expected) => {
    const told = await of(configured(config)).catch((error: Error) => `${error.name}: ${error.message}`);
    expect(told).toMatch(expected);
    expect(told).toMatch(/^RegistryRefused/);
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain(auth(PASSWORD));
  });

  test('are not in what other roles get', () => {
    const environment = { MILLRACE_REGISTRY_USERNAME: 'a', MILLRACE_REGISTRY_PASSWORD: 'b', PATH: '/bin' };
    expect(withoutCredentials(environment)).toEqual({ PATH: '/bin' });
  });
});
