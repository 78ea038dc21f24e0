import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createGenerationAdvisories } from '../../../src/activities/advisories/generation';
import { keepOsvRecord } from '../../../src/activities/advisories/records';
import { readOsvRecord } from '../../../src/activities/advisories/osv-record';
import type { PublishRequest } from '../../../src/activities/contract';
import type { Forge } from '../../../src/activities/forge/forge';
import { localDisk, type Disk } from '../../../src/activities/repository/disk';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import type { Manifest } from '../../../src/domain/repository/manifest';
import { documentFrom } from '../../domain/advisory/documents';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../repository/support';
import { advisoryRepository, osvRecord } from './advisories';

class Crash extends Error {}

const OPEN = `schema-version: 2.0.2

package:
  name: libxml2

advisories:
  - id: MLR-2222-3333-4444
    aliases:
      - CVE-2022-40303
    events:
      - timestamp: 2026-01-01T00:00:00Z
        type: detection
        data:
          type: manual
`;
const ZLIB = OPEN.replace('libxml2', 'zlib')
  .replace('2222-3333', '5555-5555')
  .replace('CVE-2022-40303', 'CVE-2023-45853')
  .concat('      - timestamp: 2026-01-01T00:00:01Z\n        type: fixed\n        data:\n          fixed-version: 1.2.13-r1\n');
const FILES = { 'libxml2.advisories.yaml': OPEN, 'zlib.advisories.yaml': ZLIB };

const key = testKey();
const store = createFolderStore(temporaryFolder());
const requests: Record<string, PublishRequest> = {};
beforeAll(async () => {
  const { request } = makeFactory({ key, store, root: temporaryFolder() });
  for (const [name, version] of [
    ['libxml2', '2.9.14'],
    ['libxml2', '2.15.0'],
    ['libxml2', '2.15.1'],
    ['zlib', '1.2.13'],
    ['zlib', '1.3.1'],
  ] as const)
    requests[`${name}-${version}`] = await request({ name, version, subpackages: [`${name}-dev`] });
  for (const value of [osvRecord('CVE-2022-40303', 'libxml2', '2.10.3'), osvRecord('CVE-2023-45853', 'zlib', '1.3.1')]) {
    const read = readOsvRecord(value, value.id);
    if (read.ok) await keepOsvRecord(store, read.value, value);
  }
});
afterAll(removeTemporaryFolders);

const group = (...names: readonly string[]) => ({ publish: names.map((name) => requests[name]!), withdraw: [] });

