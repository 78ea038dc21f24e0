import fc from 'fast-check';
import { clamp, markdownCell, markdownCode } from '../../../src/domain/text/clamp';

it('never exceeds the limit in bytes, and keeps what fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, bytes) => {
      const cut = clamp(text, bytes);
      const fits = Buffer.byteLength(text) <= bytes;
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
      expect(fits ? cut : cut.slice(-1)).toBe(fits ? text : '…');
    }),
  );
});

it.each([
  ['a|b', 'a\\|b'],
  ['<script>', '\\<script\\>'],
  ['two\nlines', 'two lines'],
  ['[x](y)', '\\[x\\](y)'],
  ['_all_ x86_64', '\\_all\\_ x86_64'],
  ['&lt;', '\\&lt;'],
  ['- an item', '\\- an item'],
  ['1. an item', '1\\. an item'],
  ['1.3.1-r0', '1.3.1-r0'],
  ['--force', '\\--force'],
])('makes %j inert in a table', (text, cell) => expect(markdownCell(text)).toBe(cell));

it('writes code without backslashes, in one span', () => expect(markdownCode('a_b `c`\n*')).toBe("`a_b 'c' *`"));
