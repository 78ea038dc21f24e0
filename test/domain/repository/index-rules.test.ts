import * as fc from 'fast-check';
import type { IndexRecord } from '../../../src/domain/apk/apk';
import { firstDifference, nextIndexes } from '../../../src/domain/repository/index-rules';

function record(name: string, version: string, more: Partial<IndexRecord> = {}): IndexRecord {
  return {
    name, version, architecture: 'x86_64', installedSize: 1, origin: name.replace(/-dev$/, ''), description: '', url: '', commit: '', buildDate: 0,
    license: 'MIT', depends: [], provides: [], replaces: [], checksum: `Q1${name}${version}`, size: 1, ...more,
  }; // prettier-ignore
}

const names = (records: readonly IndexRecord[] | undefined) => records?.map(({ name, version }) => `${name}-${version}`);
const version = fc.constantFrom('1-r0', '1-r1', '2-r0');
const records = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'a-dev', 'b', 'c'), version), { selector: (pair) => pair.join() })
  .map((pairs) => pairs.map(([name, of]) => record(name, of)));
const withdrawals = fc.array(fc.record({ package: fc.constantFrom('a', 'b', 'd'), version }), { maxLength: 3 });

test('the next index is what was, plus what is new, minus what is withdrawn: no more and no less', () => {
  fc.assert(
    fc.property(records, records, withdrawals, (before, added, gone) => {
      const next = nextIndexes({ x86_64: before }, { x86_64: added }, gone, ['x86_64', 'aarch64']);
      if (!next.ok) throw new Error(next.error.message);
      const expected = new Set(
        [...before, ...added]
          .filter((item) => !gone.some((one) => one.package === item.origin && one.version === item.version))
          .map((item) => `${item.name}-${item.version}`),
      );
      expect(new Set(names(next.value['x86_64']))).toEqual(expected);
      expect(next.value['x86_64']).toHaveLength(expected.size);
      expect(next.value['aarch64']).toEqual([]);
      // Doing it again changes nothing: a retried publication is no second one.
      const again = nextIndexes(next.value, {}, gone, []);
      if (!again.ok) throw new Error(again.error.message);
      expect(firstDifference(next.value, again.value)).toBeUndefined();
    }),
  );
});

test('an architecture that is no longer configured keeps its index', () => {
  const next = nextIndexes({ riscv64: [record('a', '1-r0')] }, {}, [], ['x86_64']);
  expect(next).toMatchObject({ ok: true, value: { riscv64: [{ name: 'a' }], x86_64: [] } });
});

test('one name and version with two contents is refused with both checksums', () => {
  const next = nextIndexes({ x86_64: [record('a', '1-r0')] }, { x86_64: [record('a', '1-r0', { checksum: 'Q1other' })] }, [], []);
  expect(next).toMatchObject({
    ok: false,
    error: {
      message: 'a-1-r0 for x86_64 is published already with other content: Q1a1-r0, not Q1other',
      remedy: expect.stringContaining('epoch'),
    },
  });
});

test.each<[string, readonly IndexRecord[], string | undefined]>([
  ['equal in another order', [record('b', '1-r0'), record('a', '1-r0')], undefined],
  ['one is missing', [record('a', '1-r0')], 'b-1-r0 is missing in the index of x86_64'],
  ['one too many', [record('a', '1-r0'), record('b', '1-r0'), record('c', '1-r0')], 'c-1-r0 should not be there in the index of x86_64'],
  ['twice', [record('a', '1-r0'), record('b', '1-r0'), record('b', '1-r0')], 'b stands twice in the index of x86_64'],
  [
    'another field',
    [record('a', '1-r0'), record('b', '1-r0', { depends: ['c'] })],
    'b-1-r0 differs ("D:c" should be "") in the index of x86_64',
  ],
])('the first difference: %s', (_name, actual, expected) => {
  expect(firstDifference({ x86_64: [record('a', '1-r0'), record('b', '1-r0')] }, { x86_64: actual })).toBe(expected);
});

test('the first difference: whole architectures', () => {
  expect(firstDifference({ x86_64: [] }, {})).toBe('the index of x86_64 is missing');
  expect(firstDifference({}, { x86_64: [] })).toBe('there should be no index of x86_64');
});
