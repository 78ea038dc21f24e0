import { isOpen, newestEvent, type Advisory } from '../../../src/domain/advisory/advisory';
import { isTimestamp, readAdvisories } from '../../../src/domain/advisory/read';
import { formatProblem } from '../../../src/domain/result';
import { documentFrom, filesOf, unpacked, withPack, ZLIB } from './documents';

const problemsOf = (text: string): readonly string[] => {
  const read = readAdvisories(text, 'a.yaml');
  return read.ok ? [] : read.error.map(formatProblem);
};
const withEvent = (...lines: readonly string[]) =>
  `schema-version: 2.0.2\npackage:\n  name: a\nadvisories:\n  - id: CGA-2222-3333-4444\n    events:\n      - timestamp: 2024-01-01T00:00:00Z\n${lines.map((line) => `        ${line}\n`).join('')}`;

test('a document is read with its places', () => {
  const { package: name, advisories, places } = documentFrom(ZLIB);
  expect(name).toBe('zlib');
  expect(advisories).toEqual([
    {
      id: 'CGA-phgv-wf69-p9vc',
      aliases: ['CVE-2018-25032', 'GHSA-jc36-42cf-vqwj'],
      events: [{ timestamp: '2022-10-11T11:16:06Z', type: 'fixed', fixedVersion: '1.2.13-r1' }],
    },
    {
      id: 'CGA-jq67-276v-crw8',
      aliases: ['CVE-2023-45853'],
      events: [{ timestamp: '2023-10-20T08:03:07Z', type: 'detection', detection: { type: 'manual' } }],
    },
  ]);
  expect(places.advisories.map(({ at, events }) => [at.line, ...events.map(({ line }) => line)])).toEqual([
    [8, 13],
    [18, 22],
  ]);
});

test.each([
  [
    'scan/v1',
    [
      'type: detection',
      'data:',
      '  type: scan/v1',
      '  data:',
      '    subpackageName: a',
      '    componentID: "1"',
      '    componentName: a',
      '    componentVersion: 1.10',
      '    componentType: apk',
      '    componentLocation: /.PKGINFO',
      '    scanner: grype',
    ],
  ],
  ['nvdapi', ['type: detection', 'data:', '  type: nvdapi', '  data:', '    cpeSearched: x', '    cpeFound: y']],
  ['a true positive without data', ['type: true-positive-determination']],
  ['a false positive without note', ['type: false-positive-determination', 'data:', '  type: inline-mitigations-exist']],
  ['analysis not planned', ['type: analysis-not-planned', 'data:', '  note: too old']],
])('%s is read', (_, lines) => {
  expect(problemsOf(withEvent(...lines))).toEqual([]);
});

test('versions stay text', () => {
  const [advisory] = documentFrom(withEvent('type: fixed', 'data:', '  fixed-version: 1.10-r0')).advisories;
  expect(advisory!.events[0]).toMatchObject({ fixedVersion: '1.10-r0' });
});