function setUp(files: Readonly<Record<string, string>> = FILES, at = temporaryFolder()) {
  const repository = advisoryRepository(files);
  const factoryOf = (forge: Forge = repository.forge, disk: Disk = localDisk, root = at) =>
    makeFactory({
      key,
      store,
      root,
      disk,
      advisories: createGenerationAdvisories({
        forge,
        store,
        branch: 'main',
        directory: '.',
        mapping: { distribution: 'example', rules: [] },
        clock: () => new Date('2026-01-02T03:04:05Z'),
      }),
    });
  return { repository, factoryOf, root: at, publish: (...names: readonly string[]) => factoryOf().publish(group(...names)) };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const secfixes = (folder: string) =>
  Object.fromEntries(
    (readJson(`${folder}/security.json`) as { packages: { pkg: { name: string; secfixes: unknown } }[] }).packages.map(({ pkg }) => [
      pkg.name,
      pkg.secfixes,
    ]),
  );
const manifestOf = (folder: string) => readJson(`${folder}/manifest.json`) as Manifest;

test('a release that contains the fix turns its advisory to fixed, in the feeds of the same generation and then on the branch', async () => {
  const { repository, root, publish } = setUp();
  await publish('libxml2-2.9.14', 'zlib-1.2.13');
  expect(secfixes(`${root}/current`)).toEqual({ zlib: { '1.2.13-r1': ['CVE-2023-45853'] } });
  expect(repository.log()).toEqual(['the beginning']);

  await publish('libxml2-2.15.0', 'zlib-1.3.1');
  expect(secfixes(`${root}/current`)).toEqual({ libxml2: { '2.15.0-r0': ['CVE-2022-40303'] }, zlib: { '1.2.13-r1': ['CVE-2023-45853'] } });
  expect(readJson(`${root}/current/osv/MLR-2222-3333-4444.json`)).toMatchObject({
    modified: '2026-01-02T03:04:05Z',
    affected: ['libxml2', 'libxml2-dev'].map((name) => ({
      package: { name },
      ranges: [{ events: [{ introduced: '0' }, { fixed: '2.15.0-r0' }] }],
    })),
  });
  expect(repository.read('libxml2.advisories.yaml')).toBe(
    `${OPEN}      - timestamp: 2026-01-02T03:04:05Z\n        type: fixed\n        data:\n          fixed-version: 2.15.0-r0\n`,
  );
  expect(repository.read('zlib.advisories.yaml')).toBe(ZLIB);
  expect(repository.log()).toEqual(['Advisories of generation 2: fixed', 'the beginning']);
  expect(repository.branches()).toEqual(['main']);
  expect(manifestOf(`${root}/current`).advisories!.commit).toBe(await repository.forge.head('main'));
});

test('a later release adds no second event, and what a feed said before is the same file', async () => {
  const { repository, root, publish } = setUp();
  await publish('libxml2-2.15.0');
  await publish('libxml2-2.15.1');
  expect(documentFrom(repository.read('libxml2.advisories.yaml')).advisories[0]!.events).toHaveLength(2);
  expect(repository.log()).toHaveLength(2);
  const inode = (generation: number) => statSync(`${root}/generations/${generation}/osv/MLR-2222-3333-4444.json`).ino;
  expect(inode(2)).toBe(inode(1));
  expect(readdirSync(`${root}/current/osv`)).toEqual(['MLR-2222-3333-4444.json', 'MLR-5555-5555-4444.json', 'all.json']);
});

test('before the switch nothing of the events is on the branch', async () => {
  const { repository, factoryOf } = setUp();
  const { publisher } = factoryOf();
  const { advisories } = await publisher.prepareGeneration(group('libxml2-2.15.0'));
  expect(repository.read('libxml2.advisories.yaml')).toBe(OPEN);
  expect(await repository.forge.head(advisories!.branch!)).toBe(advisories!.commit);
  expect(repository.read('libxml2.advisories.yaml', advisories!.branch)).toContain('fixed-version: 2.15.0-r0');
});

/** A process that is killed before its n-th step on disk or in the advisory repository. */
function dying(steps: number) {
  let taken = 0;
  const wrap = <T extends object>(real: T, names: readonly (keyof T)[]): T => {
    const dead = { ...real };
    for (const name of names)
      dead[name] = ((...args: readonly unknown[]) => {
        taken += 1;
        return taken > steps ? Promise.reject(new Crash()) : (real[name] as (...all: readonly unknown[]) => unknown)(...args);
      }) as T[keyof T];
    return dead;
  };
  return {
    disk: wrap(localDisk, ['folder', 'write', 'copy', 'link', 'symlink', 'rename', 'remove', 'sync']),
    forge: (real: Forge) => wrap(real, ['propose', 'merge', 'close']),
  };
}

test('at every step a crash leaves feeds that fit their packages, and what comes next finishes it', async () => {
  const first = setUp();
  await first.publish('libxml2-2.9.14');
  let unfinished = 0;
  for (let steps = 0; ; steps += 1) {
    const root = temporaryFolder();
    cpSync(first.root, root, { recursive: true, verbatimSymlinks: true });
    const { repository, factoryOf } = setUp(FILES, root);
    const { disk, forge } = dying(steps);
    const crashed = await factoryOf(forge(repository.forge), disk)
      .publish(group('libxml2-2.15.0'))
      .then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          return true;
        },
      );
    const shown = existsSync(`${root}/current/x86_64/libxml2-2.15.0-r0.apk`);
    expect(secfixes(`${root}/current`)['libxml2'] !== undefined).toBe(shown);
    const onBranch = repository.read('libxml2.advisories.yaml') !== OPEN;
    if (onBranch) expect(shown).toBe(true);
    if (shown && !onBranch) unfinished += 1;
    // Also when the publication is never tried again: the next one, of something else, finishes it.
    await factoryOf().publish(shown ? group('zlib-1.2.13') : group('libxml2-2.15.0'));
    expect(repository.read('libxml2.advisories.yaml').match(/fixed-version/g)).toHaveLength(1);
    expect(repository.branches()).toEqual(['main']);
    expect(secfixes(`${root}/current`)['libxml2']).toEqual({ '2.15.0-r0': ['CVE-2022-40303'] });
    if (!crashed) break;
  }
  expect(unfinished).toBeGreaterThan(1);
}, 120_000);

