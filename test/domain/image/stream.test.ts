import fc from 'fast-check';
import { readImageSpec, type ImageSpec, type ImageStream } from '../../../src/domain/image/spec';
import { streamEnds, streamProblems, streamsOfTags, TAG_RULES, tagsOf } from '../../../src/domain/image/stream';

const at = { file: 'image.yaml', line: 1, column: 1 };
const stream = (name: string, versions: string, more: Partial<ImageStream> = {}): ImageStream => ({
  name,
  versions,
  tags: TAG_RULES,
  at,
  ...more,
});
const spec = (...streams: ImageStream[]): Pick<ImageSpec, 'streams'> => ({ streams });
const TODAY = '2026-06-01';

describe('the tags of a version', () => {
  it.each([
    ['*', '', '2.15.1-r0', ['latest', '2', '2.15', '2.15.1']],
    ['*', 'dev', '2.15.1-r7', ['latest-dev', '2-dev', '2.15-dev', '2.15.1-dev']],
    ['2', '', '2.8-r0', ['latest', '2', '2.8']],
    ['2', '', '2-r0', ['latest', '2']],
    ['1.3', '', '1.3.2.1-r0', ['latest', '1', '1.3', '1.3.2.1']],
    ['9', '', '9e-r0', ['latest', '9', '9e']],
    ['*', '', '20240101-r0', ['latest', '20240101']],
    ['*', '', '3.0_rc1-r0', ['3.0_rc1']],
    ['*', '', '3.0_p1-r0', ['latest', '3', '3.0', '3.0_p1']],
    ['*', '', '1.2~ab12-r0', ['latest', '1', '1.2', '1.2_ab12']],
  ])('of %s, variant %j, %s', (versions, variant, version, tags) =>
    expect(tagsOf(spec(stream('s', versions)), variant, version, TODAY)).toEqual({ stream: 's', tags }),
  );

  it('takes the stream that the version belongs to, by whole numbers', () => {
    const both = spec(stream('two', '2.1', { tags: ['X.Y'] }), stream('rest', '2.15', { tags: ['X.Y'] }));
    expect(tagsOf(both, '', '2.15.1-r0', TODAY)).toEqual({ stream: 'rest', tags: ['2.15'] });
    expect(tagsOf(both, '', '2.1a-r0', TODAY)).toEqual({ stream: 'two', tags: ['2.1'] });
    expect(tagsOf(both, '', '3.0-r0', TODAY)).toEqual({
      none: expect.stringContaining('no stream takes version 3.0; there are two (2.1), rest (2.15)'),
    });
  });

  it.each([
    ['2026-06-02', true],
    ['2026-06-01', false],
    ['2025-12-31', false],
  ])('a stream whose end of life is %s moves tags on 2026-06-01: %s', (endOfLife, moves) => {
    const tagging = tagsOf(spec(stream('old', '*', { endOfLife })), '', '1.0-r0', TODAY);
    expect('tags' in tagging).toBe(moves);
    if (!moves) expect(tagging).toEqual({ none: expect.stringContaining(`reached its end of life on ${endOfLife}`) });
  });
});

describe('the end of life of a stream', () => {
  it.each([
    ['2026-07-02', 31, undefined],
    ['2026-07-01', 30, 'the stream two reaches its end of life on 2026-07-01, in 30 days: from then on its tags stay where they are'],
    ['2026-06-02', 1, 'in 1 day:'],
    ['2026-06-01', 0, 'the stream two reached its end of life on 2026-06-01: its tags stay where they are'],
    ['2025-06-01', -365, 'reached its end of life on 2025-06-01'],
  ])('%s, in %i days, is said as %s', (endOfLife, days, text) => {
    const ends = streamEnds({ 2: { stream: 'two', endOfLife }, '2.1': { stream: 'two', endOfLife }, latest: { stream: 'rest' } }, TODAY);
    if (text === undefined) return expect(ends).toEqual([]);
    expect(ends).toEqual([{ stream: 'two', endOfLife, past: days <= 0, tags: ['2', '2.1'], text: expect.stringContaining(text) }]);
  });

  it('is that of image.yaml now, for tags of the release and for those of a stream that it left', () => {
    const now = spec(stream('two', '2', { endOfLife: '2026-07-01' }), stream('three', '3'));
    const before = { 2: { stream: 'two' }, 3: { stream: 'three', endOfLife: '2026-01-01' }, 1: { stream: 'one', endOfLife: '2025-01-01' } };
    expect(streamsOfTags(before, [tagsOf(now, '', '3.1-r0', TODAY)], now)).toEqual({
      1: { stream: 'one', endOfLife: '2025-01-01' },
      2: { stream: 'two', endOfLife: '2026-07-01' },
      ...Object.fromEntries(['latest', '3', '3.1'].map((tag) => [tag, { stream: 'three' }])),
    });
  });
});

