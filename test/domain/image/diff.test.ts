import fc from 'fast-check';
import { diffLocks, diffVulnerabilities, pairSets, type PackageChange } from '../../../src/domain/image/diff';
import { readLockFile, type LockPackage, type LockSet } from '../../../src/domain/image/lock';
import { packIt, unpack } from '../spec/pack';

const pkg = (name: string, version: string, more: Partial<LockPackage> = {}): LockPackage => ({
  name,
  version,
  architecture: 'x86_64',
  ...more,
});
const arm = (name: string, version: string, more: Partial<LockPackage> = {}) => pkg(name, version, { architecture: 'aarch64', ...more });

test('added, removed, changed; once for all architectures, with the growth of each', () => {
  const before = [pkg('a', '1-r0', { bytes: 100 }), arm('a', '1-r0', { bytes: 110 }), pkg('b', '1-r0', { bytes: 7 }), pkg('same', '1-r0')];
  const after = [pkg('a', '2-r0', { bytes: 150 }), arm('a', '2-r0', { bytes: 100 }), pkg('c', '1-r0', { bytes: 9 }), pkg('same', '1-r0')];
  expect(diffLocks(before, after)).toEqual({
    added: [{ name: 'c', to: '1-r0', architectures: ['x86_64'], bytes: { x86_64: 9 } }],
    removed: [{ name: 'b', from: '1-r0', architectures: ['x86_64'], bytes: { x86_64: -7 } }],
    changed: [{ name: 'a', from: '1-r0', to: '2-r0', architectures: ['aarch64', 'x86_64'], bytes: { aarch64: -10, x86_64: 50 } }],
  });
});

test.each([
  ['another checksum', { checksum: 'Q1a=' }, { checksum: 'Q1b=' }, 1],
  ['the same checksum', { checksum: 'Q1a=' }, { checksum: 'Q1a=' }, 0],
  ['a checksum that one side does not tell', {}, { checksum: 'Q1b=' }, 0],
])('the same version with %s', (_, from, to, changed) =>
  expect(diffLocks([pkg('a', '1-r0', from)], [pkg('a', '1-r0', to)]).changed).toHaveLength(changed),
);

test('architectures that differ are told apart', () => {
  const { changed } = diffLocks([pkg('a', '1-r0'), arm('a', '1-r0')], [pkg('a', '2-r0'), arm('a', '3-r0')]);
  expect(changed.map(({ to, architectures }) => [to, architectures])).toEqual([
    ['3-r0', ['aarch64']],
    ['2-r0', ['x86_64']],
  ]);
});

const packages = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    version: fc.constantFrom('1-r0', '1-r1', '2-r0'),
    architecture: fc.constantFrom('x86_64', 'aarch64'),
  }),
  {
    selector: ({ name, architecture }) => `${name} ${architecture}`,
  },
);

test('what a difference says, applied to the one side, gives the other', () => {
  fc.assert(
    fc.property(packages, packages, (before, after) => {
      const { added, removed, changed } = diffLocks(before, after);
      const left = new Map<string, string>(before.map(({ name, version, architecture }) => [`${name} ${architecture}`, version]));
      for (const { name, from, to, architectures } of [...added, ...removed, ...changed])
        for (const architecture of architectures) {
          const key = `${name} ${architecture}`;
          expect(left.get(key)).toBe(from);
          if (to === undefined) left.delete(key);
          else left.set(key, to);
        }
      expect([...left].sort()).toEqual(after.map(({ name, version, architecture }) => [`${name} ${architecture}`, version]).sort());
    }),
  );
});

const set = (image: string, variant = ''): LockSet => ({ image, variant, packages: [] });
const names = (sets: ReturnType<typeof pairSets>) =>
  sets.map(({ before, after }) => [before, after].map((one) => (one ? `${one.image}/${one.variant}` : undefined)));

test.each([
  [
    'of the same name',
    [set('a'), set('a', 'dev')],
    [set('a', 'dev'), set('a')],
    [
      ['a/', 'a/'],
      ['a/dev', 'a/dev'],
    ],
  ],
  [
    'called otherwise, one of each variant',
    [set('a'), set('a', 'dev')],
    [set('b')],
    [
      ['a/', 'b/'],
      ['a/dev', undefined],
    ],
  ],
  [
    'called otherwise, several',
    [set('a')],
    [set('b'), set('c')],
    [
      ['a/', undefined],
      [undefined, 'b/'],
      [undefined, 'c/'],
    ],
  ],
  [
    'the name before the rest',
    [set('a'), set('b')],
    [set('b'), set('c')],
    [
      ['b/', 'b/'],
      ['a/', 'c/'],
    ],
  ],
])('sets %s', (_, before, after, expected) => expect(names(pairSets(before, after))).toEqual(expected));

const change = (from: string | undefined, to: string | undefined): PackageChange => ({
  name: 'libz',
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  architectures: ['x86_64'],
  bytes: {},
});
const fixes = new Map([['zlib', { '0': ['CVE-0'], '1.2-r3': ['CVE-2', 'CVE-1'], '1.3-r0': ['CVE-3'], '?': ['CVE-4'] }]]);
const origin = (name: string) => (name === 'libz' ? 'zlib' : undefined);

test.each([
  ['1.2-r2', '1.2-r3', ['CVE-1', 'CVE-2'], []],
  ['1.2-r3', '1.2-r4', [], []],
  ['1.1-r0', '1.3-r0', ['CVE-1', 'CVE-2', 'CVE-3'], []],
  ['1.3-r0', '1.2-r9', [], ['CVE-3']],
  [undefined, '1.3-r0', [], []],
  ['1.1-r0', undefined, [], []],
  ['1.1-r0', 'x', [], []],
])('vulnerabilities from %s to %s', (from, to, fixed, back) => {
  const found = diffVulnerabilities([change(from, to)], origin, fixes);
  expect([found.fixed.map(({ id }) => id), found.back.map(({ id }) => id)]).toEqual([fixed, back]);
  expect(diffVulnerabilities([change(from, to)], () => undefined, fixes)).toEqual({ fixed: [], back: [] });
});

packIt('chainguard-images-locks.tar.gz')('the 54 real ones of ../shared/data: none differs from itself, each from the next', async () => {
  const sets = [...(await unpack('chainguard-images-locks.tar.gz'))].map(([name, text]) => {
    const read = readLockFile(text, name);
    return read.ok ? read.value.sets : [];
  });
  for (const [index, one] of sets.entries()) {
    for (const { before, after } of pairSets(one, one))
      expect(diffLocks(before!.packages, after!.packages)).toEqual({ added: [], removed: [], changed: [] });
    const [from, to] = [one[0]!.packages, (sets[index + 1] ?? sets[0]!)[0]!.packages];
    const [there, back] = [diffLocks(from, to), diffLocks(to, from)];
    expect(there.added.length + there.removed.length).toBeGreaterThan(0);
    expect(there.added.map(({ name }) => name)).toEqual(back.removed.map(({ name }) => name));
  }
});
