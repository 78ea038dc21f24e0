import type { ApkEntry, IndexRecord, PackageInfo } from '../../../src/domain/apk/apk';
import { differenceOf, type BuiltApk } from '../../../src/domain/apk/difference';

const info = (more: Partial<PackageInfo> = {}): PackageInfo => ({
  name: 'zlib',
  version: '1.3-r0',
  architecture: 'x86_64',
  installedSize: 10,
  origin: 'zlib',
  description: 'compression',
  url: 'https://zlib.example',
  commit: 'a'.repeat(40),
  buildDate: 1,
  license: 'Zlib',
  depends: ['so:libc.so.6'],
  provides: ['so:libz.so.1=1.3', 'so-ver:libz.so.1=1.3-r0', 'pc:zlib=1.3'],
  replaces: [],
  datahash: 'd1',
  ...more,
});
const entry = (path: string, more: Partial<ApkEntry> = {}): ApkEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  sha256: 'one',
  xattrs: [],
  ...more,
});
const files = [entry('usr/lib/libz.so.1.3'), entry('var/lib/db/sbom/zlib-1.3-r0.spdx.json')];
const build = (more: Partial<PackageInfo> = {}, entries = files): BuiltApk => ({ info: info(more), entries });
const dev = (more: Partial<PackageInfo> = {}) => build({ name: 'zlib-dev', depends: ['zlib=1.3-r0'], provides: [], ...more }, []);
const published = (more: Partial<IndexRecord>): IndexRecord => ({ ...info(), checksum: 'Q1', size: 1, ...more });

/** A rebuild: another revision, commit, date, SBOM, sizes; nothing else. */
const again = {
  version: '1.3-r1',
  commit: 'b'.repeat(40),
  buildDate: 2,
  installedSize: 11,
  datahash: 'd2',
  provides: ['so:libz.so.1=1.3', 'so-ver:libz.so.1=1.3-r1', 'pc:zlib=1.3'],
};
const sbomAgain = [entry('usr/lib/libz.so.1.3'), entry('var/lib/db/sbom/zlib-1.3-r1.spdx.json', { sha256: 'other' })];

test('a rebuild that changes nothing but its own marks is the same', () => {
  const before = [build(), dev()];
  const after = [dev({ version: '1.3-r1', depends: ['zlib=1.3-r1'] }), build(again, sbomAgain)];
  expect(differenceOf(before, after, [])).toEqual({ kind: 'same' });
});

test.each<[string, Partial<ApkEntry> | undefined, string]>([
  ['content', { sha256: 'two' }, 'zlib: changed /usr/lib/libz.so.1.3'],
  ['mode', { mode: 0o4755 }, 'zlib: changed /usr/lib/libz.so.1.3'],
  ['owner', { uid: 1 }, 'zlib: changed /usr/lib/libz.so.1.3'],
  ['capability', { xattrs: ['security.capability'] }, 'zlib: changed /usr/lib/libz.so.1.3'],
  ['type', { type: 'symlink', link: 'x' }, 'zlib: changed /usr/lib/libz.so.1.3'],
  ['path', { path: 'usr/lib/libz.so.9' }, 'zlib: new /usr/lib/libz.so.9'],
])('a file of another %s is another content', (_what, more, change) => {
  const difference = differenceOf([build()], [build(again, [entry('usr/lib/libz.so.1.3', more), sbomAgain[1]!])], []);
  expect(difference.kind).toBe('content');
  expect(difference).toMatchObject({ changes: expect.arrayContaining([change]) });
});

test('another licence is another content', () => {
  expect(differenceOf([build()], [build({ license: 'MIT' })], [])).toEqual({ kind: 'content', changes: ['zlib: changed license'] });
});

test('what is asked for and offered may change without a break', () => {
  const after = build({ provides: [...info().provides, 'so:libzextra.so.1=1'], depends: ['so:libc.so.6', 'so:libm.so.6'] });
  expect(differenceOf([build()], [after], [])).toEqual({
    kind: 'compatible',
    added: ['libzextra.so.1'],
    changes: ['zlib: new depends so:libm.so.6', 'zlib: new provides so:libzextra.so.1=1'],
  });
});

test('the version of another package is not the own version', () => {
  expect(differenceOf([build({ depends: ['lz4=1.3-r0'] })], [build({ depends: ['lz4=1.4-r0'] })], []).kind).toBe('compatible');
});

test('a soname that is gone is a break, with who needs it', () => {
  const others = [
    published({ name: 'zlib', origin: 'zlib', depends: ['so:libz.so.1'] }),
    published({ name: 'curl', origin: 'curl', version: '7-r0', depends: ['so:libz.so.1'], provides: [] }),
    published({ name: 'curl', origin: 'curl', version: '8-r0', depends: [], provides: [] }),
    published({ name: 'git', origin: 'git', version: '2-r0', depends: ['so:libz.so.1'], provides: [] }),
  ];
  expect(differenceOf([build()], [build({ provides: ['so:libz.so.2=2'] })], others)).toMatchObject({
    kind: 'break',
    added: ['libz.so.2'],
    lost: [{ soname: 'libz.so.1', dependents: ['git-2-r0'] }],
  });
});

test('a soname that another package keeps is missed by nobody', () => {
  const others = [
    published({ name: 'zlib-compat', origin: 'zlib-ng', provides: ['so:libz.so.1=1'] }),
    published({ name: 'git', origin: 'git', depends: ['so:libz.so.1'], provides: [] }),
  ];
  expect(differenceOf([build()], [build({ provides: [] })], others)).toMatchObject({
    kind: 'break',
    lost: [{ soname: 'libz.so.1', keeper: 'zlib-compat', dependents: [] }],
  });
});

test('a library may move into another package of the same build', () => {
  const libs = build({ name: 'zlib-libs' });
  expect(differenceOf([build()], [build({ provides: [] }), libs], [])).toMatchObject({ kind: 'compatible', added: [] });
});
