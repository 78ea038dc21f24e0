import fc from 'fast-check';
import { briefTrace } from '../../../src/domain/change/brief-trace';
import { differencesOf, removalCause, type Seen } from '../../../src/domain/change/differences';

const AT = '2026-03-01T10:00:00.000Z';
const seen = (more: Partial<Seen> = {}): Seen => ({
  package: 'zlib',
  spec: { version: '1.2.13', epoch: 1 },
  published: '1.2.13-r1',
  edited: [],
  ...more,
});
const chosen = (version: string, link?: string) => ({
  chosen: { version, candidate: { name: `v${version}`, ...(link ? { link } : {}) } },
  reason: 'newer',
  trace: [],
});
const idsOf = (more: Partial<Seen>) => differencesOf(seen(more), AT).causes.map((cause) => cause.id);
const problemsOf = (more: Partial<Seen>) => differencesOf(seen(more), AT).problems;

describe('what differs', () => {
  test('nothing', () =>
    expect(differencesOf(seen({ update: { reason: 'nothing newer', trace: [] } }), AT)).toEqual({ causes: [], problems: [] }));

  test.each<[string, Partial<Seen>, readonly string[]]>([
    ['a release of upstream', { update: chosen('1.3.1') }, ['upstream:zlib:1.3.1']],
    ['a choice that is not newer than main', { update: chosen('1.2.13') }, []],
    ['a spec that was never published', { published: undefined }, ['spec:zlib:1.2.13-r1']],
    ['a newer epoch on main', { published: '1.2.13-r0' }, ['spec:zlib:1.2.13-r1']],
    ['a newer version on main', { published: '1.2.12-r7' }, ['spec:zlib:1.2.13-r1']],
    ['both', { published: '1.2.12-r7', update: chosen('1.3.1') }, ['upstream:zlib:1.3.1', 'spec:zlib:1.2.13-r1']],
    ['a newer one published', { published: '1.3-r0' }, []],
    ['an edit without a new epoch', { edited: ['packages/zlib.yaml'] }, []],
    ['an edit with a new epoch', { published: '1.2.13-r0', edited: ['packages/zlib.yaml'] }, ['spec:zlib:1.2.13-r1']],
  ] as [string, Partial<Seen>, readonly string[]][])('%s', (_, more, ids) => expect(idsOf(more)).toEqual(ids));

  test('causes tell a person what happened and where', () => {
    const { causes } = differencesOf(seen({ published: '1.2.12-r0', update: chosen('1.3.1', 'https://zlib.net/1.3.1') }), AT);
    expect(causes).toEqual([
      { id: 'upstream:zlib:1.3.1', kind: 'upstream-release', text: 'zlib 1.3.1 was released', at: AT, link: 'https://zlib.net/1.3.1' },
      { id: 'spec:zlib:1.2.13-r1', kind: 'spec-change', text: 'zlib 1.2.13-r1 is on main, 1.2.12-r0 is published', at: AT },
    ]);
    expect(removalCause('zlib', 'abc', AT)).toMatchObject({ id: 'removed:zlib:abc', kind: 'spec-change' });
  });

  test('what only a person can solve is a problem', () => {
    expect(problemsOf({ published: '1.3-r0' })).toEqual([
      'zlib: main says 1.2.13-r1, but 1.3-r0 is published: raise the version or the epoch of the spec',
    ]);
    expect(problemsOf({ edited: ['packages/zlib/a.patch'] })).toEqual([
      'zlib: packages/zlib/a.patch changed on main since 1.2.13-r1 was published: raise the epoch of the spec',
    ]);
    expect(problemsOf({ published: '1.2.13-r0', edited: ['packages/zlib/a.patch'] })).toEqual([]);
    expect(problemsOf({ update: { reason: '', trace: [], retagged: { name: 'v1', was: 'a', is: 'b' } } })[0]).toMatch(
      /moved the tag v1 from a to b/,
    );
  });

  test('the same difference is the same hint, whenever it is seen', () => {
    const differing = { published: '1.2.12-r0', update: chosen('1.3.1') };
    expect(differencesOf(seen(differing), AT).causes.map((cause) => cause.id)).toEqual(
      differencesOf(seen(differing), '2030-01-01T00:00:00Z').causes.map((cause) => cause.id),
    );
  });
});

describe('a brief explanation', () => {
  const lines = fc.array(
    fc
      .record({ name: fc.string(), version: fc.option(fc.nat(99).map(String), { nil: undefined }), rule: fc.string() })
      .map(({ version, ...line }) => ({
        ...line,
        ...(version === undefined ? {} : { version }),
        kept: false,
      })),
    { maxLength: 60 },
  );

  test('is whole where it is short, and never longer than asked', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 40 }), (trace, most) => {
        const brief = briefTrace(trace, most);
        expect(brief).toHaveLength(Math.min(most, trace.length));
        expect(new Set(brief).size).toBe(brief.length);
        if (trace.length <= most) expect(brief).toEqual(trace);
      }),
    );
  });

  test('keeps what was chosen, the newest versions and the last that were dropped', () => {
    const versions = Array.from({ length: 50 }, (_, n) => ({ name: `v${n}`, version: `${n}`, kept: n === 49, rule: 'r' }));
    const dropped = Array.from({ length: 50 }, (_, n) => ({ name: `rc${n}`, kept: false, rule: 'pre-release' }));
    const names = (trace: readonly { readonly name: string }[]) => trace.map((line) => line.name);
    expect(names(briefTrace([...versions, ...dropped], 6))).toEqual(['v49', 'v48', 'v47', 'rc47', 'rc48', 'rc49']);
    expect(names(briefTrace([...versions, dropped[0]!], 6))).toEqual(['v49', 'v48', 'v47', 'v46', 'v45', 'rc0']);
    expect(names(briefTrace([versions[49]!, ...dropped], 6))).toEqual(['v49', 'rc45', 'rc46', 'rc47', 'rc48', 'rc49']);
  });
});
