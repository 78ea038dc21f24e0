import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { inspectArchive } from '../../../src/activities/sources/archive';
import { tarOf } from './tar';
import type { TarEntry } from './tar';

const LIMITS = { unpackedBytes: 1_000_000, unpackedFiles: 100 };
// Real programs run, on a machine that may be busy.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-archive-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inspect = (bytes: Buffer, limits = LIMITS) => {
  const file = join(folder, 'source');
  writeFileSync(file, bytes);
  return inspectArchive(file, limits);
};

const HONEST: readonly TarEntry[] = [
  { name: 'zlib-1.3.1/', type: 'directory' },
  { name: './zlib-1.3.1/configure', mode: 0o4755, content: '#!/bin/sh\n' },
  { name: 'zlib-1.3.1/test/data', content: 'x'.repeat(3000) },
  { name: 'zlib-1.3.1/COPYING', type: 'symlink', linkname: 'doc/LICENSE' },
  { name: 'zlib-1.3.1/doc/up', type: 'symlink', linkname: '../test' },
  { name: 'zlib-1.3.1/test/null.service', type: 'symlink', linkname: '/dev/null' },
  { name: 'zlib-1.3.1/test/same', type: 'link', linkname: 'zlib-1.3.1/test/data' },
  { name: `zlib-1.3.1/${'long/'.repeat(60)}ümlaut`, content: 'x' },
  { name: 'zlib-1.3.1/a..b/...', content: 'x' },
  { name: 'zlib-1.3.1/test/data', content: 'again' },
];

describe('an honest archive', () => {
  const available = (program: string) => spawnSync(program, ['--version']).status === 0;
  const compressions: readonly (readonly [string, (tar: Buffer) => Buffer, boolean])[] = [
    ['none', (tar) => tar, true],
    ['gzip', (tar) => gzipSync(tar), true],
    ...['xz', 'bzip2', 'zstd'].map(
      (program) => [program, (tar: Buffer) => execFileSync(program, ['-c'], { input: tar }), available(program)] as const,
    ),
  ];

  for (const [compression, compress, possible] of compressions)
    (possible ? test : test.skip)(`in ${compression} is read to its end`, async () => {
      const tar = await tarOf(HONEST);
      expect(await inspect(compress(tar))).toEqual({ kind: 'tar', compression, entries: HONEST.length, bytes: tar.length });
    });

  test('from before POSIX passes as well', async () => {
    const tar = await tarOf([{ name: 'old.c', content: 'x' }]);
    tar.fill(0, 257, 265);
    tar.fill(' ', 148, 156);
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(await inspect(tar)).toMatchObject({ kind: 'tar', entries: 1 });
  });
});

test.each([
  ['an empty file', Buffer.alloc(0), 'none'],
  ['text', Buffer.from('#!/bin/sh\n'.repeat(200)), 'none'],
  ['text in gzip', gzipSync('hello '.repeat(1000)), 'gzip'],
])('%s is a file', async (_, bytes, compression) => {
  expect(await inspect(bytes)).toMatchObject({ kind: 'file', compression, entries: 0 });
});

