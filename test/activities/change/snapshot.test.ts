import { mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { materialise, takeSnapshot } from '../../../src/activities/change/snapshot';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { createTestRepository, type TestRepository } from '../forge/repository';

// Many processes on few cores: what takes long here is no failure.
jest.setTimeout(60_000);

const PATCH = Buffer.from([0x61, 0xe9, 0xff, 0x00, 0x0a]);

describe('snapshot of a package', () => {
  let repository: TestRepository;
  let out: string;
  beforeEach(() => {
    repository = createTestRepository({
      'packages/zlib.yaml': 'zlib\n',
      'packages/zlib/fix.patch': PATCH,
      'packages/zlib/deep/er.txt': 'deep\n',
      'packages/zlib-ng.yaml': 'ng\n',
    });
    out = mkdtempSync(join(tmpdir(), 'snapshot-'));
  });
  afterEach(() => {
    repository.remove();
    rmSync(out, { recursive: true, force: true });
  });
  const deps = () => ({
    store: createFolderStore(join(repository.folder, 'store')),
    forge: createLocalGitForge({ repository: repository.bare, work: join(repository.folder, 'work'), branchPrefix: 'millrace/' }),
    directory: 'packages',
  });
  const head = () => repository.git('rev-parse', 'main');

  test('comes out as it went in, writable, with nothing of other packages', async () => {
    const snapshot = (await takeSnapshot(deps(), 'zlib', head()))!;
    expect(snapshot).toMatchObject({ package: 'zlib', path: 'packages/zlib.yaml', commit: head() });
    const written = await materialise(snapshot, deps().store, join(out, 'a'));
    expect(written).toEqual({ spec: join(out, 'a/zlib.yaml'), folder: join(out, 'a/zlib') });
    expect(readFileSync(written.spec, 'utf8')).toBe('zlib\n');
    expect(readFileSync(join(written.folder, 'fix.patch'))).toEqual(PATCH);
    expect(readFileSync(join(written.folder, 'deep/er.txt'), 'utf8')).toBe('deep\n');
    expect(readdirSync(join(out, 'a'), { recursive: true }).sort()).toEqual([
      'zlib',
      'zlib.yaml',
      'zlib/deep',
      'zlib/deep/er.txt',
      'zlib/fix.patch',
    ]);
    expect(statSync(written.spec).mode & 0o777).toBe(0o644);
  });

  test('a package without files has an empty folder; an unknown one no snapshot', async () => {
    const snapshot = (await takeSnapshot(deps(), 'zlib-ng', head()))!;
    const { folder } = await materialise(snapshot, deps().store, join(out, 'a'));
    expect(readdirSync(folder)).toEqual([]);
    expect(await takeSnapshot(deps(), 'absent', head())).toBeUndefined();
  });

  test.each([
    ['a file outside', { files: { '../outside': 'spec' } }],
    ['an absolute file', { files: { '/tmp/outside': 'spec' } }],
    ['a name that is a path', { package: '../zlib' }],
  ])('%s: refused before anything is written', async (_, more) => {
    const snapshot = (await takeSnapshot(deps(), 'zlib', head()))!;
    const files = Object.fromEntries(Object.keys(('files' in more && more.files) || {}).map((path) => [path, snapshot.spec]));
    const bent = { ...snapshot, ...more, files };
    await expect(materialise(bent, deps().store, join(out, 'a'))).rejects.toMatchObject({ name: 'SnapshotRefused' });
    expect(readdirSync(out)).toEqual([]);
  });

  test('nothing is overwritten', async () => {
    const snapshot = (await takeSnapshot(deps(), 'zlib', head()))!;
    writeFileSync(join(out, 'zlib.yaml'), 'mine\n');
    await expect(materialise(snapshot, deps().store, out)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(join(out, 'zlib.yaml'), 'utf8')).toBe('mine\n');
  });
});
