import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLayout } from '../../../src/activities/images/layout';
import { reproducibleVerdict } from '../../../src/activities/images/reproducible';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';
import { layout, type Entry } from './layouts';

afterAll(removeTemporaryFolders);

const TIME = new Date('2026-01-02T03:04:05Z');
const file = (name: string, change: Partial<Entry> = {}): Entry => ({ name, mode: 0o644, mtime: TIME, content: 'x', ...change });
const FILES = [file('usr/bin/pigz', { mode: 0o755 }), file('etc/group')];

async function made(layers: readonly (readonly Entry[])[], config: object = {}, sbom = '{}') {
  const document = join(temporaryFolder(), 'sbom.json');
  writeFileSync(document, sbom);
  return { layout: await readLayout(await layout(layers, config)), sboms: { x86_64: document } };
}

test('two builds that are the same to the byte pass', async () => {
  const first = await made([FILES]);
  expect(await reproducibleVerdict('dev', first, await made([FILES]))).toEqual({
    check: 'image-reproducible:dev',
    outcome: 'passed',
    summary: `built twice, both times ${first.layout.digest}`,
    details: [],
  });
});

type Second = () => ReturnType<typeof made>;

test.each<[string, Second, readonly string[]]>([
  ['content', () => made([[FILES[0]!, file('etc/group', { content: 'y' })]]), ['amd64: etc/group: content']],
  [
    'mode, owner and time',
    () => made([[file('usr/bin/pigz', { mode: 0o700, uid: 5, mtime: new Date('2026-01-02T03:04:06Z') }), FILES[1]!]]),
    ['amd64: usr/bin/pigz: mode 755 and 700, owner 0:0 and 5:0, time 2026-01-02T03:04:05.000Z and 2026-01-02T03:04:06.000Z'],
  ],
  [
    'a link',
    () => made([[FILES[0]!, file('etc/group', { type: 'symlink', linkname: 'a', content: '' })]]),
    [expect.stringMatching(/^amd64: etc\/group: type file and symlink, link  and a, content$/)],
  ],
  [
    'files that one alone has, by name',
    () => made([[file('usr/bin/pigz', { mode: 0o755 }), file('zzz'), file('aaa')]]),
    ['amd64: aaa: only in the second build', 'amd64: etc/group: only in the first build', 'amd64: zzz: only in the second build'],
  ],
  ['their order alone', () => made([[...FILES].reverse()]), ['amd64: layer 1: order of its files, or compression']],
  ['the second layer', () => made([FILES, [file('b')]]), ['amd64: 1 layers and 2']],
  ['the configuration', () => made([FILES], { created: '2026-01-02T03:04:05Z' }), ['amd64: the configuration']],
  ['an SBOM alone', () => made([FILES], {}, '{"created":1}'), ['the SBOM for x86_64']],
])('%s that differs is named', async (_, second, differences) => {
  const [one, other] = [await made([FILES]), await second()];
  const verdict = await reproducibleVerdict('', one, other);
  expect(verdict).toMatchObject({ check: 'image-reproducible', outcome: 'failed' });
  expect(verdict.details).toEqual([`first ${one.layout.digest}, second ${other.layout.digest}`, ...differences]);
  expect(verdict.summary).toBe(`two builds of one lock differ: ${verdict.details[1]}`);
});

test('no more lines than a verdict has', async () => {
  const many = Array.from({ length: 100 }, (_, index) => file(`f${index}`));
  const { details } = await reproducibleVerdict('', await made([many]), await made([FILES]));
  expect(details).toHaveLength(40);
  expect(details.at(-1)).toBe('and 64 more');
});
