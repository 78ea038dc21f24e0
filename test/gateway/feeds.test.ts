import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import { createGenerationAdvisories } from '../../src/activities/advisories/generation';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { serveFeeds } from '../../src/gateway/feeds';
import { serveRepository } from '../../src/gateway/repository';
import { advisoryRepository } from '../activities/advisories/advisories';
import { makeFactory, removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

const ID = 'MLR-2222-3333-4444';
const ADVISORY = `schema-version: 2.0.2\n\npackage:\n  name: zlib\n\nadvisories:\n  - id: ${ID}\n    aliases:\n      - CVE-2023-45853\n    events:\n      - timestamp: 2026-01-01T00:00:00Z\n        type: detection\n        data:\n          type: manual\n`;
const FIXED = `${ADVISORY}      - timestamp: 2026-01-01T00:00:01Z\n        type: fixed\n        data:\n          fixed-version: 1.2.13-r1\n`;

const advisories = advisoryRepository({ 'zlib.advisories.yaml': ADVISORY });
const store = createFolderStore(temporaryFolder());
const mapping = { distribution: 'example', rules: [] };
const factory = makeFactory({
  store,
  advisories: createGenerationAdvisories({
    forge: advisories.forge,
    store,
    branch: 'main',
    directory: '.',
    mapping,
    clock: () => new Date('2026-01-02T00:00:00Z'),
  }),
});
let server: FastifyInstance;
const get = (url: string, headers: Record<string, string> = {}) => server.inject({ url, headers });

beforeAll(async () => {
  await factory.publish({ publish: [await factory.request({ name: 'zlib', version: '1.2.13' })], withdraw: [] });
  writeFileSync(`${factory.root}/secret.json`, '"secret"');
  server = Fastify();
  serveRepository(server, { root: factory.root, architectures: ['x86_64'], key: { folder: factory.root, name: 'k.rsa.pub' } });
  serveFeeds(server, factory.root);
});
afterAll(async () => {
  await server.close();
  removeTemporaryFolders();
});

it('serves the feeds of the generation shown, and those of the next once it is shown', async () => {
  const before = await get('/repository/security.json');
  expect([before.statusCode, before.headers['content-type'], before.headers['cache-control']]).toEqual([
    200,
    'application/json',
    'no-cache',
  ]);
  expect(before.rawPayload).toEqual(readFileSync(`${factory.root}/current/security.json`));
  expect(before.json()).toMatchObject({ packages: [], apkurl: '{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk' });
  expect((await get('/repository/osv/all.json')).json()).toEqual([{ id: ID, modified: '2026-01-01T00:00:00Z' }]);
  expect((await get(`/repository/osv/${ID}.json`)).json()).toMatchObject({ upstream: ['CVE-2023-45853'] });
  expect((await get('/repository/security.json', { 'if-none-match': before.headers['etag'] as string })).statusCode).toBe(304);

  advisories.push({ 'zlib.advisories.yaml': FIXED });
  expect((await get('/repository/security.json')).rawPayload).toEqual(before.rawPayload);
  await factory.publish({ publish: [await factory.request({ name: 'zlib', version: '1.3.1' })], withdraw: [] });
  const after = await get('/repository/security.json', { 'if-none-match': before.headers['etag'] as string });
  expect(after.json()).toMatchObject({ packages: [{ pkg: { name: 'zlib', secfixes: { '1.2.13-r1': ['CVE-2023-45853'] } } }] });
  expect((await get(`/repository/osv/${ID}.json`)).json()).toMatchObject({
    affected: [{ ranges: [{ events: [{ introduced: '0' }, { fixed: '1.2.13-r1' }] }] }],
  });
  const head = await server.inject({ method: 'HEAD', url: '/repository/security.json' });
  expect([head.statusCode, head.headers['content-length'], head.payload]).toEqual([200, String(after.rawPayload.length), '']);
});

it.each([
  '/repository/osv/',
  '/repository/osv/manifest.json',
  '/repository/osv/MLR-2222-3333-4445.json',
  `/repository/osv/${ID}`,
  `/repository/osv/${ID.toLowerCase()}.json`,
  '/repository/osv/..%2fsecurity.json',
  '/repository/osv/..%2f..%2f..%2fsecret.json',
  '/repository/osv/%2e%2e%2fmanifest.json',
  '/repository/osv/all.json%00',
  `/repository/osv/${'A'.repeat(2000)}.json`,
  '/repository/manifest.json',
])('%s is not there', async (url) => {
  const answer = await get(url);
  expect([400, 404, 414]).toContain(answer.statusCode);
  expect(answer.payload).not.toContain('secret"');
});

it('where a factory keeps no advisories there are no feeds', async () => {
  const root = temporaryFolder();
  mkdirSync(`${root}/generations/1`, { recursive: true });
  symlinkSync('generations/1', `${root}/current`);
  const quiet = Fastify();
  serveFeeds(quiet, root);
  for (const url of ['/repository/security.json', '/repository/osv/all.json']) expect((await quiet.inject({ url })).statusCode).toBe(404);
  await quiet.close();
});
