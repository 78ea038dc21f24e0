import fc from 'fast-check';
import { parse } from 'yaml';
import { readOsvRecord } from '../../../src/activities/advisories/osv-record';
import { entryOf, type PackageRule } from '../../../src/domain/advisory/mapping';
import { standingOf, worst } from '../../../src/domain/advisory/match';
import type { OsvAffected, OsvEvent, OsvRange, OsvRecord } from '../../../src/domain/advisory/osv';
import { formatProblem } from '../../../src/domain/result';
import { filesOf, unpacked, withPack } from './documents';

const range = (...events: readonly OsvEvent[]): OsvRange => ({ type: 'ECOSYSTEM', events });
const record = (...affected: readonly Partial<OsvAffected>[]): OsvRecord => ({
  id: 'CVE-1',
  modified: '2024-01-01T00:00:00Z',
  aliases: [],
  severity: [],
  affected: affected.map((entry) => ({ ranges: [], versions: [], ...entry })),
});
const standing = (version: string, ...affected: readonly Partial<OsvAffected>[]) =>
  standingOf(record(...affected), version, () => 'upstream');

const BRANCHES = range({ introduced: '0' }, { fixed: '1.2' }, { introduced: '2.0' }, { fixed: '2.3' }, { introduced: '3' });
test.each([
  ['1.1-r7', BRANCHES, 'affected'],
  ['1.2-r0', BRANCHES, 'fixed'],
  ['1.2_rc1-r0', BRANCHES, 'affected'],
  ['1.9-r0', BRANCHES, 'fixed'],
  ['2.0-r0', BRANCHES, 'affected'],
  ['2.10-r0', BRANCHES, 'fixed'],
  ['3-r0', BRANCHES, 'affected'],
  ['1-r0', range({ introduced: '2' }, { fixed: '3' }), 'outside'],
  ['1.4-r0', range({ introduced: '0' }, { lastAffected: '1.4' }), 'affected'],
  ['1.4.1-r0', range({ introduced: '0' }, { lastAffected: '1.4' }), 'fixed'],
  ['5-r0', range({ introduced: '0' }, { limit: '5' }), 'outside'],
  ['4-r0', range({ introduced: '0' }, { limit: '*' }), 'affected'],
  ['2-r0', range({ fixed: '2' }, { introduced: '2' }), 'affected'],
  ['1.0-r0', range({ introduced: 'v0.9' }, { fixed: 'v1.0' }), 'fixed'],
  ['1.0_rc2-r0', range({ introduced: '0' }, { fixed: '1.0.0-rc.3' }), 'affected'],
  ['1.0.0_rc4-r0', range({ introduced: '0' }, { fixed: '1.0.0-rc.3' }), 'fixed'],
  ['1.0-r0', range({ introduced: '0' }, { fixed: '1.0.post1' }), 'unknown'],
  ['1.0-r0', range({ introduced: '0' }, { fixed: '0.0.0-20200101000000-abcdef012345' }), 'unknown'],
  ['2024c-r0', range({ introduced: '0' }, { fixed: '2024d' }), 'affected'],
])('%s is judged by a range', (version, one, wanted) => {
  expect(standing(version, { ranges: [one] })).toBe(wanted);
});

test('a listed version is affected, whatever the ranges say; without ranges others are not', () => {
  expect(standing('1.1-r0', { versions: ['v1.1'], ranges: [range({ introduced: '2' })] })).toBe('affected');
  expect(standing('1.2-r0', { versions: ['1.1'] })).toBe('outside');
});

test('ranges of commits are judged by the versions beside them', () => {
  const git: OsvRange = { type: 'GIT', repo: 'https://example.org/a', events: [{ introduced: '0' }, { fixed: 'c0ffee' }] };
  const listed = { ranges: [git], versions: ['v1.0', 'v1.1'] };
  expect(['1.1-r0', '1.2-r0', '0.9-r0'].map((version) => standing(version, listed))).toEqual(['affected', 'fixed', 'unknown']);
  expect(standing('1.2-r0', { ranges: [git] })).toBe('unknown');
  expect(standing('1.2-r0', { ranges: [{ ...git, events: [{ introduced: '0' }] }], versions: ['v1.0'] })).toBe('unknown');
  expect(standing('1.2-r0', { ranges: [git], versions: ['v1.0', 'some-tag'] })).toBe('unknown');
});

test('of several entries the most careful decides', () => {
  expect(standing('2-r0', { ranges: [range({ introduced: '0' }, { fixed: '2' })] }, { ranges: [range({ introduced: '2' })] })).toBe(
    'affected',
  );
  expect(worst(['fixed', 'unknown', 'outside'])).toBe('unknown');
  expect(worst(['outside', 'fixed'])).toBe('fixed');
  expect(worst([])).toBe('outside');
});

test("the distribution's own entries count the epoch, those of upstream do not", () => {
  const one = record({ ranges: [range({ introduced: '0' }, { fixed: '1.2.13-r1' })] });
  expect([0, 1].map((epoch) => standingOf(one, `1.2.13-r${epoch}`, () => 'own'))).toEqual(['affected', 'fixed']);
  expect(standing('1.2.13-r9', { ranges: [range({ introduced: '0' }, { fixed: '1.2.14' })] })).toBe('affected');
});

