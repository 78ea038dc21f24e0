import { readSeason, type SeasonEvent } from '../../../../src/domain/floor/simulate/season';

const event = (kind: SeasonEvent['kind'], more: Partial<SeasonEvent> = {}): SeasonEvent => ({
  at: 0,
  package: 'zlib',
  kind,
  reason: '',
  commit: 'c0',
  ...more,
});

/** The class of the last of these events, each a second after the one before. */
function classOfLast(...events: readonly SeasonEvent[]): string {
  const { counts } = readSeason(
    events.map((one, index) => ({ ...one, at: index * 1000 })),
    () => true,
  );
  const before = readSeason(
    events.slice(0, -1).map((one, index) => ({ ...one, at: index * 1000 })),
    () => true,
  ).counts;
  return Object.entries(counts).find(([kind, { taken }]) => taken > before[kind as keyof typeof before].taken)![0];
}

const version = (to: string, more: Partial<SeasonEvent> = {}) => event('version', { version: to, ...more });
const epoch = (reason: string) => event('epoch', { reason });

test.each<[string, readonly SeasonEvent[], string]>([
  ['a version', [version('1.1')], 'release'],
  ['the same version once more', [version('1.1'), version('1.1')], 'repeated'],
  ['an older version', [version('1.1'), version('1.0')], 'release'],
  ['a spec', [event('new', { version: '1.0' })], 'added'],
  ['a spec that goes', [event('removed')], 'removed'],
  ['one that went already', [event('removed'), event('removed')], 'repeated'],
  ['one that comes back in the same version', [version('1.0'), event('removed'), event('new', { version: '1.0' })], 'added'],
  ['an epoch for a CVE', [epoch('CVE-2026-1234')], 'remedy'],
  ['for one among words', [epoch('Fixes ghsa-jhf3-xxhw-2wpp in golang')], 'remedy'],
  ['for an id that is cut off', [epoch('log4j (GHSA-p93r,GHSA-w35j)')], 'remedy'],
  ['for the same CVE once more', [epoch('CVE-2026-1234'), epoch('CVE-2026-1234')], 'repeated'],
  ['for it and another', [epoch('CVE-2026-1'), epoch('CVE-2026-1, CVE-2026-2')], 'remedy'],
  ['for the same CVE in the next version', [epoch('CVE-2026-1'), version('2'), epoch('CVE-2026-1')], 'remedy'],
  ['with the comment that the version left there', [version('2', { reason: 'CVE-2026-1' }), epoch('CVE-2026-1')], 'repeated'],
  ['an epoch for a toolchain', [epoch('toolchain rebuild for  go-1.26-1.26.7')], 'rebuilt'],
  ['for a toolchain, told otherwise', [epoch('update go toolchain to go-1.25')], 'rebuilt'],
  ['for a transition', [epoch('llvm: 21->22')], 'rebuilt'],
  ['an epoch for memory', [epoch('go/wolfi-rsc/zlib')], 'edited'],
  ['without a reason', [epoch('')], 'edited'],
  ['an arrow in a sentence', [epoch('convert fetch -> git-checkout')], 'edited'],
])('%s', (_name, events, kind) => expect(classOfLast(...events)).toBe(kind));

test('arrivals are put in the order of time, equal times as in the file, and those out of order are counted', () => {
  const season = readSeason(
    [version('2', { at: 2000 }), version('1', { at: 1000 }), event('new', { at: 1000, package: 'a', version: '7' }), epoch('')],
    () => true,
  );
  expect(season.arrivals).toEqual([
    { at: 1000, package: 'zlib', kind: 'release', version: '1' },
    { at: 1000, package: 'a', kind: 'added', version: '7' },
    { at: 2000, package: 'zlib', kind: 'release', version: '2', previous: '1' },
  ]);
  expect([season.outOfOrder, season.from, season.to]).toEqual([2, 0, 2000]);
});

test('a commit of 101 specs is counted apart, one of 100 is not; so are packages that the graph does not have', () => {
  const commit = (id: string, count: number) =>
    Array.from({ length: count }, (_, index) => version('1', { package: `${id}${index}`, commit: id }));
  const season = readSeason([...commit('big', 101), ...commit('small', 100)], (name) => name !== 'small0');
  expect(season.counts.release).toEqual({ taken: 99, mass: 101, unknown: 1 });
  expect([season.arrivals.length, season.commits, season.massCommits]).toEqual([99, 2, 1]);
});
