import fc from 'fast-check';
import { ORACLE, oracleOf, stepOf } from '../../../../src/domain/floor/simulate/oracle';

test.each<[string | undefined, string | undefined, string]>([
  ['1.2.3', '2.0.0', 'major'],
  ['1.2.3', '1.3.0', 'minor'],
  ['1.2.3', '1.2.4', 'patch'],
  ['1.2', '1.2.1', 'patch'],
  ['0.4.1', '0.5.0', 'major'],
  ['0.4.1', '0.4.2', 'minor'],
  ['0.9', '1.0', 'major'],
  ['0.0.4', '0.0.5', 'major'],
  ['1.2.3_rc1', '1.2.3_rc2', 'patch'],
  ['20260101', '20270201', 'patch'],
  ['1.2.1', '1.2', 'patch'],
  ['1.2', '1.2.0.1', 'patch'],
  [undefined, '2.0', 'patch'],
  ['main', '2.0', 'patch'],
])('from %s to %s is a %s step', (previous, version, step) => expect(stepOf(previous, version)).toBe(step));

test('answers depend on the seed and the question, not on what was asked before', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.tuple(fc.string(), fc.nat(100))), (seed, questions) => {
      const answers = (asked: readonly (readonly [string, number])[]) => {
        const oracle = oracleOf(seed);
        return new Map(
          asked.map(([name, nth]) => [
            `${name} ${nth}`,
            [oracle.fails(name, nth), oracle.isEqual(name, nth), oracle.mendSeconds(name, nth)],
          ]),
        );
      };
      const backwards = answers([...questions].reverse());
      expect([...answers(questions)].every(([key, answer]) => JSON.stringify(answer) === JSON.stringify(backwards.get(key)))).toBe(true);
    }),
  );
});

test('builds fail, and rebuilds are equal, as often as documented', () => {
  const oracle = oracleOf(7);
  const share = (test: (nth: number) => boolean) => Array.from({ length: 20_000 }, (_, nth) => test(nth)).filter(Boolean).length / 20_000;
  expect(share((nth) => oracle.fails('zlib', nth))).toBeCloseTo(ORACLE.fails, 2);
  expect(share((nth) => oracle.isEqual('zlib', nth))).toBeCloseTo(ORACLE.equal, 1);
  expect(share((nth) => oracle.breaks('zlib', String(nth), 'major'))).toBeCloseTo(ORACLE.breaks.major, 1);
  expect(share((nth) => oracleOf(nth).fails('zlib', 1))).toBeCloseTo(ORACLE.fails, 2);
});
