import fc from 'fast-check';
import { safe, safeLines } from '../../../src/domain/text/safe';

it.each([
  ['plain ü 漢 text', 'plain ü 漢 text'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007x', '\\x1b]0;title\\x07x'],
  ['a\u001b[2Jb', 'a\\x1b[2Jb'],
  ['tab\tstays', 'tab\tstays'],
  ['two\nlines\r', 'two\\x0alines\\x0d'],
  ['\u009b31m', '\\x9b31m'],
  ['pass\u202edessap', 'pass\\u202edessap'],
])('safe(%j)', (text, expected) => expect(safe(text)).toBe(expected));

it('leaves nothing that a terminal obeys, and text without it alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(safe(text)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\t', '漢', '[', '3', 'm') }), (text) => expect(safe(text)).toBe(text)),
  );
});

it('keeps lines apart', () => expect(safeLines('a\r\nb\u0007\nc')).toEqual(['a', 'b\\x07', 'c']));
