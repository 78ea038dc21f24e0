import type { IndexRecord } from '../../../src/domain/apk/apk';
import type { BuildDifference } from '../../../src/domain/apk/difference';
import { comparisonLine, comparisonOf, equalReason } from '../../../src/domain/release/comparison';

const index = (...records: [name: string, origin: string][]): IndexRecord[] =>
  records.map(([name, origin]) => ({ name, origin, version: '1-r0' }) as IndexRecord);
const changes = ['x: changed /usr/lib/x.so'];
const content: BuildDifference = { kind: 'content', changes };
const compatible: BuildDifference = { kind: 'compatible', added: [], changes };
const broken: BuildDifference = {
  kind: 'break',
  added: ['libx.so.2'],
  lost: [
    { soname: 'libx.so.1', dependents: ['b-libs-1-r0', 'a-1-r0'] },
    { soname: 'libkept.so.1', keeper: 'other', dependents: [] },
  ],
  changes: ['x: gone provides so:libx.so.1=1'],
};

const same: BuildDifference = { kind: 'same' };
const without: { readonly difference?: BuildDifference } = {};

test.each([
  ['the same everywhere', [{ difference: same }, { difference: same }], 'same'],
  ['new on one architecture', [{ difference: same }, without], 'new'],
  ['new nowhere less than different', [without, { difference: content }], 'content'],
  ['of content and compatible the more', [{ difference: compatible }, { difference: content }], 'compatible'],
  ['a break on one is a break', [{ difference: broken }, { difference: same }], 'break'],
  ['no build at all', [], 'new'],
])('%s', (_name, architectures, kind) => {
  expect(comparisonOf(architectures.map((each) => ({ ...each, index: [] }))).kind).toBe(kind);
});

test('a break names origins, each once, and the sonames that nobody keeps', () => {
  const published = index(['a', 'a'], ['b-libs', 'b'], ['c', 'c']);
  const comparison = comparisonOf([
    { difference: broken, index: published },
    { difference: broken, index: published },
  ]);
  expect(comparison).toEqual({
    kind: 'break',
    breaks: ['a', 'b'],
    removed: ['libx.so.1'],
    changes: ['libx.so.1 is gone, needed by b-libs-1-r0, a-1-r0', 'x: gone provides so:libx.so.1=1'],
  });
});

test('what changed is at most 20 lines of 200 characters', () => {
  const many = Array.from({ length: 50 }, (_, number) => `x: changed /${number}${'y'.repeat(300)}`);
  const { changes: shown } = comparisonOf([{ difference: { kind: 'content', changes: many }, index: [] }]);
  expect(shown).toHaveLength(20);
  expect(shown[0]).toHaveLength(200);
  expect(shown[19]).toBe('and 31 more');
});

test.each([
  [{ kind: 'new' }, 'the first of it: there is nothing to compare it with'],
  [{ kind: 'same' }, 'the content is the same, and so is the ABI: nothing linked with it is to be rebuilt'],
  [{ kind: 'content' }, 'ABI the same: nothing linked with it is to be rebuilt'],
  [{ kind: 'compatible' }, 'ABI compatible, no soname is gone: nothing linked with it is to be rebuilt'],
  [{ kind: 'break', removed: ['libx.so.1'], breaks: ['a', 'b'] }, 'ABI broken, libx.so.1 gone: a, b to be rebuilt'],
  [{ kind: 'break', removed: ['libx.so.1'] }, 'ABI broken, libx.so.1 gone, which nothing is linked with'],
  [
    { kind: 'break', removed: ['libx.so.1'], breaks: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] },
    'ABI broken, libx.so.1 gone: a, b, c, d, e, f, 2 more to be rebuilt',
  ],
] as const)('said to people: %j', (comparison, line) => {
  expect(comparisonLine({ breaks: [], removed: [], changes: [], ...comparison })).toBe(line);
});

test('an equal rebuild says what it is equal to, and what it is current for', () => {
  const cause = (text: string) => ({ id: text, kind: 'rebuild' as const, text, at: '2026-01-01T00:00:00Z' });
  expect(equalReason({ previous: '1-r0', causes: [cause('a 2-r0 was published'), cause('b 3-r0 removed libb.so.1')] })).toBe(
    'equal to 1-r0 in content: nothing published, current for a 2-r0 was published, b 3-r0 removed libb.so.1',
  );
});