test('a person who writes the same document between the two keeps what was written, and the event comes with the next generation', async () => {
  const { repository, factoryOf, root } = setUp();
  const { publisher, signer, publish } = factoryOf();
  const { generation, previous, indexes, advisories } = await publisher.prepareGeneration(group('libxml2-2.15.0'));
  const byHand = `${OPEN}      - timestamp: 2026-01-02T00:00:00Z\n        type: true-positive-determination\n`;
  repository.push({ 'libxml2.advisories.yaml': byHand, 'other.txt': 'x' });
  const { signed } = await signer.signIndexes({ generation, previous, indexes });
  await publisher.commitGeneration({ generation, previous, signed, contains: [], withdrawn: [], advisories: advisories! });
  expect(repository.read('libxml2.advisories.yaml')).toBe(byHand);
  await publish(group('zlib-1.2.13'));
  expect(repository.read('libxml2.advisories.yaml').startsWith(byHand)).toBe(true);
  expect(documentFrom(repository.read('libxml2.advisories.yaml')).advisories[0]!.events.at(-1)).toMatchObject({
    type: 'fixed',
    fixedVersion: '2.15.0-r0',
  });
  expect(secfixes(`${root}/current`)['libxml2']).toEqual({ '2.15.0-r0': ['CVE-2022-40303'] });
});

test('a person who writes another document meanwhile is merged with', async () => {
  const { repository, factoryOf } = setUp();
  const { publisher, signer } = factoryOf();
  const { generation, previous, indexes, advisories } = await publisher.prepareGeneration(group('libxml2-2.15.0'));
  const zlib = `${ZLIB}# looked at\n`;
  repository.push({ 'zlib.advisories.yaml': zlib });
  const { signed } = await signer.signIndexes({ generation, previous, indexes });
  await publisher.commitGeneration({ generation, previous, signed, contains: [], withdrawn: [], advisories: advisories! });
  expect(repository.read('zlib.advisories.yaml')).toBe(zlib);
  expect(repository.read('libxml2.advisories.yaml')).toContain('fixed-version: 2.15.0-r0');
});

test('a document that cannot be read stops the publication before anything is seen, and says where', async () => {
  const { publish, root } = setUp({ ...FILES, 'lz4.advisories.yaml': 'schema-version: 2\nadvisories: []\n' });
  await expect(publish('libxml2-2.15.0')).rejects.toThrow('lz4.advisories.yaml:1:1: package is missing');
  expect(existsSync(`${root}/current`)).toBe(false);
});

test('without an advisory repository a generation has no feeds', async () => {
  const { root, publish } = makeFactory({ key, store, root: temporaryFolder() });
  await publish(group('libxml2-2.15.0'));
  expect(readdirSync(`${root}/current`).sort()).toEqual(['manifest.json', 'x86_64']);
  expect(manifestOf(`${root}/current`)).not.toHaveProperty('advisories');
});
