import fc from 'fast-check';
import type { ImageTags, RecordedMove } from '../../../src/domain/image/image';
import { namedDigest, possibleTargets, rollbackObjection, rollbackPlan, rolledBackReleases } from '../../../src/domain/image/rollback';

const digest = (name: string) => `sha256:${name.repeat(64).slice(0, 64)}`;
const DAY = (day: number) => `2026-03-0${day}T00:00:00.000Z`;
const move = (tag: string, to: string, at: string, more: Partial<RecordedMove> = {}): RecordedMove => ({
  ...{ tag, to: digest(to), at, release: `image-release:web-${to}`, reason: 'zlib 1 to 2' },
  ...more,
});
const back = (tag: string, to: string, at: string) => move(tag, to, at, { rollback: { id: `r${at}`, by: 'ann' } });
function record(...moves: RecordedMove[]): ImageTags {
  return { image: 'web', repository: 'web', tags: Object.fromEntries(moves.map(({ tag, to }) => [tag, to])), moves };
}
/** 1.0 (a), 1.1 (b), 2.0 (c): a new tag 2 with the last. */
const three = record(
  ...['latest', '1'].map((tag) => move(tag, 'a', DAY(1))),
  ...['latest', '1'].map((tag) => move(tag, 'b', DAY(2))),
  ...['latest', '2'].map((tag) => move(tag, 'c', DAY(3))),
);
const plan = (tags: ImageTags, asked: readonly string[] = [], to?: string) =>
  rollbackPlan(tags, { tags: asked, ...(to === undefined ? {} : { to: digest(to) }) });

it.each<[string, ImageTags, readonly string[], string | undefined, readonly (readonly [string, string])[]]>([
  ['no tag: all of the last release that can', three, [], undefined, [['latest', 'b']]],
  ['a tag of an older release', three, ['1'], undefined, [['1', 'a']]],
  ['a tag twice is one', three, ['latest', 'latest'], undefined, [['latest', 'b']]],
  [
    'a digest',
    three,
    ['latest', '1'],
    'a',
    [
      ['latest', 'a'],
      ['1', 'a'],
    ],
  ],
  ['a digest without a tag', three, [], 'a', [['latest', 'a']]],
  ['again: one further', record(...three.moves, back('latest', 'b', DAY(4))), [], undefined, [['latest', 'a']]],
  [
    'back and forth: what was rolled back from by name',
    record(...three.moves, back('latest', 'b', DAY(4))),
    ['latest'],
    'c',
    [['latest', 'c']],
  ],
  [
    'a release after a rollback',
    record(...three.moves, back('latest', 'b', DAY(4)), move('latest', 'd', DAY(5))),
    [],
    undefined,
    [['latest', 'b']],
  ],
])('%s', (_title, tags, asked, to, expected) => {
  const found = plan(tags, asked, to);
  expect(found).toMatchObject({ ok: true, value: { moves: expected.map(([tag, name]) => ({ tag, to: digest(name) })) } });
});

it('says which tags of the last release stay, and why', () => {
  expect(plan(three)).toMatchObject({ value: { stay: [{ tag: '2', why: 'pointed to nothing before that was recorded' }] } });
});

it.each<[string, ImageTags, readonly string[], string | undefined, string, string]>([
  ['a tag that there is not', three, ['3'], undefined, 'web has no tag 3', 'it has 1, 2, latest'],
  ['a new tag by name', three, ['2'], undefined, '2 pointed to nothing before that was recorded', '2 can go back to nothing'],
  [
    'one of two by name',
    three,
    ['latest', '2'],
    undefined,
    '2 pointed to nothing',
    `latest can go back to ${digest('b')} (tagged 2026-03-02)`,
  ],
  ['a digest of another tag', three, ['2'], 'a', `2 never pointed to ${digest('a')}`, '2 can go back to nothing'],
  [
    'a digest that was never tagged',
    three,
    [],
    'e',
    `latest never pointed to ${digest('e')}`,
    `${digest('b')} (tagged 2026-03-02), ${digest('a')}`,
  ],
  ['where it is', three, ['latest'], 'c', 'latest points to it already', 'latest can go back to'],
  [
    'what a tag pointed to before Millrace',
    record(move('latest', 'a', DAY(1), { from: digest('f') })),
    [],
    'f',
    'never pointed to',
    'nothing',
  ],
  ['no moves', record(), [], undefined, 'no release moved a tag of web yet', ''],
])('refuses %s, with what is possible', (_title, tags, asked, to, message, remedy) => {
  expect(plan(tags, asked, to)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) },
  });
});

it.each<[string, string, string, string[]]>([
  ['latest', 'b', 'one release', ['c']],
  ['latest', 'a', 'two releases, the newest first', ['c', 'b']],
  ['1', 'a', 'an older release of an older tag, and not the newest', ['b']],
])('%s to %s goes back over %s', (tag, to, _title, over) => {
  expect(rolledBackReleases(three, [{ tag, to: digest(to) }])).toEqual(over.map((name) => `image-release:web-${name}`));
});

it('a digest is named by its beginning, of those that were tagged', () => {
  expect(namedDigest(three, 'aaaaaa')).toEqual({ ok: true, value: digest('a') });
  expect(namedDigest(three, digest('b'))).toEqual({ ok: true, value: digest('b') });
  expect(namedDigest(three, 'sha256:aaa')).toMatchObject({ ok: false });
  expect(namedDigest(three, 'eeeeee')).toMatchObject({ error: { message: expect.stringContaining('only what was tagged before') } });
  const close = record(move('latest', 'a', DAY(1)), { ...move('latest', 'a', DAY(2)), to: `sha256:${'a'.repeat(63)}b` });
  expect(namedDigest(close, 'aaaaaaaa')).toMatchObject({ error: { message: expect.stringContaining('is the beginning of') } });
});

it('whatever happened: a plan moves tags only to what a release had moved that tag to, and the publisher agrees', () => {
  const step = fc.record({ tag: fc.constantFrom('latest', '1', '2'), to: fc.constantFrom('a', 'b', 'c', 'd'), rollback: fc.boolean() });
  const asked = fc.record({
    tags: fc.uniqueArray(fc.constantFrom('latest', '1', '2'), { maxLength: 1 }),
    to: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { nil: undefined }),
  });
  let planned = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 8, maxLength: 20 }), asked, (steps, { tags: names, to }) => {
      const moves = steps.reduce<readonly RecordedMove[]>((known, { tag, to: name, rollback }, index) => {
        const now = record(...known);
        if (now.tags[tag] === digest(name)) return known;
        const at = `2026-03-01T00:00:${String(index).padStart(2, '0')}.000Z`;
        if (!rollback) return [...known, move(tag, name, at)];
        return rollbackObjection(now, { tag, to: digest(name) }) === undefined ? [...known, back(tag, name, at)] : known;
      }, []);
      const tags = record(...moves);
      const found = plan(tags, names, to);
      if (!found.ok) return;
      planned += 1;
      for (const target of found.value.moves) {
        expect(tags.tags[target.tag]).not.toBe(target.to);
        expect(moves.some((made) => made.tag === target.tag && made.to === target.to && !made.rollback)).toBe(true);
        expect(possibleTargets(tags, target.tag).map((one) => one.digest)).toContain(target.to);
        expect(rollbackObjection(tags, target)).toBeUndefined();
      }
    }),
    { numRuns: 1000 },
  );
  expect(planned).toBeGreaterThan(50);
});
