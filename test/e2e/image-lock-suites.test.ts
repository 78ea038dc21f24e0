import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createImageLock } from '../../src/activities/images/lock';
import type { ImageLock } from '../../src/domain/image/image';
import { createTestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** What the lock of an image has of its suites, with the real apko. */
jest.setTimeout(300_000);
afterAll(removeTemporaryFolders);

const IMAGE_YAML = `name: greeting
package: greeting
variants:
  - config: apko.yaml
streams:
  - name: all
    versions: "*"
suites: [plain.test.yaml, deploy/whole.test.yaml]
`;
const WHOLE = 'tests:\n  - name: whole\n    kind: kubernetes\n    manifest: web.yaml\n';
const pod = (more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers: [{ name: web, image: IMAGE }]\n${more}`;
const FILES = {
  'images/greeting/image.yaml': IMAGE_YAML,
  'images/greeting/apko.yaml': 'contents:\n  packages: [greeting]\n',
  'images/greeting/plain.test.yaml': 'tests:\n  - name: starts\n    kind: container\n',
  'images/greeting/deploy/whole.test.yaml': WHOLE,
};

async function installation() {
  const factory = makeFactory({ key: testKey() });
  await factory.publish({ publish: [await factory.request({ name: 'greeting', version: '1.0' })], withdraw: [] });
  const specs = createTestRepository({ ...FILES, 'images/greeting/deploy/web.yaml': pod() });
  const work = temporaryFolder();
  const { store } = factory;
  const forge = createLocalGitForge({ repository: specs.bare, work: join(work, 'forge'), branchPrefix: 'millrace/' });
  const repositories = { published: { folder: factory.root, key: factory.key.publicKey }, others: [] };
  const { lockImage } = createImageLock({
    store,
    forge,
    branch: 'main',
    directory: 'images',
    architectures: ['x86_64'],
    repositories,
    work,
  });
  return { specs, store, look: async (previous?: ImageLock) => await lockImage({ image: 'greeting', ...(previous ? { previous } : {}) }) };
}

test('a manifest is part of the lock; one that is bad or not there keeps the image from being locked', async () => {
  const { specs, store, look } = await installation();
  const first = await look();
  if (!('lock' in first)) throw new Error(first.problem);
  expect(first.lock.suites).toEqual([
    { name: 'plain', file: expect.any(String) },
    { name: 'whole', file: expect.any(String), manifests: { 'web.yaml': expect.stringMatching(/^sha256:/) } },
  ]);
  expect(readFileSync(await store.object(first.lock.suites[1]!.manifests!['web.yaml']!), 'utf8')).toBe(pod());

  specs.push('main', { ...FILES, 'images/greeting/deploy/web.yaml': pod('  restartPolicy: Never\n') }, 'another manifest');
  const second = await look(first.lock);
  if (!('lock' in second)) throw new Error(second.problem);
  expect(second.lock.key).not.toBe(first.lock.key);
  expect(second.lock.changes).toEqual(['the suite whole changed']);

  specs.push('main', { 'images/greeting/deploy/web.yaml': pod('  hostPID: true\n') }, 'a bad one');
  expect(await look()).toEqual({
    problem: "images/greeting/deploy/web.yaml:6:3: spec.hostPID asks for the node's processes (remove it: no test may have it)",
  });
  specs.push('main', { 'images/greeting/deploy/whole.test.yaml': WHOLE.replace('web.yaml', 'wep.yaml') }, 'another name');
  expect(await look()).toEqual({
    problem: 'images/greeting/deploy/whole.test.yaml:4:15: there is no images/greeting/deploy/wep.yaml (commit it, or correct its name)',
  });
});
