import * as fc from 'fast-check';
import { cpSync, existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { localDisk } from '../../../src/activities/repository/disk';
import type { Disk } from '../../../src/activities/repository/disk';
import { recoverRepository } from '../../../src/activities/repository/current';
import type { PublishRequest } from '../../../src/activities/contract';
import { readIndexArchive } from '../../../src/activities/apk/index-archive';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from './support';

class Crash extends Error {}

/** A disk of a process that is killed before its n-th step: nothing after that happens, and nobody cleans up. */
function crashingDisk(stepsUntilCrash: number): Disk {
  let steps = 0;
  const dying =
    <A extends unknown[], R>(step: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      steps += 1;
      return steps > stepsUntilCrash ? Promise.reject(new Crash()) : step(...args);
    };
  return {
    folder: dying(localDisk.folder),
    write: dying(localDisk.write),
    copy: dying(localDisk.copy),
    link: dying(localDisk.link),
    symlink: dying(localDisk.symlink),
    rename: dying(localDisk.rename),
    remove: dying(localDisk.remove),
    sync: dying(localDisk.sync),
  };
}

const key = testKey();
const storeFolder = temporaryFolder();
const store = createFolderStore(storeFolder);
const NAMES = ['alpha', 'beta', 'gamma'];
const VERSIONS = ['1', '2'];
const requests = new Map<string, PublishRequest>();

beforeAll(async () => {
  const { request } = makeFactory({ key, store, root: temporaryFolder() });
  for (const name of NAMES)
    for (const version of VERSIONS)
      requests.set(
        `${name}-${version}`,
        await request({ name, version, subpackages: [`${name}-dev`], architectures: ['x86_64', 'aarch64'] }),
      );
});
afterAll(removeTemporaryFolders);

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** What anybody who looks at the repository at this moment must find. Answers the visible packages. */
async function look(root: string): Promise<readonly string[]> {
  if (!existsSync(`${root}/current`)) return [];
  expect(lstatSync(`${root}/current`).isSymbolicLink()).toBe(true);
  const manifest = JSON.parse(readFileSync(`${root}/current/manifest.json`, 'utf8')) as { generation: number; previous: number };
  expect(readlinkSync(`${root}/current`)).toBe(`generations/${manifest.generation}`);
  expect(readdirSync(`${root}/generations`)).toEqual(
    expect.arrayContaining(Array.from({ length: manifest.generation }, (_, index) => String(index + 1))),
  );
  const visible = [];
  for (const architecture of ['aarch64', 'x86_64']) {
    const { records } = await readIndexArchive(readFileSync(`${root}/current/${architecture}/APKINDEX.tar.gz`), architecture);
    for (const record of records) {
      expect(statSync(`${root}/current/${architecture}/${record.name}-${record.version}.apk`).size).toBe(record.size);
      visible.push(`${record.name}-${record.version}`);
    }
    expect(readdirSync(`${root}/current/${architecture}`)).toHaveLength(records.length + 1);
  }
  // All architectures and all subpackages, or nothing.
  for (const name of new Set(visible)) expect(visible.filter((item) => item === name)).toHaveLength(2);
  const origins = visible.filter((name) => !name.includes('-dev-'));
  expect(visible.filter((name) => name.includes('-dev-')).map((name) => name.replace('-dev-', '-'))).toEqual(origins);
  return [...new Set(origins)].map((name) => name.replace('-r0', '')).sort();
}

type Action = { readonly publish: readonly string[]; readonly withdraw: readonly string[]; readonly crashAfter: number };

const action: fc.Arbitrary<Action> = fc.record({
  publish: fc.uniqueArray(fc.constantFrom(...NAMES.flatMap((name) => VERSIONS.map((version) => `${name}-${version}`))), { maxLength: 3 }),
  withdraw: fc.uniqueArray(fc.constantFrom(...NAMES.map((name) => `${name}-1`)), { maxLength: 1 }),
  crashAfter: fc.oneof(fc.constant(Infinity), fc.nat({ max: 60 })),
});

test('whatever is published, withdrawn and interrupted, what is visible is whole, and what was asked for is there after a retry', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 5 }), fc.boolean(), async (actions, restarts) => {
      const root = temporaryFolder();
      const ownStore = createFolderStore(copyOf(storeFolder));
      const wanted = new Set<string>();
      const gone = new Set<string>();
      for (const { publish, withdraw, crashAfter } of actions) {
        const takesBack = withdraw.filter((name) => wanted.has(name) || publish.includes(name));
        const group = {
          publish: publish.filter((name) => !gone.has(name)).map((name) => requests.get(name)!),
          withdraw: takesBack.map((name) => {
            const [origin = '', version = ''] = name.split('-');
            return { id: name, package: origin, version: `${version}-r0`, by: 'ada', reason: 'a test' };
          }),
        };
        const attempt = async (disk: Disk) =>
          makeFactory({ key, store: ownStore, root, architectures: ['aarch64', 'x86_64'], disk }).publish(group);
        const before = await look(root);
        for (const item of group.publish) wanted.add(`${item.package}-${item.version.replace('-r0', '')}`);
        for (const name of takesBack) {
          wanted.delete(name);
          gone.add(name);
        }
        const after = [...wanted].sort();
        await attempt(crashingDisk(crashAfter)).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        expect([before, after]).toContainEqual(await look(root));
        if (restarts) await recoverRepository(root);
        expect([before, after]).toContainEqual(await look(root));
        await attempt(localDisk);
        expect(await look(root)).toEqual(after);
      }
    }),
    { numRuns: 8 },
  );
}, 60_000);

test('at every single step of a publication a crash leaves the old generation or the new one', async () => {
  const outcomes: string[] = [];
  const [alpha, beta] = [requests.get('alpha-1')!, requests.get('beta-1')!];
  const first = temporaryFolder();
  await makeFactory({ key, store, root: first, architectures: ['aarch64', 'x86_64'] }).publish({ publish: [alpha], withdraw: [] });
  for (let steps = 0; ; steps += 1) {
    const root = copyOf(first);
    const factory = (disk: Disk) => makeFactory({ key, store, root, architectures: ['aarch64', 'x86_64'], disk });
    let crashed = false;
    await factory(crashingDisk(steps))
      .publish({ publish: [beta], withdraw: [] })
      .catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        crashed = true;
      });
    const seen = (await look(root)).join();
    outcomes.push(seen);
    expect(['alpha-1', 'alpha-1,beta-1']).toContain(seen);
    await recoverRepository(root);
    expect(await factory(localDisk).publish({ publish: [beta], withdraw: [] })).toBe(2);
    expect(await look(root)).toEqual(['alpha-1', 'beta-1']);
    if (!crashed) break;
  }
  expect(outcomes.length).toBeGreaterThan(20);
  expect(outcomes).toEqual([...outcomes].sort());
}, 60_000);
