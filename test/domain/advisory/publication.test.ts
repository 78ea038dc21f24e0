import fc from 'fast-check';
import type { Advisory, AdvisoryDocument, AdvisoryEvent } from '../../../src/domain/advisory/advisory';
import { fixedIn } from '../../../src/domain/advisory/fixed';
import { recordsByName, type OsvRecord } from '../../../src/domain/advisory/osv';
import { exportOsv } from '../../../src/domain/advisory/osv-export';
import { exportSecdb } from '../../../src/domain/advisory/secdb';
import { documentFrom, filesOf, unpacked, withPack, ZLIB } from './documents';

const MAPPING = { distribution: 'example', rules: [] };
const at = (day: number) => `2024-01-0${day}T00:00:00Z`;
const detection = (day: number): AdvisoryEvent => ({ timestamp: at(day), type: 'detection', detection: { type: 'manual' } });
const fixed = (day: number, fixedVersion: string): AdvisoryEvent => ({ timestamp: at(day), type: 'fixed', fixedVersion });
const falsePositive = (day: number): AdvisoryEvent => ({
  timestamp: at(day),
  type: 'false-positive-determination',
  reason: 'inline-mitigations-exist',
});
const advisory = (id: string, aliases: readonly string[], ...events: readonly AdvisoryEvent[]): Advisory => ({ id, aliases, events });
const osv = (id: string, fix: string, more: Partial<OsvRecord> = {}): OsvRecord => ({
  id,
  modified: at(1),
  aliases: [],
  severity: [],
  affected: [
    {
      package: { ecosystem: 'Generic', name: 'libxml2', purl: 'pkg:generic/libxml2' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: fix }] }],
      versions: [],
    },
  ],
  ...more,
});

describe('a release turns to fixed', () => {
  const OPEN = advisory('MLR-2222-3333-4444', ['CVE-1'], detection(1));
  const turned = (one: Advisory, records: readonly OsvRecord[], version = '2.15.0-r0', name = 'libxml2') =>
    fixedIn(name, version, [one], recordsByName(records), MAPPING).length === 1;

  test.each<[string, boolean, boolean]>([
    ['an open advisory whose record names a fix that it has', turned(OPEN, [osv('CVE-1', '2.10.3')]), true],
    [
      'one that is confirmed',
      turned({ ...OPEN, events: [detection(1), { timestamp: at(2), type: 'true-positive-determination' }] }, [osv('CVE-1', '2.10.3')]),
      true,
    ],
    ['one whose record has another name of it', turned(OPEN, [osv('GHSA-1', '2.10.3', { aliases: ['CVE-1'] })]), true],
    ['not one whose fix is newer', turned(OPEN, [osv('CVE-1', '2.16')]), false],
    ['not one without a record', turned(OPEN, [osv('CVE-2', '2.10.3')]), false],
    ['not one whose record is about something else', turned(OPEN, [osv('CVE-1', '2.10.3')], '2.15.0-r0', 'zlib'), false],
    ['not one whose record is withdrawn', turned(OPEN, [osv('CVE-1', '2.10.3', { withdrawn: at(3) })]), false],
    [
      'not one of which another record says affected',
      turned(OPEN, [osv('CVE-1', '2.10.3'), osv('GHSA-1', '2.16', { aliases: ['CVE-1'] })]),
      false,
    ],
    [
      'not one of which another record cannot be told',
      turned(OPEN, [osv('CVE-1', '2.10.3'), osv('GHSA-1', 'some-day', { aliases: ['CVE-1'] })]),
      false,
    ],
    ['not one that is fixed already', turned({ ...OPEN, events: [detection(1), fixed(2, '1.2.13-r1')] }, [osv('CVE-1', '2.10.3')]), false],
    [
      'not one that is fixed already, written before the detection',
      turned({ ...OPEN, events: [fixed(2, '1.2.13-r1'), detection(1)] }, [osv('CVE-1', '2.10.3')]),
      false,
    ],
    ['not a false positive', turned({ ...OPEN, events: [falsePositive(1)] }, [osv('CVE-1', '2.10.3')]), false],
    [
      'not a version before anything was introduced',
      turned(OPEN, [
        osv('CVE-1', '3', {
          affected: [{ ...osv('x', '1').affected[0]!, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '2.16' }, { fixed: '3' }] }] }],
        }),
      ]),
      false,
    ],
  ])('%s', (_, actual, wanted) => {
    expect(actual).toBe(wanted);
  });
});

