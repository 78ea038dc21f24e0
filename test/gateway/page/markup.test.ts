import fc from 'fast-check';
import { markup, markupOf, type Html } from '../../../src/gateway/page/markup';

it.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  [`" onmouseover='x' \``, '&quot; onmouseover=&#39;x&#39; &#96;'],
  ['&lt;', '&amp;lt;'],
  ['a\u202eb\u0000c\nd', 'a\\u202eb\\x00c\\x0ad'],
  ['zlib ü 漢', 'zlib ü 漢'],
])('%j is shown as %s', (text, expected) =>
  expect(markupOf(markup`<b title="${text}">${text}</b>`)).toBe(`<b title="${expected}">${expected}</b>`),
);

it('keeps markup, joins lists, leaves out what is absent, prints zero', () => {
  expect(markupOf(markup`[${[markup`<b>${'<'}</b>`, 'x', [0]]}${undefined}${false}]`)).toBe('[<b>&lt;</b>x0]');
});

it('what only looks like markup is none', () => {
  const forged = JSON.parse('{"Symbol(markup)":"<script>","markup":"<script>"}') as Html;
  expect(markupOf(markup`${forged}`)).not.toContain('<');
});

it('no text opens a tag, ends an attribute or begins a character reference of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = markupOf(markup`${text}`);
      expect(shown).not.toMatch(/[<>"'`]/);
      expect(shown.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
    }),
  );
});
