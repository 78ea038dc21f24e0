import * as fc from 'fast-check';
import type { IndexRecord } from '../../../src/domain/apk/apk';
import { neededSonames, parseDependency, providedSonames } from '../../../src/domain/apk/dependency';
import { fileName } from '../../../src/domain/apk/file-name';
import { parseIndex, printIndex, printIndexRecord } from '../../../src/domain/apk/index-text';
import { parsePackageInfo } from '../../../src/domain/apk/package-info';

const word = fc.stringMatching(/^[a-z][a-z0-9+_-]{0,8}$/);
const atom = fc.oneof(
  word,
  word.map((name) => `so:${name}.so.1`),
  fc.tuple(word, fc.constantFrom('=', '>=', '~')).map(([name, bound]) => `${name}${bound}1.2-r0`),
);
const line = fc.stringMatching(/^([!-~]([ -~]{0,20}[!-~])?)?$/);
const record: fc.Arbitrary<IndexRecord> = fc.record({
  name: word,
  version: fc.tuple(fc.nat(30), fc.nat(30), fc.nat(3)).map(([major, minor, revision]) => `${major}.${minor}-r${revision}`),
  architecture: fc.constantFrom('x86_64', 'aarch64'),
  installedSize: fc.nat(),
  origin: word,
  description: line,
  url: line,
  commit: fc.stringMatching(/^[0-9a-f]{0,40}$/),
  buildDate: fc.nat(),
  license: line,
  depends: fc.array(atom, { maxLength: 4 }),
  provides: fc.array(atom, { maxLength: 4 }),
  replaces: fc.constant([]),
  checksum: fc.base64String({ minLength: 28, maxLength: 28 }).map((text) => `Q1${text}`),
  size: fc.nat(),
});

test('an index reads back as it was printed, in its order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(record, { selector: ({ name, version }) => `${name} ${version}`, maxLength: 8 }), (records) => {
      const text = printIndex(records);
      const parsed = parseIndex(text);
      expect(parsed).toMatchObject({ ok: true });
      if (!parsed.ok) return;
      expect(printIndex(parsed.value)).toBe(text);
      expect(new Set(parsed.value)).toEqual(new Set(records));
      expect(printIndex([...records].reverse())).toBe(text);
    }),
  );
});

test('a record as melange prints it', () => {
  const text = [
    'C:Q1abc=', 'P:zlib', 'V:1.3-r0', 'A:x86_64', 'S:100', 'I:200', 'T:compression', 'U:https://zlib.example', 'L:Zlib', 'o:zlib', 'm:demo',
    't:1700000000', 'c:0f', 'D:so:libc.so.6', 'p:so:libz.so.1=1', 'k:10', '', '',
  ].join('\n'); // prettier-ignore
  const parsed = parseIndex(text);
  expect(parsed).toMatchObject({ ok: true, value: [{ name: 'zlib', providerPriority: 10, maintainer: 'demo', origin: 'zlib' }] });
  if (parsed.ok) expect(printIndexRecord(parsed.value[0]!)).toBe(text);
});

test('a value cannot begin a line of its own', () => {
  const [base] = fc.sample(record, { numRuns: 1, seed: 1 });
  const printed = printIndexRecord({ ...base!, description: 'nice\nD:evil\r\n\nC:x' });
  expect(printed.match(/^D:evil/m)).toBeNull();
  expect(printed.split('\n\n')).toHaveLength(2);
});

test('versions of one name stand in apk order', () => {
  const [base] = fc.sample(record, { numRuns: 1, seed: 1 });
  const text = printIndex(['1.10-r0', '1.9-r10', 'odd', '1.9-r2', '1.9_rc1-r0'].map((version) => ({ ...base!, name: 'a', version })));
  expect(text.match(/^V:.*$/gm)).toEqual(['V:odd', 'V:1.9_rc1-r0', 'V:1.9-r2', 'V:1.9-r10', 'V:1.10-r0']);
});

test.each([
  ['P:a\nV:1\n', 'APKINDEX:1:1', 'a record without C, P or V'],
  ['C:Q1\nP:a\nV:1\n\nC:Q1\nhello\n', 'APKINDEX:6:1', '"hello" is not of the form'],
  ['C:Q1\nP:a\nV:1\nP:b\n', 'APKINDEX:4:1', 'the key P stands twice'],
  ['C:Q1\nP:a\nV:1\nS:big\n', 'APKINDEX:1:1', 'S:big of a-1 is not a whole number'],
  ['C:Q1\nP:../../x\nV:1\n', 'APKINDEX:1:1', 'cannot name a package'],
])('a damaged index says where: %j', (text, place, message) => {
  const parsed = parseIndex(text);
  if (parsed.ok) throw new Error('it was read');
  expect(`${parsed.error.at?.file}:${parsed.error.at?.line}:${parsed.error.at?.column}`).toBe(place);
  expect(parsed.error.message).toContain(message);
});

