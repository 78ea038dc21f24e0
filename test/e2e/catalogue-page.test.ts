import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { ensureFactoryKey } from '../../src/activities/signing/factory-key';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { statePaths } from '../../src/config/config';
import { requireConfig } from '../../src/config/load';
import { createGateway } from '../../src/gateway/server';
import { createTestRepository, type TestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders } from '../activities/repository/support';
import { record, verdict } from '../cli/records';
import { digestOf, writeImage } from '../gateway/catalogue-state';
import { quietEdges } from '../gateway/edges';
import { browserThere, overflow, startBrowser, violations } from './browser';

/** The catalogue in a real browser, over a real store and repository, where no Temporal server answers. Skipped where there is no Chromium and nobody may install it. */
const there = browserThere();
const inChromium = there ? it : it.skip;
const HOSTILE = `"><script>document.title='owned'</script>`;

const spec = (name: string, more = '') => `package:
  name: ${name}
  version: "1.0"
  epoch: 0
  description: a package
  copyright:
    - license: Zlib
${more}pipeline:
  - runs: "true"
update:
  enabled: false
`;

let folder: string;
let specs: TestRepository;
let advisories: TestRepository;
let server: FastifyInstance | undefined;
let browser: Browser | undefined;
let address: string;

beforeAll(async () => {
  if (!there) return;
  folder = mkdtempSync(join(tmpdir(), 'millrace-catalogue-'));
  specs = createTestRepository({
    'packages/zlib.yaml': spec('zlib'),
    'packages/minizip.yaml': spec('minizip', 'environment:\n  contents:\n    packages: [zlib]\n'),
  });
  const event = (type: string, data: string) =>
    `    events:\n      - timestamp: 2026-01-01T00:00:00Z\n        type: ${type}\n        data:\n${data}`;
  advisories = createTestRepository({
    'zlib.advisories.yaml': `schema-version: 2.0.2
package:
  name: zlib
advisories:
  - id: MLR-2222-3333-4444
    aliases: [CVE-2023-45853]
${event('true-positive-determination', '          note: a long name overflows\n')}  - id: MLR-2222-3333-5555
    aliases: [CVE-2022-37434]
${event('fixed', '          fixed-version: 1.3.1-r0\n')}  - id: MLR-2222-3333-6666
    aliases: [CVE-2018-25032]
${event('false-positive-determination', '          type: vulnerable-code-not-included-in-package\n          note: never built\n')}`,
  });
  const edges = quietEdges(
    folder,
    specs.bare,
    `advisories: {repository: ${advisories.bare}, prefix: MLR}\nimages: {registry: "http://registry.example:5000"}\n`,
  );
  const config = requireConfig(join(folder, 'millrace.yaml'));
  const paths = statePaths(config.state);
  const store = createFolderStore(paths.store);
  const key = await ensureFactoryKey(paths.keys, config.distribution);
  const { publish, request, reader } = makeFactory({ root: paths.repository, store, key });
  for (const version of ['1.2.13', '1.3.0', '1.3.1'])
    await publish({
      publish: [await request({ name: 'zlib', version, subpackages: ['zlib-dev'], provides: ['so:libz.so.1=1.3.1'] })],
      withdraw: [],
    });
  await publish({
    publish: [await request({ name: 'pigz', version: '2.8', depends: ['so:libz.so.1'], description: HOSTILE })],
    withdraw: [],
  });
  await writeImage(store, reader, { reason: `zlib 1.3.0-r0 to 1.3.1-r0 ${HOSTILE}`, moves: 480 });
  await store.writeRecord('release', `${record.id}@${record.startedAt}`, {
    ...record,
    verdicts: [...record.verdicts, verdict('linters', 'passed', HOSTILE)],
  });
  server = createGateway({
    ...edges,
    config,
    specs: async () => ({ packages: new Set(), byRepository: new Map() }),
    secrets: async () => [],
    send: async () => {},
    healthy: async () => false,
    clock: () => new Date('2026-03-01T12:00:00Z'),
    log: () => {},
  });
  address = await server.listen({ host: '127.0.0.1', port: 0 });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  specs?.remove();
  advisories?.remove();
  removeTemporaryFolders();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}) {
  const context = await browser!.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const answer = await page.goto(`${address}${path}`);
  return { page, answer: answer!, close: () => context.close() };
}

