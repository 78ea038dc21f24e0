import { createFolderStore } from '../../src/activities/store/folder-store';
import { createEndedReleases, releaseRecords } from '../../src/views/records';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';
import { record } from '../cli/records';
import { writeFileSync, rmSync } from 'node:fs';

afterAll(removeTemporaryFolders);

it('reads each record once, keeps what lists need, and finds the new ones', async () => {
  const folder = temporaryFolder();
  const store = createFolderStore(folder);
  const read: string[] = [];
  const ended = createEndedReleases({ ...store, readRecord: (kind, name) => (read.push(name), store.readRecord(kind, name)) });
  expect(await ended()).toEqual([]);
  await store.writeRecord('release', 'release:zlib-1.3.1-r0@1', record);
  const { generation: _generation, ...rejected } = { ...record, id: 'release:lz4-1-r0', outcome: 'rejected' as const };
  await store.writeRecord('release', 'release:lz4-1-r0@2', rejected);
  const all = await ended();
  expect(all.map(({ id }) => id)).toEqual([record.id, 'release:lz4-1-r0']);
  expect((await releaseRecords(store)).map((one) => ({ ...one, input: { package: 'zlib', version: '1.3.1', epoch: 0 } }))).toMatchObject(
    all,
  );
  expect(Object.keys(all[0]!)).not.toContain('verdicts');
  await ended();
  expect(read).toEqual(['release:zlib-1.3.1-r0@1', 'release:lz4-1-r0@2']);
});

it('what is repaired is read again', async () => {
  const folder = temporaryFolder();
  const store = createFolderStore(folder);
  await store.writeRecord('release', 'broken', record);
  const file = `${folder}/records/release/broken.json`;
  rmSync(file);
  writeFileSync(file, '{');
  const ended = createEndedReleases(store);
  await expect(ended()).rejects.toThrow(/is not JSON/);
  await store.writeRecord('release', 'broken', record);
  expect(await ended()).toHaveLength(1);
});