test('one fix splits all versions in those before it and the others', () => {
  const version = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(version, version, (at, fix) => {
      const before = (a: readonly number[], b: readonly number[]): boolean => {
        const place = a.findIndex((part, index) => part !== b[index]);
        return place < 0 ? a.length < b.length : a[place]! < (b[place] ?? -1);
      };
      expect(standing(`${at.join('.')}-r0`, { ranges: [range({ introduced: '0' }, { fixed: fix.join('.') })] })).toBe(
        before(at, fix) ? 'affected' : 'fixed',
      );
    }),
  );
});

describe('which package an entry is about', () => {
  const mapping = (...rules: readonly PackageRule[]) => ({ distribution: 'example', rules });
  const of = (ecosystem: string, name: string, purl?: string): OsvAffected => ({
    package: { ecosystem, name, ...(purl ? { purl } : {}) },
    ranges: [],
    versions: [],
  });

  test.each<[OsvAffected, string, PackageRule | undefined, 'own' | 'upstream' | undefined]>([
    [of('Generic', 'zlib', 'pkg:generic/zlib'), 'zlib', undefined, 'upstream'],
    [of('Generic', 'zlib', 'pkg:generic/zlib@1.2.13?arch=x'), 'zlib', undefined, 'upstream'],
    [of('Generic', 'libstdc++', 'pkg:generic/libstdc%2B%2B'), 'libstdc++', undefined, 'upstream'],
    [of('example', 'zlib', 'pkg:apk/example/zlib'), 'zlib', undefined, 'own'],
    [of('Alpine', 'zlib', 'pkg:apk/alpine/zlib'), 'zlib', undefined, undefined],
    [of('Debian:12', 'zlib'), 'zlib', undefined, undefined],
    [of('PyPI', 'requests', 'pkg:pypi/requests'), 'py3-requests', { package: 'py3-requests', purl: 'pkg:pypi/requests' }, 'upstream'],
    [of('OSS-Fuzz', 'libxml'), 'libxml2', { package: 'libxml2', ecosystem: 'OSS-Fuzz', name: 'libxml' }, 'upstream'],
    [of('PyPI', 'libxml'), 'libxml2', { package: 'libxml2', ecosystem: 'OSS-Fuzz', name: 'libxml' }, undefined],
    [of('OSS-Fuzz', 'libxml'), 'other', { package: 'libxml2', ecosystem: 'OSS-Fuzz', name: 'libxml' }, undefined],
  ])('%j for %s by %j', (entry, name, rule, wanted) => {
    expect(entryOf(entry, name, mapping(...(rule ? [rule] : [])))).toBe(wanted);
  });

  test('a rule names the repository of a range of commits, with or without .git', () => {
    const entry: OsvAffected = {
      ranges: [{ type: 'GIT', repo: 'https://gitlab.gnome.org/GNOME/libxml2', events: [{ introduced: '0' }] }],
      versions: [],
    };
    const rule = { package: 'libxml2', repository: 'https://gitlab.gnome.org/GNOME/libxml2.git' };
    expect(entryOf(entry, 'libxml2', mapping(rule))).toBe('upstream');
    expect(entryOf(entry, 'libxml2', mapping({ ...rule, repository: 'https://gitlab.gnome.org/GNOME/libxslt' }))).toBeUndefined();
  });
});

withPack('osv-records.tar.gz')('real records', () => {
  const records = (folder: string, ecosystem: string, suffix: string): readonly OsvRecord[] =>
    filesOf(`${folder}/${ecosystem}`, suffix).map(([name, text]) => {
      const read = readOsvRecord(name.endsWith('.json') ? JSON.parse(text) : parse(text), name);
      if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
      return read.value;
    });

  test('are all read, and most of their versions can be ordered', () => {
    unpacked('osv-records.tar.gz', (folder) => {
      for (const [ecosystem, suffix, count, told] of [
        ['osv-go', '.json', 2541, 0.85],
        ['osv-pypi', '.yaml', 874, 0.9],
      ] as const) {
        const all = records(folder, ecosystem, suffix);
        expect(all).toHaveLength(count);
        const standings = all.map((one) => standingOf(one, '999999999.0-r0', () => 'upstream'));
        expect(standings.filter((each) => each !== 'unknown').length / count).toBeGreaterThan(told);
      }
    });
  });

  test('GO-2020-0001 and PYSEC-2006-2 are judged as they say', () => {
    unpacked('osv-records.tar.gz', (folder) => {
      const go = records(folder, 'osv-go', 'GO-2020-0001.json')[0]!;
      expect(go.aliases).toEqual(['CVE-2020-36567', 'GHSA-6vm3-jj99-7229']);
      expect(['1.5.9-r0', '1.6.0-r0'].map((version) => standingOf(go, version, () => 'upstream'))).toEqual(['affected', 'fixed']);
      const trac = records(folder, 'osv-pypi', 'PYSEC-2006-2.yaml')[0]!;
      expect(['0.9-r0', '0.9.6-r0'].map((version) => standingOf(trac, version, () => 'upstream'))).toEqual(['affected', 'fixed']);
    });
  });
});