const PATHS = [
  ['/?refresh=off', '/line.json'],
  ['/packages', '/packages.json'],
  ['/packages/zlib', '/packages/zlib.json'],
  ['/packages/zilb', '/packages/zilb.json'],
  ['/images', '/images.json'],
  ['/images?find=zlib', '/images.json?find=zlib'],
  ['/images/web', '/images/web.json'],
  ['/images/web?tag=1-dev&moves=3', '/images/web.json?tag=1-dev&moves=3'],
  ['/images/wbe', '/images/wbe.json'],
  ['/images/web/diff', '/images/web/diff.json'],
  ['/images/web/diff?from=1&to=latest-dev', '/images/web/diff.json?from=1&to=latest-dev'],
  ['/images/web/diff?from=lates&to=latest', '/images/web/diff.json?from=lates&to=latest'],
  ['/advisories', '/advisories.json'],
] as const;

inChromium.each(PATHS)('%s: axe finds nothing, every table is told, a phone is wide enough, in light and dark', async (path) => {
  const { page, answer, close } = await open(path);
  expect((await answer.body()).length).toBeLessThan(150_000);
  expect(await page.locator('table:not(:has(caption)), table:not(:has(th[scope=col]))').count()).toBe(0);
  expect(await page.locator('script').count()).toBe(0);
  for (const [width, colorScheme] of [
    [1280, 'dark'],
    [360, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    expect(await overflow(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
  }
  await close();
});

inChromium.each(PATHS)('%s as JSON: by its address and by what is accepted, and what the page shows is in it', async (path, json) => {
  const [named, accepted, page] = await Promise.all([
    fetch(`${address}${json}`),
    fetch(`${address}${path}`, { headers: { accept: 'application/json' } }),
    fetch(`${address}${path}`, { headers: { accept: 'text/html,*/*' } }),
  ]);
  expect(named.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect([named.status, accepted.status]).toEqual([page.status, page.status]);
  const text = await named.text();
  expect(await accepted.text()).toBe(text);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('vary')).toBe('Accept');
  // Every name of a package and every version that stands in a table comes from the data.
  const { page: shown, close } = await open(path);
  const cells = await shown.locator('tbody th[scope=row] > a, td[data-label=Version]').allTextContents();
  for (const cell of cells.filter((one) => one !== '')) expect(text).toContain(cell);
  await close();
});

inChromium('what did not change is not sent again, and another accepted form is another answer', async () => {
  const first = await fetch(`${address}/images/web.json`);
  const tag = first.headers.get('etag')!;
  expect(first.headers.get('cache-control')).toBe('private, no-cache');
  for (const condition of [tag, `W/${tag}`, `"x", ${tag}`, '*'])
    expect((await fetch(`${address}/images/web.json`, { headers: { 'if-none-match': condition } })).status).toBe(304);
  expect((await fetch(`${address}/images/web`, { headers: { 'if-none-match': tag } })).status).toBe(200);
  expect((await fetch(`${address}/images/wbe.json`, { headers: { 'if-none-match': '*' } })).status).toBe(404);
});

inChromium('an image tells where its tags point and why, what is in it, what is open, and how to pull and verify it', async () => {
  const { page, close } = await open('/images/web');
  const text = async (name: string) => (await page.getByRole('region', { name, exact: true }).textContent()) ?? '';
  const row = page.getByRole('region', { name: 'Tags', exact: true }).getByRole('row', { name: /^latest 1\.3\.1 / });
  expect(await row.textContent()).toMatch(/1\.3\.1-r0.*19 d ago.*zlib 1\.3\.0-r0 to 1\.3\.1-r0 "><script>/);
  expect(await text('Packages inside')).toMatch(/zlib1\.3\.1-r054\.3 kBall\s+zlib-dev/);
  expect(await text('Pull and verify')).toContain(`registry.example:5000/tools/web@${digestOf('web 2 ')}`);
  expect(await text('Pull and verify')).toContain(`curl -fsSO ${address}/keys/my-distro-images.pub\ncosign verify`);
  expect(await text('Vulnerabilities')).toMatch(
    /Open in latest.*CVE-2023-45853.*a long name overflows.*Not affected: 1.*never built.*Fixed: 1.*CVE-2022-37434/s,
  );
  expect(await page.getByRole('img', { name: /Size: 2\.4 MB at 2026-01-01 10:00 UTC, 2\.7 MB since .*Size of dev: 5\.1 MB/ }).count()).toBe(
    1,
  );
  expect(await text('History')).toContain('494 moves of tags');
  // What is behind an older tag is what it was, and not what is new.
  await page.getByRole('link', { name: '1-dev', exact: true }).click();
  expect(await text('Packages inside')).toMatch(/busybox1\.36-r0.*zlib1\.2\.13-r0/s);
  expect(await text('Vulnerabilities')).toContain('fixed in 1.3.1-r0, which is not in this image yet');
  expect(await text('Vulnerabilities')).toContain('one package that comes from other repositories');
  await page.getByRole('navigation', { name: 'Pages of the history' }).getByRole('link', { name: 'Next' }).click();
  expect(await text('History')).toContain('Page 2 of 13');
  expect(await text('Packages inside')).toContain('busybox');
  await close();
});

inChromium('two tags are compared by a form, with the keyboard alone', async () => {
  const { page, close } = await open('/images/web');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.innerText')).toBe('Skip to the content');
  expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
  // Everything that can be used is reached, in the order of the page.
  const reached: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate<string>(
      `document.activeElement === document.body ? '' : document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.innerText`,
    );
    if (name === '' || reached.length > 300) break;
    reached.push(name);
  }
  for (const name of ['latest', 'from', 'to', 'Compare', 'commands that pull it', 'Next', 'This page as JSON'])
    expect(reached).toContain(name);
  const choose = async (id: string, wanted: string) => {
    await page.locator(id).focus();
    await page.keyboard.press('Home');
    for (let steps = 0; (await page.locator(id).inputValue()) !== wanted && steps < 60; steps += 1) await page.keyboard.press('ArrowDown');
  };
  await choose('#from', '1.2.13');
  await choose('#to', 'latest');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/images/web/diff?from=1.2.13&to=latest');
  expect(await page.getByRole('row', { name: /^zlib-dev/ }).textContent()).toBe('zlib-dev1.2.13-r01.3.1-r00 B on x86_64x86_64');
  await close();
});

inChromium('a package tells what it installs as, who needs it, and its builds', async () => {
  const { page, close } = await open('/packages/zlib');
  const text = async (name: string) => (await page.getByRole('region', { name, exact: true }).textContent()) ?? '';
  expect(await text('What it installs as')).toMatch(/zlib-dev.*so:libz\.so\.1=1\.3\.1/s);
  expect((await text('Who needs it')).replace(/\s+/g, ' ')).toMatch(/to be built ?minizip ?to be installed ?pigz ?images ?web/);
  expect(await text('Builds')).toMatch(/zlib-1\.3\.1-r0x86_64built/);
  await close();
});

inChromium('a name that there is not says what was probably meant', async () => {
  const { page, answer, close } = await open('/images/wbe');
  expect(answer.status()).toBe(404);
  await page.getByRole('link', { name: 'web', exact: true }).click();
  await page.waitForURL('**/images/web');
  await close();
  expect(await (await fetch(`${address}/packages/pgiz.json`)).json()).toEqual({ error: 'there is no package pgiz', didYouMean: ['pigz'] });
  expect(await (await fetch(`${address}/images.json?find=wbe`)).json()).toMatchObject({ images: { total: 0 }, didYouMean: ['web'] });
  const lost = await fetch(`${address}/images/web/diff.json?from=lates&to=1`);
  expect([lost.status, await lost.json()]).toEqual([
    404,
    expect.objectContaining({ problem: expect.objectContaining({ message: 'web has no tag lates' }) }),
  ]);
});
