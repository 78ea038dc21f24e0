import fc from 'fast-check';
import { evaluateCondition } from '../../../src/domain/spec/condition';

test.each([
  [`"a" == 'a'`, true],
  [`"a"!="a"`, false],
  [`'a' == 'a' || 'a' == 'a' && 'a' == 'b'`, false],
  [`'a' == 'a' || ('a' == 'a' && 'a' == 'b')`, true],
  [`( ( "x" != "y" ) )`, true],
  [`"it's" == 'it\\'s'`, true],
  [`"a\\n" == "a\\n"`, true],
  [`"\\q" == '\\\\q'`, true],
  [` "a"\n==\t"a" `, true],
])('%s is %s', (text, value) => expect(evaluateCondition(text)).toEqual({ ok: true, value }));

test.each([
  ['', 'no condition: the end at position 1 of '],
  ['x == "a"', 'no condition: "x == \\"a\\"" at position 1'],
  ['!("a" == "a")', 'at position 1'],
  ['"a" = "a"', 'at position 5'],
  ['"a" == "a" and "b" == "b"', 'at position 12'],
  ['("a" == "a"', 'no condition: the end at position 12'],
  ['"a" == "a', 'no condition: the end at position 10'],
  ['('.repeat(100_000), 'at position'],
])('%j is refused with its position', (text, message) => {
  const result = evaluateCondition(text);
  expect(result.ok ? 'accepted' : result.error.message).toContain(message);
});

test('operators are taken from left to right', () => {
  const operand = fc.boolean().map((value) => [value ? '"a" == "a"' : '"a" == "b"', value] as const);
  fc.assert(
    fc.property(operand, fc.array(fc.tuple(fc.constantFrom('&&', '||'), operand), { maxLength: 6 }), ([first, value], more) => {
      const text = first + more.map(([operator, [next]]) => ` ${operator} ${next}`).join('');
      const expected = more.reduce((left, [operator, [, right]]) => (operator === '&&' ? left && right : left || right), value);
      expect(evaluateCondition(text)).toEqual({ ok: true, value: expected });
    }),
  );
});
