import fc from 'fast-check';
import type { ImageTags } from '../../src/domain/image/image';
import { listedImage } from '../../src/views/image-index';
import { shownImage, shownTags, tagToShow } from '../../src/views/image-profile';
import { pageOf } from '../../src/views/page-of';

const [OLD, NEW] = ['sha256:old', 'sha256:new'];
const move = (tag: string, to: string, at: string, from?: string) => ({
  tag,
  to,
  at,
  release: 'r',
  reason: `because of ${to}`,
  ...(from ? { from } : {}),
});
const record: ImageTags = {
  ...{ image: 'web', repository: 'web', tags: { '1': OLD, '1.9': OLD, '2': NEW, latest: NEW, 'latest-dev': 'sha256:dev' } },
  moves: [
    move('1', OLD, '2026-01-01T00:00:00Z'),
    move('1.9', OLD, '2026-01-01T00:00:00Z'),
    move('latest', OLD, '2026-01-01T00:00:00Z'),
    move('2', NEW, '2026-01-02T00:00:00Z'),
    move('latest', NEW, '2026-01-02T00:00:00Z', OLD),
    move('latest-dev', 'sha256:dev', '2026-01-02T00:00:00Z'),
  ],
};

it('tags stand with what latest is first, then the last moved, each with the reason of its last move and the version of its digest', () => {
  const made = [{ variant: '', digest: OLD, version: '1.9-r0', generation: 4, bytes: 1, at: '2026-01-01T00:00:00Z' }];
  const tags = shownTags(record, made);
  expect(tags.map(({ tag }) => tag)).toEqual(['latest', '2', 'latest-dev', '1', '1.9']);
  expect(tags[0]).toEqual({ tag: 'latest', digest: NEW, since: '2026-01-02T00:00:00Z', reason: 'because of sha256:new' });
  expect(tags[3]).toMatchObject({ version: '1.9-r0', generation: 4 });
});

it.each([
  ['1.9', '1.9'],
  ['gone', 'latest'],
  [undefined, 'latest'],
])('asked for the tag %s, %s is shown', (asked, tag) => {
  expect(tagToShow(shownTags(record), asked)?.tag).toBe(tag);
  expect(tagToShow([], asked)).toBeUndefined();
});

it('what is behind a tag: a package once over its architectures, by name, and who of them is not ours', () => {
  const one = (name: string, architecture: string, bytes: number) => ({ name, version: '1-r0', architecture, bytes });
  const packages = [one('zlib', 'x86_64', 5), one('busybox', 'x86_64', 0), one('zlib', 'aarch64', 7)];
  const lock = { digest: NEW, release: 'r', generation: 3, packages };
  const shown = shownImage({ tag: 'latest', digest: NEW }, lock, new Map([['zlib 1-r0', 'zlib']]), { known: [] });
  expect(shown).toMatchObject({ architectures: ['aarch64', 'x86_64'], vulnerabilities: { known: [], foreign: 1 } });
  expect(shown.packages).toEqual([
    { name: 'busybox', version: '1-r0', architectures: ['x86_64'] },
    { name: 'zlib', version: '1-r0', architectures: ['aarch64', 'x86_64'], origin: 'zlib', bytes: 7 },
  ]);
  expect(shownImage({ tag: 'latest', digest: NEW }, lock, new Map(), undefined)).not.toHaveProperty('vulnerabilities');
});

it.each<[string, boolean, readonly string[]]>([
  ['', true, []],
  ['WEB', true, []],
  ['latest-d', true, []],
  ['serves', true, []],
  ['zlib', true, ['zlib']],
  ['zli', false, []],
])('an image that is looked for by %j', (find, found, has) => {
  const standing = { image: 'web', tags: record, last: { commit: 'c', origins: ['zlib'] } };
  const listed = listedImage(standing, 'serves pages', find);
  expect(listed !== undefined).toBe(found);
  if (listed) expect(listed.has).toEqual(has);
});

it('pages of a list hold all of it once, in its order, whatever page is asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 9 }), fc.integer(), (all, most, asked) => {
      const { pages, total } = pageOf(all, 1, most);
      expect(Array.from({ length: pages }, (_, index) => pageOf(all, index + 1, most).items).flat()).toEqual(all);
      const { page, items } = pageOf(all, asked, most);
      expect(page >= 1 && page <= pages && items.length <= most && total === all.length).toBe(true);
    }),
  );
});
