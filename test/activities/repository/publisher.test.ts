import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recoverRepository } from '../../../src/activities/repository/current';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { onSmallDisk } from '../store/small-disk';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from './support';

const key = testKey();
const factory = (options: Parameters<typeof makeFactory>[0] = {}) => makeFactory({ key, ...options });
afterAll(removeTemporaryFolders);

const names = async (reader: ReturnType<typeof factory>['reader'], architecture = 'x86_64') =>
  (await reader.readIndex(architecture)).map((record) => `${record.name}-${record.version}`);

test('a group of releases becomes one generation with all architectures, and every package can be read through it', async () => {
  const { publish, request, reader, root } = factory({ architectures: ['x86_64', 'aarch64'] });
  const zlib = await request({ name: 'zlib', version: '1.3', subpackages: ['zlib-dev'], architectures: ['x86_64', 'aarch64'] });
  const pigz = await request({ name: 'pigz', version: '2.8' });
  expect(await publish({ publish: [zlib, pigz], withdraw: [] })).toBe(1);

  expect(await names(reader)).toEqual(['pigz-2.8-r0', 'zlib-1.3-r0', 'zlib-dev-1.3-r0']);
  expect(await names(reader, 'aarch64')).toEqual(['zlib-1.3-r0', 'zlib-dev-1.3-r0']);
  expect(readlinkSync(`${root}/current`)).toBe('generations/1');
  for (const record of await reader.readIndex('aarch64'))
    expect(readFileSync(`${root}/current/aarch64/${record.name}-${record.version}.apk`)).toHaveLength(record.size);
  expect(await reader.readManifest()).toMatchObject({
    generation: 1,
    previous: 0,
    contains: ['zlib-1.3-r0', 'pigz-2.8-r0'],
    withdrawn: [],
  });
});

test('the first generation of nothing has an empty index for each architecture', async () => {
  const { publish, reader, root } = factory({ architectures: ['x86_64', 'aarch64'] });
  expect(await publish({ publish: [], withdraw: [] })).toBe(1);
  expect(existsSync(`${root}/current/aarch64/APKINDEX.tar.gz`)).toBe(true);
  expect(await reader.readIndex('aarch64')).toEqual([]);
  expect(await publish({ publish: [], withdraw: [] })).toBe(1);
});

test('older versions stay, versions are ordered as apk orders them, and publishing again changes nothing', async () => {
  const { publish, request, reader, publisher } = factory();
  const group = [];
  for (const version of ['1.10', '1.9', '1.9.1_rc1']) group.push(await request({ name: 'zlib', version, subpackages: ['zlib-dev'] }));
  for (const one of group) await publish({ publish: [one], withdraw: [] });
  expect(await reader.publishedVersions('zlib')).toEqual(['1.9-r0', '1.9.1_rc1-r0', '1.10-r0']);
  expect(await reader.newestPublished('zlib')).toBe('1.10-r0');
  expect(await reader.findPackage('zlib-dev', 'x86_64')).toMatchObject({ version: '1.10-r0', origin: 'zlib' });
  expect(await reader.findPackage('zlib-dev', 'x86_64', '1.9-r0')).toMatchObject({ version: '1.9-r0' });
  expect(await publisher.prepareGeneration({ publish: group, withdraw: [] })).toMatchObject({ changed: false, generation: 3, previous: 3 });
});

test('a withdrawal takes all packages of the origin out of the index, keeps the objects, says who and why, and is final', async () => {
  const { publish, request, withdrawal, reader, root } = factory();
  const old = await request({ name: 'zlib', version: '1.2', subpackages: ['zlib-dev'] });
  const bad = await request({ name: 'zlib', version: '1.3', subpackages: ['zlib-dev'] });
  await publish({ publish: [old, bad], withdraw: [] });
  expect(await publish({ publish: [], withdraw: [withdrawal('zlib', '1.3-r0')] })).toBe(2);

  expect(await names(reader)).toEqual(['zlib-1.2-r0', 'zlib-dev-1.2-r0']);
  expect(existsSync(`${root}/current/x86_64/zlib-1.3-r0.apk`)).toBe(false);
  expect(existsSync(`${root}/objects/x86_64/zlib-1.3-r0.apk`)).toBe(true);
  expect((await reader.readManifest())?.withdrawn).toEqual([
    { package: 'zlib', version: '1.3-r0', by: 'ada', reason: 'it eats files', at: '2026-01-02T03:04:05.000Z' },
  ]);
  expect(await publish({ publish: [], withdraw: [withdrawal('zlib', '1.3-r0')] })).toBe(2);
  await expect(publish({ publish: [bad], withdraw: [] })).rejects.toThrow(/1.3-r0 was withdrawn by ada \(it eats files\).*raise the epoch/);
  await expect(publish({ publish: [], withdraw: [withdrawal('zlib', '9-r0')] })).rejects.toThrow(/zlib 9-r0 is not published/);
});

