import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/digest';
import type { Digest } from '../../../src/domain/digest';
import { createFolderStore, NameRefused, ObjectMissing, RecordUnreadable } from '../../../src/activities/store/folder-store';
import { DiskFull } from '../../../src/activities/store/full-disk';
import { onSmallDisk } from './small-disk';

// Every write is synced to the disk, which may be busy.
jest.setTimeout(60_000);

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-store-'));
  root = join(folder, 'store');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (bytes: Uint8Array | string): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const temporaryFiles = () => readdirSync(join(root, 'tmp'));
const bytes = fc.uint8Array({ maxLength: 2000 });

describe('objects', () => {
  test('any content put by bytes, by copy and by move is found under its digest, once and unchanged', async () => {
    const store = createFolderStore(root);
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (contents) => {
        for (const content of contents) {
          const file = join(folder, 'input');
          writeFileSync(file, content);
          const puts = [await store.putFile(file), await store.putFile(file, { move: true }), await store.putBytes(content)];
          expect(new Set(puts)).toEqual(new Set([digestOf(content)]));
          expect(() => statSync(file)).toThrow('ENOENT');
          expect(new Uint8Array(readFileSync(await store.object(digestOf(content))))).toEqual(content);
        }
        expect(temporaryFiles()).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('are read-only and stay where they are when put again', async () => {
    const store = createFolderStore(root);
    const path = await store.object(await store.putBytes('x'));
    const before = statSync(path);
    await createFolderStore(root).putBytes('x');
    expect(before.mode & 0o777).toBe(0o444);
    expect(statSync(path).ino).toBe(before.ino);
  });

  test('a moved file keeps nothing behind and a larger file than one block is whole', async () => {
    const store = createFolderStore(root);
    const content = Buffer.alloc(3 * 1024 * 1024 + 17, 'abc');
    writeFileSync(join(folder, 'large'), content);
    expect(readFileSync(await store.object(await store.putFile(join(folder, 'large')))).equals(content)).toBe(true);
    expect(readFileSync(await store.object(await store.putFile(join(folder, 'large'), { move: true }))).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['store']);
  });

  test.each(['who', 'spoil'])('an object that the disk changed to %j is repaired by every kind of put', async (spoiled) => {
    const store = createFolderStore(root);
    const path = await store.object(await store.putBytes('whole'));
    const file = join(folder, 'whole');
    for (const put of [() => store.putBytes('whole'), () => store.putFile(file), () => store.putFile(file, { move: true })]) {
      rmSync(path);
      writeFileSync(path, spoiled);
      writeFileSync(file, 'whole');
      await put();
      expect(readFileSync(path, 'utf8')).toBe('whole');
    }
  });

  test('a missing one is named, and no digest leads out of the folder', async () => {
    const store = createFolderStore(root);
    const absent = digestOf('absent');
    expect(await store.has(absent)).toBe(false);
    await expect(store.object(absent)).rejects.toThrow(ObjectMissing);
    await expect(store.object(absent)).rejects.toThrow(absent);
    await expect(store.object('sha256:../../etc/passwd')).rejects.toThrow(NameRefused);
  });

  test('two writers of the same and of other contents do not disturb each other', async () => {
    const stores = [createFolderStore(root), createFolderStore(root), createFolderStore(root)];
    const puts = Array.from({ length: 60 }, (_, index) => stores[index % 3]!.putBytes(`content ${index % 7}`));
    expect(new Set(await Promise.all(puts)).size).toBe(7);
    expect(temporaryFiles()).toEqual([]);
  });

  test('a failed put leaves nothing', async () => {
    await expect(createFolderStore(root).putFile(join(folder, 'absent'))).rejects.toThrow('ENOENT');
    expect(temporaryFiles()).toEqual([]);
  });

  test('what a killed writer left is removed a day later, not what another writes now', async () => {
    mkdirSync(join(root, 'tmp'), { recursive: true });
    writeFileSync(join(root, 'tmp', 'old'), '');
    utimesSync(join(root, 'tmp', 'old'), new Date(0), new Date(0));
    writeFileSync(join(root, 'tmp', 'new'), '');
    await createFolderStore(root).putBytes('x');
    expect(temporaryFiles()).toEqual(['new']);
  });
});

describe('records', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z0-9:._+-]{1,40}$/),
    fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text)),
    fc.constantFrom('.', '..', '../../x', 'a/b', 'release:zlib-1.3.1-r0', '%2F', 'CON', ' '),
  );

  test('behave as a map in order of last writing, whatever the names', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.jsonValue({ maxDepth: 2 })), { maxLength: 8 }), async (writes) => {
        const store = createFolderStore(join(root, String((round += 1))));
        const model = new Map<string, unknown>();
        for (const [key, value] of writes) {
          const digest = await store.writeRecord('release', key, value);
          expect(readFileSync(await store.object(digest), 'utf8')).toBe(canonicalJson(value));
          model.delete(key);
          model.set(key, value);
        }
        expect(await store.listRecords('release')).toEqual([...model.keys()]);
        expect(await store.listRecords('build')).toEqual([]);
        for (const [key, value] of model) expect(canonicalJson(await store.readRecord('release', key))).toBe(canonicalJson(value));
      }),
      { numRuns: 20 },
    );
  });

  test('a missing one is undefined; an edited one that is not JSON is named', async () => {
    const store = createFolderStore(root);
    expect(await store.readRecord('gate', 'none')).toBeUndefined();
    await store.writeRecord('gate', 'a:b', {});
    const [file] = readdirSync(join(root, 'records', 'gate'));
    writeFileSync(join(root, 'records', 'gate', file!), '{');
    await expect(store.readRecord('gate', 'a:b')).rejects.toThrow(RecordUnreadable);
    await expect(store.readRecord('gate', 'a:b')).rejects.toThrow(join(root, 'records', 'gate', file!));
  });

  test('readers see whole records while another writer replaces them', async () => {
    const [writer, reader] = [createFolderStore(root), createFolderStore(root)];
    const value = (index: number) => ({ index, filling: String(index).repeat(20_000) });
    await writer.writeRecord('verdicts', 'v', value(0));
    const writing = (async () => {
      for (let index = 1; index < 20; index += 1) await writer.writeRecord('verdicts', 'v', value(index));
    })();
    for (let index = 0; index < 40; index += 1) {
      const seen = await reader.readRecord<{ index: number }>('verdicts', 'v');
      expect(seen).toEqual(value(seen!.index));
    }
    await writing;
  });

  test.each([['' as const], ['a'.repeat(300)], ['\ud800']])('the name %j is refused', async (refused) => {
    await expect(createFolderStore(root).writeRecord('build', refused, 1)).rejects.toThrow(NameRefused);
  });
});

