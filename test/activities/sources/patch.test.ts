import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { patchState } from '../../../src/activities/sources/patch';
import { commit, createRepository, git } from './repository';
import { tarOf } from './tar';
import type { TarEntry } from './tar';

// Real programs run, on a machine that may be busy.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-patch-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');
const BEFORE = { 'src/zip.c': lines(1, 60), 'doc/notes': lines(1, 20) };
/** Two hunks in one file, one in another, and a new file. */
const AFTER = {
  'src/zip.c': `${lines(1, 9)}check length\n${lines(10, 49)}${lines(51, 60)}`,
  'doc/notes': `${lines(1, 19)}fixed\n`,
  'test/new.c': 'int new;\n',
};

const patchBetween = (before: Record<string, string>, after: Record<string, string>) => {
  const repository = createRepository(join(folder, 'repository'));
  commit(repository, before);
  commit(repository, after);
  return `${git(repository, 'diff', 'HEAD~1', 'HEAD')}\n`;
};

const state = async (patch: string | Buffer, files: Record<string, string>, others: readonly TarEntry[] = []) => {
  const archive = join(folder, 'source.tar.gz');
  const patchFile = join(folder, 'fix.patch');
  const entries = Object.entries(files).map(([name, content]) => ({ name: `zlib-1.2.13/${name}`, content }));
  writeFileSync(archive, gzipSync(await tarOf([...entries, ...others])));
  writeFileSync(patchFile, patch);
  const found = await patchState(archive, patchFile, join(folder, 'work'));
  if (existsSync(join(folder, 'work'))) expect(readdirSync(join(folder, 'work', 'patch'))).toEqual([]);
  return found;
};

describe('a patch with several hunks', () => {
  test.each<[string, 'applies' | 'contained' | 'neither', Record<string, string>]>([
    ['the source before it', 'applies', BEFORE],
    ['a source in which the places moved', 'applies', { ...BEFORE, 'src/zip.c': `new\n${lines(100, 130)}${BEFORE['src/zip.c']}` }],
    ['the source after it', 'contained', AFTER],
    ['the source after it and other changes', 'contained', { ...AFTER, 'src/zip.c': `new\n${AFTER['src/zip.c']}`, other: 'x' }],
    ['a source with one file of it', 'neither', { ...BEFORE, 'src/zip.c': AFTER['src/zip.c'] }],
    ['a source with one hunk of it', 'neither', { ...AFTER, 'src/zip.c': `${lines(1, 9)}check length\n${lines(10, 60)}` }],
    ['a source that solved it otherwise', 'neither', { ...AFTER, 'src/zip.c': AFTER['src/zip.c'].replace('check length', 'check size') }],
    ['a source with another new file', 'neither', { ...AFTER, 'test/new.c': 'int other;\n' }],
    ['a source without the file', 'neither', { 'doc/notes': lines(1, 20) }],
  ])('on %s: %s', async (_, expected, files) => {
    expect(await state(patchBetween(BEFORE, AFTER), files)).toBe(expected);
  });
});

test('a series that changes one file twice applies', async () => {
  const middle = { a: lines(1, 10).replace('line 5', 'line five') };
  const end = { a: middle.a.replace('line five', 'LINE FIVE') };
  const series = patchBetween({ a: lines(1, 10) }, middle);
  rmSync(join(folder, 'repository'), { recursive: true });
  expect(await state(series + patchBetween(middle, end), { a: lines(1, 10) })).toBe('applies');
});

test('a fix that would apply once more with fuzz is contained, as that of CVE-2023-45853 is in zlib 1.3.1', async () => {
  const [head, tail] = ['open\n  if (bad)\n    return ERROR;\n\n', '  next\n  if (more)\n  {\nclose\n'];
  const fix = '  if (length)\n    return ERROR;\n\n';
  const patch = patchBetween({ x: head + tail }, { x: head + fix + tail });
  expect(execFileSync('patch', ['-p1', '--dry-run', '-f'], { cwd: join(folder, 'repository'), input: patch, encoding: 'utf8' })).toContain(
    'fuzz',
  );
  expect(await state(patch, { x: head + tail })).toBe('applies');
  expect(await state(patch, { x: head + fix + tail })).toBe('contained');
});

test('a fix that would apply once more exactly is not called contained', async () => {
  // The line is there twice; the fix removes one.
  const patch = '--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-line\n';
  expect(await state(patch, { x: 'line\nline\n' })).toBe('applies');
});

test('names in quotes are found', async () => {
  const before = { 'ümlaut.c': lines(1, 9) };
  expect(await state(patchBetween(before, { 'ümlaut.c': `${lines(1, 9)}new\n` }), before)).toBe('applies');
});

test('a hard link is a file; a symbolic link is not followed', async () => {
  const outside = join(folder, 'outside');
  writeFileSync(outside, 'line\n');
  const patch = '--- a/linked\n+++ b/linked\n@@ -1 +1 @@\n-line\n+other\n';
  expect(await state(patch, {}, [{ name: 'top/linked', type: 'symlink', linkname: outside }])).toBe('neither');
  expect(execFileSync('cat', [outside], { encoding: 'utf8' })).toBe('line\n');
});

test('an ed script runs nothing', async () => {
  const marker = join(folder, 'marker');
  const hunk = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-line\n+other\n';
  await state(`${hunk}--- a/y\n+++ b/y\n1d\n!touch ${marker}\n.\n`, { x: 'line\n', y: 'line\n' });
  await state(`--- a/y\n+++ b/y\n1d\n!touch ${marker}\n.\n${hunk}`, { x: 'line\n', y: 'line\n' });
  expect(existsSync(marker)).toBe(false);
});

test('a patch without hunks is neither', async () => {
  expect(await state('--- a/x\n+++ b/x\n', { x: 'line\n' })).toBe('neither');
});

test('a patch cannot write outside', async () => {
  const patch = '--- /dev/null\n+++ b/../../escaped\n@@ -0,0 +1 @@\n+x\n';
  expect(await state(patch, { x: 'x' })).toBe('neither');
  expect(existsSync(join(folder, 'escaped'))).toBe(false);
  expect(existsSync(join(folder, 'work', 'escaped'))).toBe(false);
  expect(existsSync(join(folder, 'work', 'patch', 'escaped'))).toBe(false);
});

test('a source that is no archive has nothing to patch', async () => {
  writeFileSync(join(folder, 'data.bin'), 'data');
  writeFileSync(join(folder, 'fix.patch'), patchBetween(BEFORE, AFTER));
  expect(await patchState(join(folder, 'data.bin'), join(folder, 'fix.patch'), join(folder, 'work'))).toBe('neither');
});