test('an index without records, and keys of later versions', () => {
  expect(parseIndex('')).toEqual({ ok: true, value: [] });
  expect(parseIndex('C:Q1\nP:a\nV:1\nX:new\n')).toMatchObject({ ok: true, value: [{ name: 'a', origin: 'a' }] });
});

test('.PKGINFO: comments and unknown keys are left out, several licences hold together', () => {
  const parsed = parsePackageInfo(
    '# vendored = x\npkgname = a\npkgver = 1-r0\narch = x86_64\nlicense = MIT\nlicense = Zlib\nfuture = 1\npkgdesc =\nprovider_priority = 5\n',
  );
  expect(parsed).toMatchObject({
    ok: true,
    value: { license: 'MIT AND Zlib', origin: 'a', description: '', providerPriority: 5, depends: [] },
  });
});

test.each([
  ['zlib', { name: 'zlib', bound: 'any', version: '', conflict: false }],
  ['so:libz.so.1', { name: 'so:libz.so.1', bound: 'any', version: '', conflict: false }],
  ['so:libz.so.1=1', { name: 'so:libz.so.1', bound: '=', version: '1', conflict: false }],
  ['zlib=1.3-r0', { name: 'zlib', bound: '=', version: '1.3-r0', conflict: false }],
  ['zlib>=1', { name: 'zlib', bound: '>=', version: '1', conflict: false }],
  ['zlib<2_rc1', { name: 'zlib', bound: '<', version: '2_rc1', conflict: false }],
  ['zlib~1.3', { name: 'zlib', bound: '~', version: '1.3', conflict: false }],
  ['zlib~=1.3', { name: 'zlib', bound: '~', version: '1.3', conflict: false }],
  ['!zlib', { name: 'zlib', bound: 'any', version: '', conflict: true }],
  ['!zlib<1', { name: 'zlib', bound: '<', version: '1', conflict: true }],
  ['zlib@edge', { name: 'zlib', bound: 'any', version: '', conflict: false }],
  ['cmd:[=1', { name: 'cmd:[', bound: '=', version: '1', conflict: false }],
  ['pc:zlib=1.2.13', { name: 'pc:zlib', bound: '=', version: '1.2.13', conflict: false }],
  ['', undefined],
  ['=1', undefined],
  ['a b', undefined],
  ['a>', undefined],
])('dependency %j', (text, expected) => {
  expect(parseDependency(text)).toEqual(expected);
});

test('sonames are those of so: atoms, once, and not of conflicts', () => {
  expect(providedSonames({ provides: ['so:libz.so.1=1', 'so-ver:libz.so.1=1.3', 'cmd:x=1', 'so:liba.so=0', 'so:liba.so=0'] })).toEqual([
    'liba.so',
    'libz.so.1',
  ]);
  expect(neededSonames({ depends: ['so:libc.so.6', '!so:libbad.so.1', 'zlib'] })).toEqual(['libc.so.6']);
});

test('a file name', () => expect(fileName('zlib-dev', '1.3-r0')).toBe('zlib-dev-1.3-r0.apk'));

test.each([
  [
    'Alpine, with its priority before the dependencies and install_if',
    'C:Q1a=\nP:a-doc\nV:1-r0\nA:x86_64\nS:1\nI:2\nT:docs\nU:u\nL:MIT\no:a\nm:A <a@b>\nt:3\nc:0f\nk:10\nD:a\np:cmd:a=1-r0\ni:docs a=1-r0\n\n',
  ],
  ['an older melange, with a build date of zero', 'C:Q1a=\nP:a\nV:1-r0\nA:x86_64\nS:1\nI:2\nT:a\nL:MIT\no:a\nt:0\n\n'],
  ['no origin', 'C:Q1a=\nP:a\nV:1-r0\nT:a\n\n'],
])('an index of another tool prints as it was: %s', (_name, text) => {
  const parsed = parseIndex(text);
  expect(parsed.ok && parsed.value.map(printIndexRecord).join('')).toBe(text);
});