test('a published file is never overwritten', async () => {
  const { publish, request, reader, root } = factory();
  await publish({ publish: [await request({ name: 'zlib', version: '1.3', content: 'one' })], withdraw: [] });
  const before = readFileSync(`${root}/objects/x86_64/zlib-1.3-r0.apk`);
  const other = await request({ name: 'zlib', version: '1.3', content: 'two' });
  await expect(publish({ publish: [other], withdraw: [] })).rejects.toMatchObject({
    name: 'IndexRefused',
    message: expect.stringMatching(/zlib-1.3-r0 for x86_64 is published already with other content: Q1.*, not Q1/),
  });
  expect(readFileSync(`${root}/objects/x86_64/zlib-1.3-r0.apk`)).toEqual(before);

  // Also an object that no index names yet, which a publisher left that died: both digests are named.
  const left = await request({ name: 'lz4', version: '1' });
  writeFileSync(`${root}/objects/x86_64/lz4-1-r0.apk`, 'something else');
  await expect(publish({ publish: [left], withdraw: [] })).rejects.toThrow(
    /lz4-1-r0.apk is there with other content \(sha256:.*, not sha256:/,
  );
  expect(await names(reader)).toEqual(['zlib-1.3-r0']);
});

test.each([
  ['an architecture of the gate is left out', (packages: readonly unknown[]) => packages.slice(0, 1), /all or none/],
  ['a package stands in for another', (packages: readonly unknown[]) => [packages[0], packages[0]], /all or none/],
  [
    'an object of another content is named',
    (packages: readonly unknown[]) => [packages[0], { ...(packages[1] as object), signed: (packages[0] as { signed: string }).signed }],
    /it is for x86_64, not for aarch64/,
  ],
])('refused: %s', async (_name, change, message) => {
  const { publisher, request, root } = factory({ architectures: ['x86_64', 'aarch64'] });
  const whole = await request({ name: 'zlib', version: '1.3', architectures: ['x86_64', 'aarch64'] });
  const partial = { ...whole, packages: change(whole.packages) as typeof whole.packages };
  const attempt = publisher.prepareGeneration({ publish: [partial], withdraw: [] });
  await expect(attempt).rejects.toMatchObject({ name: 'IndexRefused', message: expect.stringMatching(message) });
  expect(existsSync(`${root}/objects`)).toBe(false);
});

test('a signed package of another build than the gate passed is refused', async () => {
  const { publisher, request } = factory();
  const other = await request({ name: 'zlib', version: '1.3', content: 'another build' });
  const passed = await request({ name: 'zlib', version: '1.3' });
  const mixed = { ...passed, packages: other.packages };
  await expect(publisher.prepareGeneration({ publish: [mixed], withdraw: [] })).rejects.toThrow(
    /its checksum is Q1.*, but the gate passed Q1/,
  );
});

test('an architecture that millrace.yaml does not name is refused', async () => {
  const { publish, request } = factory({ architectures: ['x86_64'] });
  const both = await request({ name: 'zlib', version: '1.3', architectures: ['x86_64', 'aarch64'] });
  await expect(publish({ publish: [both], withdraw: [] })).rejects.toThrow(/aarch64 is not an architecture of millrace.yaml \(x86_64\)/);
});

test('a publisher that comes back late cannot win, and one that repeats its commit gets its answer', async () => {
  const { publisher, signer, request, reader } = factory();
  const prepare = async (name: string) => {
    const prepared = await publisher.prepareGeneration({ publish: [await request({ name, version: '1' })], withdraw: [] });
    const { signed } = await signer.signIndexes(prepared);
    return { generation: prepared.generation, previous: prepared.previous, signed, contains: [`${name}-1-r0`], withdrawn: [] };
  };
  const late = await prepare('late');
  const early = await prepare('early');
  expect(await publisher.commitGeneration(early)).toEqual({ generation: 1 });
  expect(await publisher.commitGeneration(early)).toEqual({ generation: 1 });
  await expect(publisher.commitGeneration(late)).rejects.toMatchObject({ name: 'Conflict' });
  const next = await prepare('next');
  await publisher.commitGeneration(next);
  await expect(publisher.commitGeneration(late)).rejects.toMatchObject({ name: 'Conflict' });
  await expect(publisher.commitGeneration({ ...late, generation: 5, previous: 4 })).rejects.toMatchObject({ name: 'Conflict' });
  expect(await publisher.commitGeneration(early)).toEqual({ generation: 1 });
  expect(await reader.currentGeneration()).toBe(2);
  expect(await names(reader)).toEqual(['early-1-r0', 'next-1-r0']);
});

test('two commits of the same generation at once: one wins, the other is told', async () => {
  const { publisher, signer, request, root } = factory();
  const candidates = [];
  for (const name of ['a', 'b']) {
    const prepared = await publisher.prepareGeneration({ publish: [await request({ name, version: '1' })], withdraw: [] });
    candidates.push({ ...prepared, ...(await signer.signIndexes(prepared)), contains: [name], withdrawn: [] });
  }
  const outcomes = await Promise.allSettled(candidates.map((candidate) => publisher.commitGeneration(candidate)));
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({ reason: { name: 'Conflict' } });
  expect(readdirSync(`${root}/staging`)).toEqual([]);
});

test('an index that names a package whose object is gone is not committed', async () => {
  const { publisher, signer, request, reader, root } = factory();
  const prepared = await publisher.prepareGeneration({ publish: [await request({ name: 'zlib', version: '1' })], withdraw: [] });
  const { signed } = await signer.signIndexes(prepared);
  rmSync(`${root}/objects/x86_64/zlib-1-r0.apk`);
  await expect(publisher.commitGeneration({ ...prepared, signed, contains: [], withdrawn: [] })).rejects.toThrow(
    /zlib-1-r0.apk is missing/,
  );
  expect(await reader.currentGeneration()).toBe(0);
});

test('old generations keep their index but not a link for each package, and the newest fifty can be read whole', async () => {
  const { publisher, publish, request, reader, root } = factory();
  await publish({ publish: [await request({ name: 'zlib', version: '1' })], withdraw: [] });
  const { indexes } = (await reader.readManifest())!;
  for (let generation = 2; generation <= 53; generation += 1)
    await publisher.commitGeneration({ generation, previous: generation - 1, signed: indexes, contains: [], withdrawn: [] });
  const links = (generation: number) => readdirSync(`${root}/generations/${generation}/x86_64`).sort();
  for (const old of [1, 2, 3]) expect(links(old)).toEqual(['APKINDEX.tar.gz']);
  for (const recent of [4, 53]) expect(links(recent)).toEqual(['APKINDEX.tar.gz', 'zlib-1-r0.apk']);
  expect(await reader.readIndex('x86_64', 1)).toHaveLength(1);
});

test('a gate record that is none, or is shut, is refused', async () => {
  const { publisher, request, passGate, store } = factory();
  const whole = await request({ name: 'zlib', version: '1' });
  const shut = await passGate({ name: 'zlib', version: '1', change: (gate) => ({ ...gate, verdicts: [] }) });
  for (const gate of [shut, await store.putBytes('hello')])
    await expect(publisher.prepareGeneration({ publish: [{ ...whole, gate }], withdraw: [] })).rejects.toMatchObject({
      name: 'GateRefused',
    });
});

test('at the start an interrupted switch is finished and staging is cleared', async () => {
  const { publish, request, reader, root } = factory();
  await publish({ publish: [await request({ name: 'a', version: '1' })], withdraw: [] });
  await publish({ publish: [await request({ name: 'b', version: '1' })], withdraw: [] });
  rmSync(`${root}/current`);
  symlinkSync('generations/1', `${root}/current`);
  symlinkSync('generations/1', `${root}/.current-1`);
  writeFileSync(join(root, 'staging', 'left'), '');
  expect(await reader.currentGeneration()).toBe(1);
  await recoverRepository(root);
  expect(await reader.currentGeneration()).toBe(2);
  expect(readdirSync(root).sort()).toEqual(['current', 'generations', 'objects']);
});

onSmallDisk('on a full disk nothing is half published, and it goes on when there is space', async (root) => {
  const { publish, request, reader, passGate, signer } = factory({ root, store: createFolderStore(temporaryFolder()) });
  expect(await publish({ publish: [await request({ name: 'small', version: '1' })], withdraw: [] })).toBe(1);
  writeFileSync(join(root, 'ballast'), randomBytes(80 * 1024));
  const gate = await passGate({ name: 'large', version: '1', content: randomBytes(40 * 1024).toString('base64') });
  const { packages } = await signer.signPackages({ gate });
  const large = { id: 'release:large-1-r0', gate, package: 'large', version: '1-r0', packages };
  await expect(publish({ publish: [large], withdraw: [] })).rejects.toMatchObject({
    name: 'RepositoryFull',
    message: expect.stringMatching(/no space left for .*: free some on that disk/),
  });
  expect(readdirSync(join(root, 'staging'))).toEqual([]);
  expect(await names(reader)).toEqual(['small-1-r0']);
  rmSync(join(root, 'ballast'));
  expect(await publish({ publish: [large], withdraw: [] })).toBe(2);
  expect(await names(reader)).toEqual(['large-1-r0', 'small-1-r0']);
});
