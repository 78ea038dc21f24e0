import fc from 'fast-check';
import { sourceDateEpoch } from '../../../src/domain/build/source-date';

test.each<[string, readonly number[], number]>([
  ['the newest', [1_600_000_000, 1_700_000_000.9, 1_650_000_000], 1_700_000_000],
  ['not one before zip archives, nor one after any clock', [0, 1, 9_999_999_999, 1_600_000_000], 1_600_000_000],
  ['the year 2000, without sources', [], 946_684_800],
  ['the year 2000, where no entry has a time', [0, 0], 946_684_800],
])('takes %s', (_, times, expected) => {
  expect(sourceDateEpoch(times)).toBe(expected);
});

test('does not depend on the order, and is a date that every archive can hold', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true })), (times) => {
      const epoch = sourceDateEpoch(times);
      expect(sourceDateEpoch([...times].reverse())).toBe(epoch);
      expect(Number.isInteger(epoch) && epoch >= 315_532_800 && epoch < 4_102_444_800).toBe(true);
    }),
  );
});