describe('refused, naming entry and rule:', () => {
  const file = (name: string): TarEntry => ({ name, content: 'x' });
  const link = (name: string, linkname: string): TarEntry => ({ name, type: 'symlink', linkname });
  test.each<[string, string, string, readonly TarEntry[]]>([
    ['an absolute name', '/etc/passwd', 'absolute', [file('a/b'), file('/etc/passwd')]],
    ['a name that climbs out', '../x', '`..`', [file('../x')]],
    ['a name that climbs at all', 'a/b/../../c', '`..`', [file('a/b/../../c')]],
    ['a name that climbs in its middle part', 'a/../../c', '`..`', [file('a/../../c')]],
    ['a file below a link to outside', 'a/link/x', 'below a/link', [link('a/link', '/etc'), file('a/link/x')]],
    ['a file below a link to inside', 'link/x', 'below link', [link('link', 'a'), file('link/x')]],
    ['a link above entries that came before', 'a', 'below it', [file('a/x'), link('a', '/etc')]],
    ['a file with the name of a link', 'a', 'same name', [link('a', '/etc/passwd'), file('a')]],
    ['a link with the name of a file', 'a', 'same name', [file('a'), link('a', 'b')]],
    ['a second link of one name', 'a', 'same name', [link('a', 'b'), link('a', 'c')]],
    ['a file below a file', 'a/b', 'below a', [file('a'), file('a/b')]],
    ['a relative link to outside', 'a/b', 'outside', [link('a/b', '../../x')]],
    ['a link to outside by way of another', 'deep/er/link', 'outside', [link('short', '.'), link('deep/er/link', '../../short/../x')]],
    ['a link as the root', './', 'root', [link('./', '/etc')]],
    ['a hard link to outside', 'a', 'hard link', [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }]],
    ['an absolute hard link', 'a', 'hard link', [{ name: 'a', type: 'link', linkname: '/etc/passwd' }]],
    ['a hard link to a link', 'b', 'hard link', [link('a', '/etc/passwd'), { name: 'b', type: 'link', linkname: 'a' }]],
    ['a hard link to what is not there', 'b', 'hard link', [{ name: 'b', type: 'link', linkname: 'a' }]],
    ['a device', 'dev', 'character-device', [{ name: 'dev', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a disk', 'dev', 'block-device', [{ name: 'dev', type: 'block-device' }]],
    ['a pipe', 'pipe', 'fifo', [{ name: 'pipe', type: 'fifo' }]],
    ['a sparse file of GNU tar', 'sparse', 'unknown type', [{ name: 'sparse', typeflag: 'S' }]],
    ['a sparse file by PAX records', 'sparse', 'sparse', [{ name: 'sparse', pax: { 'GNU.sparse.realsize': '99999999999' } }]],
    ['a name by PAX records that climbs', '../x', '`..`', [{ name: 'ok', pax: { path: '../x' } }]],
    ['too many entries', 'f100', 'unpackedFiles', Array.from({ length: 101 }, (_, index) => file(`f${index}`))],
  ])('%s', async (_, entry, rule, entries) => {
    const tar = await tarOf(entries);
    for (const bytes of [tar, gzipSync(tar)]) {
      const failure = inspect(bytes);
      await expect(failure).rejects.toMatchObject({ type: 'ArchiveUnsafe', nonRetryable: true });
      await expect(failure).rejects.toThrow(entry);
      await expect(failure).rejects.toThrow(rule);
    }
  });

  test.each<[string, () => Promise<Buffer> | Buffer]>([
    ['a bomb in an archive', async () => gzipSync(await tarOf([{ name: 'zeros', content: Buffer.alloc(30_000_000) }]))],
    ['a bomb that is no archive', () => gzipSync(Buffer.alloc(30_000_000))],
    ['a bomb in a bomb of xz', () => execFileSync('xz', ['-c'], { input: Buffer.alloc(30_000_000) })],
    ['a large archive without compression', () => tarOf([{ name: 'zeros', content: Buffer.alloc(1_100_000) }])],
  ])('%s', async (_, make) => {
    await expect(inspect(await make())).rejects.toMatchObject({ type: 'ArchiveUnsafe', message: expect.stringContaining('unpackedBytes') });
  });

  test.each<[string, (tar: Buffer) => Buffer]>([
    ['a cut archive', (tar) => tar.subarray(0, 2200)],
    ['a cut compression', (tar) => gzipSync(tar, { level: 0 }).subarray(0, 2200)],
    ['a spoiled header', (tar) => Buffer.concat([tar.subarray(0, 1024), Buffer.alloc(512, 'x'), tar.subarray(1536)])],
  ])('%s, as damaged', async (_, spoil) => {
    const tar = await tarOf([
      { name: 'a', content: 'x' },
      { name: 'b', content: Buffer.alloc(3000, Math.random().toString(36)) },
    ]);
    await expect(inspect(spoil(tar))).rejects.toMatchObject({ type: 'ArchiveUnsafe', message: expect.stringContaining('damaged') });
  });
});

test('an abort ends it with its reason', async () => {
  const file = join(folder, 'source');
  writeFileSync(file, gzipSync(Buffer.alloc(900_000)));
  await expect(inspectArchive(file, LIMITS, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
});

test('whatever passes, tar unpacks into its folder and nowhere else', async () => {
  const part = fc.constantFrom('a', 'b', 'c', 'd', 'a', 'b', 'c', '..', '.');
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/') || 'a');
  const entry: fc.Arbitrary<TarEntry> = fc.oneof(
    path.map((name) => ({ name, content: 'x' })),
    fc.record({ name: path, linkname: path, type: fc.constantFrom('symlink' as const, 'symlink' as const, 'link' as const) }),
  );
  let round = 0;
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), async (entries) => {
      const tar = await tarOf(entries);
      const safe = await inspect(tar).then(
        () => true,
        () => false,
      );
      if (!safe) return;
      passed += 1;
      const outside = join(folder, String((round += 1)));
      const inside = join(outside, 'empty');
      mkdirSync(inside, { recursive: true });
      // -P: tar's own protection is off.
      spawnSync('tar', ['-x', '-P', '-f', '-', '-C', inside], { input: tar });
      expect(readdirSync(outside)).toEqual(['empty']);
      for (const found of readdirSync(inside, { recursive: true, encoding: 'utf8' })) {
        const path = join(inside, found);
        if (lstatSync(path).isSymbolicLink()) expect(staysInside(path, inside)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
  expect(passed).toBeGreaterThan(20);
});

/** A link that leads nowhere leads to nothing outside. */
function staysInside(path: string, inside: string): boolean {
  try {
    const real = realpathSync(path);
    return real === inside || real.startsWith(`${inside}/`);
  } catch {
    return true;
  }
}
