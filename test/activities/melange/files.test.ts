import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIndexFile, writeIndexFile } from '../../../src/activities/melange/index-file';
import { place } from '../../../src/activities/melange/repositories';
import { modificationTimes } from '../../../src/activities/melange/source-times';
import type { IndexRecord } from '../../../src/domain/apk/apk';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const record = (name: string): IndexRecord => ({
  name,
  version: '1.0-r0',
  architecture: 'x86_64',
  installedSize: 1,
  origin: name,
  description: 'd',
  url: '',
  commit: '',
  buildDate: 1,
  license: 'MIT',
  depends: ['so:libc.so.6'],
  provides: [],
  replaces: [],
  checksum: 'Q1aaaaaaaaaaaaaaaaaaaaaaaaaaa=',
  size: 10,
});

test('an index reads as it was written, and equal records give equal bytes', async () => {
  const [one, other] = [join(folder, 'a/APKINDEX.tar.gz'), join(folder, 'b/APKINDEX.tar.gz')];
  await writeIndexFile(one, [record('a'), record('b')]);
  await writeIndexFile(other, [record('b'), record('a')]);
  expect(await readIndexFile(one)).toEqual([record('a'), record('b')]);
  expect(await readFile(one)).toEqual(await readFile(other));
});

test('an archive that is no index is refused by name', async () => {
  const file = join(folder, 'x.tar.gz');
  execFileSync('tar', ['-czf', file, '-C', folder, '--files-from', '/dev/null']);
  await expect(readIndexFile(file)).rejects.toMatchObject({ type: 'Infrastructure', message: expect.stringContaining(file) });
});

test.each(['gz', 'xz', 'bz2'])('times of the entries of a tar.%s', async (form) => {
  await mkdir(join(folder, 'hello world'));
  await writeFile(join(folder, 'hello world', '2001-01-01 00:00:00'), 'x');
  const archive = join(folder, `a.tar.${form}`);
  execFileSync('tar', ['-caf', archive, '--mtime=2024-05-06 07:08:09Z', '-C', folder, 'hello world']);
  expect(new Set(await modificationTimes(archive))).toEqual(new Set([Date.UTC(2024, 4, 6, 7, 8, 9) / 1000]));
});

test('a source that is no archive has no times', async () => {
  await writeFile(join(folder, 'x.patch'), 'not a tar');
  expect(await modificationTimes(join(folder, 'x.patch'))).toEqual([]);
});

test('a file behind a symbolic link is placed as the file', async () => {
  await writeFile(join(folder, 'object'), 'apk');
  await symlink('object', join(folder, 'link'));
  await place(join(folder, 'link'), join(folder, 'placed'));
  await rm(join(folder, 'object'));
  expect(await readFile(join(folder, 'placed'), 'utf8')).toBe('apk');
});