describe('logs', () => {
  test('have a folder to be written to', async () => {
    const path = await createFolderStore(root).log('zlib/1.3.1-r0/x86_64.log');
    writeFileSync(path, 'line\n');
    expect(path).toBe(join(root, 'logs/zlib/1.3.1-r0/x86_64.log'));
  });

  test.each(['../x', 'a/../../x', '/etc/x', 'a//b', '', '.', 'a\0b'])('the name %j is refused', async (refused) => {
    await expect(createFolderStore(root).log(refused)).rejects.toThrow(NameRefused);
  });
});

describe('a full disk', () => {
  onSmallDisk('is named with the remedy, leaves nothing, and work goes on after space was made', async (disk) => {
    root = disk;
    const store = createFolderStore(root);
    const filling = await store.object(await store.putBytes(Buffer.alloc(70_000)));
    const large = Buffer.alloc(90_000, 'x');
    const file = join(folder, 'large');
    writeFileSync(file, large);
    for (const put of [
      () => store.putBytes(large),
      () => store.putFile(file),
      () => store.putFile(file, { move: true }),
      () => store.writeRecord('build', 'r', 'x'.repeat(90_000)),
    ]) {
      await expect(put()).rejects.toThrow(DiskFull);
      await expect(put()).rejects.toThrow(root);
      expect(temporaryFiles()).toEqual([]);
    }
    expect(await store.readRecord('build', 'r')).toBeUndefined();
    rmSync(filling);
    await store.putFile(file, { move: true });
    expect(await store.has(digestOf(large))).toBe(true);
  });
});
