import { createBuildHistory } from '../../../src/activities/floor/build-history';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

describe('build history', () => {
  afterAll(removeTemporaryFolders);

  const build = (seconds: number, more: object = {}) => ({ outcome: 'built', seconds, reused: false, ...more });
  const store = () => createFolderStore(temporaryFolder());
  const record = (of: ReturnType<typeof store>, name: string, nth: number, builds: readonly object[]) =>
    of.writeRecord('release', `release:${name}-1-r${nth}@x`, { input: { package: name }, builds });

  it('takes the slowest architecture of each of the last five builds', async () => {
    const records = store();
    for (let nth = 1; nth <= 6; nth += 1) await record(records, 'zlib', nth, [build(nth), build(10 * nth)]);
    await record(records, 'pigz', 1, [build(3)]);
    const history = await createBuildHistory(records)();
    expect(history.get('zlib')).toEqual([20, 30, 40, 50, 60]);
    expect(history.get('pigz')).toEqual([3]);
  });

  it('learns nothing from what was reused or failed', async () => {
    const records = store();
    await record(records, 'zlib', 1, [build(7, { reused: true }), build(900, { outcome: 'failed' })]);
    await record(records, 'pigz', 1, []);
    expect([...(await createBuildHistory(records)())]).toEqual([]);
  });

  it('reads each record once, and what was added since', async () => {
    const records = store();
    await record(records, 'zlib', 1, [build(1)]);
    const read: string[] = [];
    const history = createBuildHistory({
      listRecords: records.listRecords,
      readRecord: (kind, name) => {
        read.push(name);
        return records.readRecord(kind, name);
      },
    });
    await history();
    await record(records, 'zlib', 2, [build(2)]);
    const [one, other] = await Promise.all([history(), history()]);
    expect(one.get('zlib')).toEqual([1, 2]);
    expect(other.get('zlib')).toEqual([1, 2]);
    expect(read).toEqual(['release:zlib-1-r1@x', 'release:zlib-1-r2@x']);
  });
});
