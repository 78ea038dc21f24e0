import { createRepositoryReader } from '../../src/activities/repository/reader';
import { createCatalogue } from '../../src/views/catalogue';
import { makeFactory, removeTemporaryFolders } from '../activities/repository/support';

afterAll(removeTemporaryFolders);

it('tells the newest version of each origin, its parts, and which generation brought it; each generation is read once', async () => {
  const { root, publish, request, withdrawal } = makeFactory();
  const read: string[] = [];
  const reader = createRepositoryReader({ root });
  const catalogue = createCatalogue({
    currentGeneration: reader.currentGeneration,
    readManifest: (generation) => (read.push(`manifest ${generation}`), reader.readManifest(generation)),
    readIndex: (architecture, generation) => (read.push(`index ${generation}`), reader.readIndex(architecture, generation)),
  });
  expect(await catalogue()).toMatchObject({ generation: 0, packages: [] });

  await publish({
    publish: [await request({ name: 'zlib', version: '1.9', subpackages: ['zlib-dev'], description: 'squeezes' })],
    withdraw: [],
  });
  // A repeated request brings nothing: the first generation with it counts.
  const again = await request({ name: 'zlib', version: '1.9', subpackages: ['zlib-dev'], description: 'squeezes' });
  await publish({ publish: [await request({ name: 'lz4', version: '1.0' }), again], withdraw: [] });
  expect((await catalogue()).packages.map(({ name, since }) => [name, since?.generation])).toEqual([
    ['lz4', 2],
    ['zlib', 1],
  ]);
  await publish({ publish: [await request({ name: 'zlib', version: '1.10', subpackages: ['zlib-doc'] })], withdraw: [] });
  const newest = await catalogue();
  expect(newest.packages[0]).toMatchObject({ name: 'zlib', version: '1.10-r0', parts: ['zlib', 'zlib-doc'], architectures: ['x86_64'] });
  expect(newest.since('zlib', '1.9-r0')).toEqual({ generation: 1, time: '2026-01-02T03:04:05.000Z' });
  expect(newest.since('zlib', '2-r0')).toBeUndefined();

  await publish({ publish: [], withdraw: [withdrawal('zlib', '1.10-r0')] });
  const back = await catalogue();
  expect(back.packages.map(({ name, version, since }) => [name, version, since?.generation])).toEqual([
    ['lz4', '1.0-r0', 2],
    ['zlib', '1.9-r0', 1],
  ]);
  expect(await catalogue()).toBe(back);
  expect(read.filter((line) => line === 'index 4')).toHaveLength(1);
  expect(read.filter((line) => line === 'manifest 1')).toHaveLength(1);
});