describe('one tag belongs to one stream', () => {
  it.each<[string, ImageStream[], string]>([
    ['latest twice', [stream('a', '1'), stream('b', '2')], 'the streams a and b would both have the tag latest'],
    ['X twice', [stream('a', '1.2', { tags: ['X'] }), stream('b', '1.3', { tags: ['X'] })], 'would both have the tag 1'],
    ['X.Y twice', [stream('a', '1.2.1', { tags: ['X.Y'] }), stream('b', '1.2.2', { tags: ['X.Y'] })], 'would both have the tag 1.2'],
    [
      'versions in both',
      [stream('a', '1', { tags: ['X'] }), stream('b', '1.3', { tags: ['X.Y'] })],
      'both take versions that start with 1.3',
    ],
    ['all beside some', [stream('a', '*', { tags: ['X'] }), stream('b', '2', { tags: ['X.Y'] })], 'both take versions that start with 2'],
    ['a name twice', [stream('a', '1'), stream('a', '2', { tags: ['X'] })], 'the stream a is there twice'],
    ['no version', [stream('a', '>=1')], 'takes the versions ">=1"'],
    ['no day', [stream('a', '1', { endOfLife: '2027-02-30' })], 'the end of life "2027-02-30" of the stream a is no day'],
    ['no day by form', [stream('a', '1', { endOfLife: 'soon' })], 'is no day'],
    ['no tags', [stream('a', '1', { tags: [] })], 'the stream a has no tags'],
  ])('%s', (_title, streams, message) =>
    expect(
      streamProblems(streams)
        .map((problem) => problem.message)
        .join('\n'),
    ).toContain(message),
  );

  it('no two versions of different streams ever share a tag where nothing is complained of', () => {
    const part = fc.integer({ min: 0, max: 3 }).map(String);
    const numbers = fc.array(part, { minLength: 1, maxLength: 3 }).map((list) => list.join('.'));
    const streams = fc.array(
      fc.record({ versions: fc.oneof(numbers, fc.constant('*')), tags: fc.subarray([...TAG_RULES], { minLength: 1 }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(streams, numbers, numbers, (list, left, right) => {
        const named = list.map(({ versions, tags }, index) => stream(`s${index}`, versions, { tags }));
        fc.pre(streamProblems(named).length === 0);
        const [a, b] = [left, right].map((version) => tagsOf(spec(...named), '', `${version}-r0`, TODAY)) as [
          ReturnType<typeof tagsOf>,
          ReturnType<typeof tagsOf>,
        ];
        if (!('tags' in a) || !('tags' in b) || a.stream === b.stream) return;
        expect(a.tags.filter((tag) => b.tags.includes(tag))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

it('is checked where the image is read', () => {
  const text = 'name: a\npackage: a\nvariants:\n  - config: a.yaml\nstreams:\n  - {name: x, versions: "1"}\n  - {name: y, versions: "2"}\n';
  const read = readImageSpec(text, 'image.yaml');
  expect(read).toMatchObject({
    ok: false,
    error: [{ message: 'the streams x and y would both have the tag latest', at: { line: 7, column: 5 } }],
  });
});