const document = (name: string, ...advisories: readonly Advisory[]): AdvisoryDocument => ({
  file: `${name}.advisories.yaml`,
  package: name,
  advisories,
  places: { package: { file: name, line: 1, column: 1 }, advisories: [] },
});
const DOCUMENTS = [
  document(
    'zlib',
    advisory('MLR-3333-3333-3333', ['CVE-2', 'GHSA-2'], detection(1), fixed(2, '1.10-r0')),
    advisory('MLR-2222-2222-2222', ['CVE-1'], fixed(3, '1.9-r0')),
    advisory('MLR-4444-4444-4444', ['CVE-4'], fixed(1, '1.9-r0')),
    advisory('MLR-5555-5555-5555', ['CVE-5'], falsePositive(1)),
    advisory('MLR-6666-6666-6666', ['CVE-6'], fixed(1, '1.9-r0'), detection(2)),
    advisory('MLR-7777-7777-7777', [], fixed(1, '1.10-r0')),
  ),
  document('lz4', advisory('MLR-8888-8888-8888', ['CVE-8'], detection(1))),
  document('apr', advisory('MLR-9999-9999-9999', ['CVE-9'], falsePositive(1))),
];

test('secdb has what is fixed by version in apk order, false positives under 0, and nothing that is open', () => {
  const secdb = exportSecdb(DOCUMENTS, { distribution: 'example', architectures: ['x86_64', 'aarch64'] });
  expect(JSON.stringify(secdb)).toBe(
    JSON.stringify({
      apkurl: '{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk',
      archs: ['aarch64', 'x86_64'],
      reponame: 'example',
      urlprefix: '',
      packages: [
        { pkg: { name: 'apr', secfixes: { '0': ['CVE-9'] } } },
        {
          pkg: {
            name: 'zlib',
            secfixes: { '0': ['CVE-5'], '1.9-r0': ['CVE-1', 'CVE-4'], '1.10-r0': ['CVE-2', 'GHSA-2', 'MLR-7777-7777-7777'] },
          },
        },
      ],
    }),
  );
});

test('OSV has a record of each advisory for its package and what is built with it, and a list of all', () => {
  const files = exportOsv(DOCUMENTS, { distribution: 'example', subpackages: (origin) => (origin === 'zlib' ? ['zlib-dev', 'zlib'] : []) });
  expect([...files.keys()]).toHaveLength(9);
  expect(files.get('MLR-3333-3333-3333.json')).toEqual({
    schema_version: '1.7.0',
    id: 'MLR-3333-3333-3333',
    modified: at(2),
    published: at(1),
    upstream: ['CVE-2', 'GHSA-2'],
    affected: ['zlib', 'zlib-dev'].map((name) => ({
      package: { ecosystem: 'example', name, purl: `pkg:apk/example/${name}` },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.10-r0' }] }],
    })),
  });
  const events = (id: string) =>
    (files.get(`${id}.json`) as { affected: readonly { ranges: readonly { events: unknown }[] }[] }).affected[0]!.ranges[0]!.events;
  expect(events('MLR-5555-5555-5555')).toEqual([{ introduced: '0' }, { fixed: '0' }]);
  expect(events('MLR-6666-6666-6666')).toEqual([{ introduced: '0' }]);
  expect((files.get('all.json') as readonly unknown[]).slice(0, 2)).toEqual([
    { id: 'MLR-2222-2222-2222', modified: at(3) },
    { id: 'MLR-3333-3333-3333', modified: at(2) },
  ]);
});

test('the feeds are the same whatever the order of documents and advisories', () => {
  const feeds = (documents: readonly AdvisoryDocument[]) =>
    JSON.stringify([
      exportSecdb(documents, { distribution: 'x', architectures: [] }),
      [...exportOsv(documents, { distribution: 'x', subpackages: () => [] })],
    ]);
  const wanted = feeds(DOCUMENTS);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(DOCUMENTS, { minLength: 3 }),
      fc.shuffledSubarray(DOCUMENTS[0]!.advisories.slice(), { minLength: 6 }),
      (documents, advisories) => {
        expect(feeds(documents.map((each) => (each.package === 'zlib' ? { ...each, advisories } : each)))).toBe(wanted);
      },
    ),
  );
});

withPack('wolfi-advisories.tar.gz')('the advisories of a real distribution', () => {
  test('make feeds in which every fix and false positive is', () => {
    const documents = [
      documentFrom(ZLIB),
      ...unpacked('wolfi-advisories.tar.gz', (folder) =>
        filesOf(folder, '.advisories.yaml')
          .filter((_, index) => index % 10 === 0)
          .map(([name, text]) => documentFrom(text, name)),
      ),
    ];
    const names = exportSecdb(documents, { distribution: 'wolfi', architectures: [] }).packages.flatMap(({ pkg }) =>
      Object.values(pkg.secfixes).flat(),
    );
    expect(names.length).toBeGreaterThan(1000);
    expect(exportOsv(documents, { distribution: 'wolfi', subpackages: () => [] }).size).toBe(
      documents.flatMap((each) => each.advisories).length + 1,
    );
  });
});
