import fc from 'fast-check';
import { filesOf } from '../../../../src/activities/sources/directory/listing';

const BASE = 'https://example.org/pub/lz4/';
const names = (html: string) => filesOf(html, BASE).map(({ name }) => name);

test.each([
  ['double quotes', '<a href="lz4-1.tar.gz">', ['lz4-1.tar.gz']],
  ['single quotes, capitals, line ends and other attributes', "<A class='x'\n HREF = 'lz4-1.tar.gz' >", ['lz4-1.tar.gz']],
  ['no quotes', '<a href=lz4-1.tar.gz>lz4', ['lz4-1.tar.gz']],
  ['percent and entities', '<a href="lz4%2B1&amp;2&#43;&#x2b;.tar.gz">', ['lz4+1&2++.tar.gz']],
  ['folders and the parent', '<a href="../"><a href="old/"><a href="?C=N;O=D"><a href="#top">', []],
  ['other protocols', '<a href="mailto:x@example.org"><a href="javascript:x"><a href="ftp://example.org/f.tar.gz">', []],
  ['no anchors', '<area href="x.tar.gz"><abbr href="y.tar.gz"><p>lz4-1.tar.gz', []],
  ['a data attribute', '<a data-href="x.tar.gz" href="y.tar.gz">', ['y.tar.gz']],
  ['a broken escape', '<a href="%ff%zz.tar.gz"><a href="y.tar.gz">', ['y.tar.gz']],
  ['a slash in an escape', '<a href="..%2F..%2Fetc">', ['../../etc']],
])('%s', (_, html, expected) => expect(names(html)).toEqual(expected));

const fileName = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((name) => !/[\p{Surrogate}]|^\.\.?$/u.test(name));

test('any file name that a server writes by encodeURIComponent is read back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fileName, { maxLength: 8 }), (files) => {
      expect(names(files.map((file) => `<li><a href="${encodeURIComponent(file)}">x</a>`).join(''))).toEqual(files);
    }),
  );
});

test.each(['<a ', '<a href', '<a href=', '<a href="', "<a href='", '<a x href =', '&#', ' href="x'])('8 MiB of %j end', (piece) => {
  expect(names(piece.repeat((8 * 1024 * 1024) / piece.length))).toHaveLength(0);
});
