import { spawn } from 'node:child_process';
import { createSign, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pullImage } from '../../src/activities/containers/podman';
import { createImagePublisherActivities } from '../../src/activities/images/publisher';
import { runOrThrow } from '../../src/activities/process';
import { registryCredentials } from '../../src/activities/registry/credentials';
import { createRegistry, RegistryRefused } from '../../src/activities/registry/registry';
import { freePorts } from '../../src/demo/free-ports';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';
import { imageAtTheGate } from '../activities/signing/signed-image';

/** Debian's docker-registry where one has to log in, with the real podman to pull. */
const closing: (() => unknown)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  removeTemporaryFolders();
});

const USER = { MILLRACE_REGISTRY_USERNAME: 'factory', MILLRACE_REGISTRY_PASSWORD: 'a secret: with colon' };
/** bcrypt of that password. */
const HTPASSWD = 'factory:$2y$05$abcdefghijklmnopqrstuuLGS6tOct9SWqW3yxvH/40WIDx.L2CzW\n';

async function startRegistry(auth: object): Promise<string> {
  const [port] = await freePorts(1);
  const folder = temporaryFolder();
  const settings = {
    ...{ version: '0.1', log: { level: 'error', accesslog: { disabled: true } } },
    ...{ storage: { filesystem: { rootdirectory: `${folder}/data` } }, http: { addr: `127.0.0.1:${port}` }, auth },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(settings));
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'docker-registry', 'serve', join(folder, 'config.yml')], {
    stdio: 'ignore',
  });
  closing.push(() => server.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/v2/`).catch(() => undefined))?.status !== 401) await sleep(50);
  return url;
}

async function withPasswords(): Promise<string> {
  const path = join(temporaryFolder(), 'htpasswd');
  writeFileSync(path, HTPASSWD);
  return await startRegistry({ htpasswd: { realm: 'registry', path } });
}

/** A token server as those of large registries: it gives its one user what is asked for, in a token that it signs, and others nothing. */
async function withTokens(): Promise<string> {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await runOrThrow('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=tokens',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const der = readFileSync(certificate, 'utf8').replace(/-----[^-]+-----|\n/g, '');
  const basic = `Basic ${Buffer.from(Object.values(USER).join(':')).toString('base64')}`;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://tokens');
    if (request.headers.authorization !== basic) return response.writeHead(401).end();
    const access = searchParams.getAll('scope').map((scope) => {
      const [type, name, actions] = scope.split(':');
      return { type, name, actions: actions!.split(',') };
    });
    const now = Math.floor(Date.now() / 1000);
    const times = { exp: now + 300, nbf: now - 10, iat: now, jti: randomUUID() };
    const claims = { iss: 'tokens', sub: 'factory', aud: searchParams.get('service'), ...times, access };
    const signed = `${part({ typ: 'JWT', alg: 'RS256', x5c: [der] })}.${part(claims)}`;
    const signature = createSign('sha256').update(signed).sign(readFileSync(key)).toString('base64url');
    return response.end(JSON.stringify({ token: `${signed}.${signature}` }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => new Promise((done) => server.close(done).closeAllConnections()));
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return await startRegistry({ token: { realm, service: 'registry', issuer: 'tokens', rootcertbundle: certificate } });
}

test.each([
  ['passwords', withPasswords],
  ['tokens', withTokens],
])('a registry with %s takes an image from who logs in, and gives it to podman that does', async (_name, start) => {
  const url = await start();
  const { host } = new URL(url);
  const image = await imageAtTheGate(host);
  const publisher = (environment: NodeJS.ProcessEnv) => {
    const registry = createRegistry({ url, credentials: registryCredentials({ DOCKER_CONFIG: temporaryFolder(), ...environment }) });
    return createImagePublisherActivities({ store: image.store, registry, work: temporaryFolder(), clock: () => new Date() });
  };
  await expect(publisher({}).pushImage(image)).rejects.toThrow(RegistryRefused);
  await expect(publisher({ ...USER, MILLRACE_REGISTRY_PASSWORD: 'wrong' }).pushImage(image)).rejects.toThrow(RegistryRefused);
  await publisher(USER).pushImage(image);

  const credentials = await registryCredentials(USER)(host);
  const pull = { reference: `${host}/demo/hello@${image.built.digest}`, architecture: 'amd64', plain: true };
  await expect(pullImage({ ...pull, folder: temporaryFolder() })).rejects.toThrow(/podman cannot pull/);
  const folder = temporaryFolder();
  await pullImage({ ...pull, folder, credentials: credentials! });
  expect(existsSync(join(folder, 'auth.json'))).toBe(false);
});
