import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { imageText } from '../../../src/cli/view/image';
import { terminalStyle } from '../../../src/cli/view/style';
import type { ImageTags } from '../../../src/domain/image/image';
import { runMillrace as millrace } from '../run-millrace';

/** What needs no factory that runs. Orders themselves: test/workflows/image-commands.test.ts. */
let folder: string;
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const move = (tag: string, to: string, day: number) => ({
  ...{ tag, to: digest(to), at: `2026-03-0${day}T00:00:00.000Z`, release: `image-release:web-${to}`, reason: `${to} changed` },
});
const record: ImageTags = {
  image: 'web',
  repository: 'tools/web',
  tags: { latest: digest('a'), 1: digest('b') },
  streams: { latest: { stream: 'all' }, 1: { stream: 'one', endOfLife: '2026-02-01' } },
  moves: [
    move('latest', 'a', 1),
    move('latest', 'b', 2),
    move('1', 'b', 2),
    { ...move('latest', 'a', 3), reason: 'segfaults', rollback: { id: 'r', by: 'ann' } },
  ],
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-rollback-'));
  process.env['MILLRACE_CONFIG'] = join(folder, 'millrace.yaml');
  writeFileSync(
    join(folder, 'millrace.yaml'),
    `distribution: my-linux\nspecs:\n  repository: ${folder}\ntemporal:\n  address: 127.0.0.1:1\n`,
  );
  await createFolderStore(join(folder, '.millrace/store')).writeRecord('image-tags', 'web', record);
});

afterEach(() => {
  delete process.env['MILLRACE_CONFIG'];
  rmSync(folder, { recursive: true });
});

test.each<[string, readonly string[], number, string]>([
  ['an image that was never tagged', ['wep'], 1, 'no image wep was ever tagged (did you mean web?)'],
  ['a tag that there is not', ['web', '2'], 1, 'web has no tag 2 (it has 1, latest)'],
  ['a digest that was never tagged', ['web', '--to', digest('e')], 1, 'only what was tagged before can be tagged again'],
  ['one of another tag', ['web', '1', '--to', 'aaaaaa'], 1, `1 never pointed to ${digest('a')} (1 can go back to nothing)`],
  [
    'where it is',
    ['web', 'latest', '--to', 'aaaaaa'],
    1,
    `latest points to it already (latest can go back to ${digest('b')} (tagged 2026-03-02))`,
  ],
  ['too little of a digest', ['web', '--to', 'aaa'], 1, 'at least 6 digits'],
])('a rollback is refused with what is possible: %s', async (_title, args, code, text) => {
  const ended = await millrace('image', 'rollback', ...args, '--reason', 'r');
  expect(ended).toMatchObject({ code, err: expect.stringContaining(text) });
});

test.each([
  ['rollback', 'web'],
  ['hold', 'web'],
])('%s needs a reason', async (...args) => {
  expect(await millrace('image', ...args)).toMatchObject({ code: 2 });
  expect(await millrace('image', ...args, '--reason', ' ')).toMatchObject({ code: 2, err: expect.stringContaining('--reason is empty') });
});

test('tags tell who rolled back and why, and which stream has ended', async () => {
  const { out } = await millrace('image', 'tags', 'web');
  expect(out).toMatch(/latest +sha256:aaaaaaaaaaaa +rolled back by ann: segfaults/);
  expect(out).toContain('the stream one reached its end of life on 2026-02-01: its tags stay where they are (1)');
  expect(JSON.parse((await millrace('image', 'show', 'web', '--json')).out)).toMatchObject({
    ends: [{ stream: 'one', past: true, tags: ['1'] }],
  });
});

test('an image shows its hold, and how it ends', () => {
  const entity = {
    image: 'web',
    rejected: [],
    history: [],
    orders: [],
    hold: { by: 'ann', reason: 'an incident', at: '2026-03-04T05:06:07.000Z' },
  };
  const shown = imageText(terminalStyle(0), { image: 'web', entity, contents: [], releases: [], made: [] });
  expect(shown).toContain('On hold since 2026-03-04 05:06 UTC by ann: an incident\n  > millrace image resume web');
});
