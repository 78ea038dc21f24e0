import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Cause, ReleaseRecord } from '../../src/domain/release/release';
import { causeChain } from '../../src/views/cause-chain';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';
import { record } from '../cli/records';

describe('what a rebuild goes back to', () => {
  afterAll(removeTemporaryFolders);

  const order = (...roots: string[]): Cause => ({
    id: 'app#1',
    kind: 'rebuild',
    text: 'app was asked for by mid 1.0-r1',
    at: '2026-01-02T10:00:00Z',
    roots,
  });
  const released: Cause = { id: 'upstream', kind: 'upstream-release', text: 'libxml2 2.15.4 was released', at: '2026-01-01T10:00:00Z' };
  const store = async (...records: Partial<ReleaseRecord>[]) => {
    const made = createFolderStore(temporaryFolder());
    for (const one of records) await made.writeRecord('release', `${one.id}@${one.startedAt}`, { ...record, ...one });
    return made;
  };

  it('is the publication of each root, by its last run, with what set that off', async () => {
    const id = 'release:libxml2-2.15.4-r0';
    const broken = { kind: 'break', breaks: ['mid'], removed: ['libxml2.so.2'], changes: [] } as const;
    const records = await store(
      { id, startedAt: '2026-01-01T00:00:00Z', outcome: 'failed', input: { ...record.input, causes: [] } },
      { id, startedAt: '2026-01-01T01:00:00Z', comparison: broken, input: { ...record.input, causes: [released] } },
      { id: 'release:libxml2-2.15.4-r01', startedAt: '2026-01-01T02:00:00Z' },
    );
    expect(
      await causeChain(records, [order('libxml2@2.15.4-r0', 'gone@1-r0'), order('libxml2@2.15.4-r0', 'ada@2026-01-01T10:00:00.000Z')]),
    ).toEqual([{ release: 'libxml2-2.15.4-r0', text: 'ABI broken, libxml2.so.2 gone: mid to be rebuilt', causes: [released] }]);
  });

  it('is nothing for what is no rebuild', async () => {
    expect(await causeChain(await store(), [released])).toEqual([]);
  });
});