test.each<[string, string, string]>([
  ['no YAML', 'a: [', 'a.yaml:1:'],
  ['no mapping', '- a', 'a.yaml:1:1: an advisory document is a mapping (it starts with `schema-version:`)'],
  ['an unknown key', ZLIB.replace('aliases', 'alias'), 'a.yaml:9:5: unknown key advisories[0].alias (known here: id, aliases, events)'],
  [
    'an unknown key of a detection',
    withEvent('type: detection', 'data:', '  type: manual', '  by: me'),
    'a.yaml:11:11: unknown key advisories[0].events[0].data.by (known here: type, data)',
  ],
  ['a repeated key', `${ZLIB}schema-version: 2\n`, 'a.yaml:26:1: schema-version is there twice (remove one)'],
  ['another schema', ZLIB.replace('2.0.2', '3.0.0'), 'a.yaml:1:17: schema-version 3.0.0 is not one that is read here (write 2.0.2)'],
  [
    'no package',
    ZLIB.replace('  name: zlib # the library\n', '  nam: zlib\n'),
    'a.yaml:4:3: unknown key package.nam (did you mean `name`?)',
  ],
  ['no id', ZLIB.replace('id: CGA-phgv-wf69-p9vc', 'id:'), 'a.yaml:8:5: advisories[0].id is missing (write `id:`)'],
  [
    'a strange id',
    ZLIB.replace('CGA-phgv-wf69-p9vc', 'CGA-aaaa-wf69-p9vc'),
    'a.yaml:8:9: advisories[0].id "CGA-aaaa-wf69-p9vc" is no advisory id (as CGA-2c3f-4g5h-6j7m)',
  ],
  ['a strange alias', ZLIB.replace('CVE-2018-25032', 'RHSA-1'), 'a.yaml:10:9: an alias of advisories[0] is "RHSA-1" (CVE-, GHSA- or GO-)'],
  ['no events', ZLIB.replace(/ {4}events:\n(?: {6}.*\n)+$/, ''), 'a.yaml:18:5: advisories[1].events is missing (write `events:`)'],
  [
    'an empty list of events',
    ZLIB.replace(/ {4}events:\n(?: {6}.*\n)+$/, '    events: []\n'),
    'a.yaml:18:5: advisories[1] has no event (an advisory starts with one)',
  ],
  [
    'an unknown type',
    withEvent('type: fixd', 'data:', '  fixed-version: 1-r0'),
    'a.yaml:8:15: advisories[0].events[0].type is "fixd" (did you mean `fixed`?)',
  ],
  [
    'no fixed version',
    withEvent('type: fixed'),
    'a.yaml:7:9: advisories[0].events[0].data.fixed-version is missing (write `fixed-version:`)',
  ],
  [
    'a fixed version without epoch',
    withEvent('type: fixed', 'data:', '  fixed-version: 1.2'),
    'a.yaml:10:26: advisories[0].events[0].data.fixed-version "1.2" names no package (as 1.2.3-r0)',
  ],
  ['no note', withEvent('type: fix-not-planned'), 'a.yaml:7:9: advisories[0].events[0].data.note is missing (write `note:`)'],
  [
    'another justification',
    withEvent('type: false-positive-determination', 'data:', '  type: whatever'),
    'a.yaml:10:17: advisories[0].events[0].data.type is "whatever" (one of vulnerability-record-analysis-contested',
  ],
  [
    'an incomplete scan',
    withEvent('type: detection', 'data:', '  type: scan/v1', '  data:', '    scanner: grype'),
    'a.yaml:12:13: advisories[0].events[0].data.data.subpackageName is missing',
  ],
  [
    'a day that is none',
    ZLIB.replace('2022-10-11', '2023-02-30'),
    'a.yaml:13:20: advisories[0].events[0].timestamp "2023-02-30T11:16:06Z" is no time (as 2026-01-31T12:00:00Z)',
  ],
])('%s is an error with its place', (_, text, problem) => {
  expect(problemsOf(text)).toContainEqual(expect.stringContaining(problem));
});

test('all defects are told at once', () => {
  expect(problemsOf(ZLIB.replace('2.0.2', '3').replace('CVE-2018-25032', 'x').replace('manual', 'by-hand'))).toHaveLength(3);
});

test('times are UTC to the second', () => {
  expect(
    ['2024-02-29T23:59:59Z', '2023-02-29T23:59:59Z', '2024-02-29T23:59:59+01:00', '2024-02-29', '2024-02-29T24:00:00Z'].map(isTimestamp),
  ).toEqual([true, false, false, false, false]);
});

describe('the status', () => {
  const advisory = (...events: Advisory['events']): Advisory => ({ id: 'CGA-2222-3333-4444', aliases: [], events });
  const detection = (timestamp: string) => ({ timestamp, type: 'detection', detection: { type: 'manual' } }) as const;
  const fixed = (timestamp: string) => ({ timestamp, type: 'fixed', fixedVersion: '1-r0' }) as const;

  test('is the newest event by time, wherever it stands', () => {
    expect(isOpen(advisory(detection('2024-01-01T00:00:00Z')))).toBe(true);
    expect(isOpen(advisory(detection('2024-01-01T00:00:00Z'), fixed('2024-01-02T00:00:00Z')))).toBe(false);
    expect(isOpen(advisory(fixed('2024-01-02T00:00:00Z'), detection('2024-01-01T00:00:00Z')))).toBe(false);
    expect(isOpen(advisory(fixed('2024-01-01T00:00:00Z'), detection('2024-01-02T00:00:00Z')))).toBe(true);
    expect(isOpen(advisory({ timestamp: '2024-01-01T00:00:00Z', type: 'pending-upstream-fix', note: 'soon' }))).toBe(false);
  });

  test('at the same second is the event written later', () => {
    expect(newestEvent(advisory(detection('2024-01-01T00:00:00Z'), fixed('2024-01-01T00:00:00Z')))?.type).toBe('fixed');
  });
});

withPack('wolfi-advisories.tar.gz')('the advisories of a real distribution', () => {
  test('are all read', () => {
    const documents = unpacked('wolfi-advisories.tar.gz', (folder) =>
      filesOf(folder, '.advisories.yaml').map(([name, text]) => documentFrom(text, name)),
    );
    const advisories = documents.flatMap((document) => document.advisories);
    const events = advisories.flatMap((advisory) => advisory.events);
    const count = (type: string) => events.filter((event) => event.type === type).length;
    expect([documents.length, advisories.length, events.length]).toEqual([1278, 20_770, 32_282]);
    expect(
      ['detection', 'fixed', 'false-positive-determination', 'pending-upstream-fix', 'fix-not-planned', 'true-positive-determination'].map(
        count,
      ),
    ).toEqual([13_429, 14_937, 2095, 1006, 735, 80]);
  });
});
