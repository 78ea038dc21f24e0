import fc from 'fast-check';
import type { Advisory } from '../../../src/domain/advisory/advisory';
import { exportOsv } from '../../../src/domain/advisory/osv-export';
import type { ExportedOsv } from '../../../src/domain/advisory/osv-export';
import type { Severity } from '../../../src/domain/advisory/severity';
import { countedBySeverity, findingText, scanImage } from '../../../src/domain/image/scan';
import type { Finding, ScannedPackage } from '../../../src/domain/image/scan';
import { compareVersionTexts } from '../../../src/domain/version/version';

const item = (name: string, version: string, change: Partial<ScannedPackage> = {}): ScannedPackage => ({
  ...{ name, version, architecture: 'x86_64', origin: name.replace(/-dev$/, '') },
  ...change,
});

/** The feed that a factory publishes of these advisories, of zlib with its subpackage. */
function feedOf(...advisories: readonly Advisory[]): readonly ExportedOsv[] {
  const at = { file: 'zlib.advisories.yaml', line: 1, column: 1 };
  const document = { file: at.file, package: 'zlib', advisories, places: { package: at, advisories: [] } };
  const feed = exportOsv([document], { distribution: 'example', subpackages: () => ['zlib-dev'] });
  return [...feed].filter(([name]) => name !== 'all.json').map(([, record]) => record as ExportedOsv);
}
const advisory = (serial: number, cve: string | undefined, ...events: readonly Advisory['events'][number][]): Advisory => ({
  id: `MLR-2222-3333-${4444 + serial}`,
  aliases: cve === undefined ? [] : [cve],
  events: [{ timestamp: '2026-01-01T00:00:00Z', type: 'detection', detection: { type: 'manual' } }, ...events],
});
const fixed = (fixedVersion: string) => ({ timestamp: '2026-01-02T00:00:00Z', type: 'fixed', fixedVersion }) as const;
const never = { timestamp: '2026-01-02T00:00:00Z', type: 'false-positive-determination', reason: 'inline-mitigations-exist' } as const;

const scan = (
  packages: readonly ScannedPackage[],
  feed: readonly ExportedOsv[],
  versions: readonly string[],
  severities: Readonly<Record<string, Severity>> = {},
) =>
  scanImage(
    packages,
    feed,
    () => versions,
    (names) => names.map((name) => severities[name]).find((severity) => severity !== undefined),
  );

const ZLIB = item('zlib', '1.2.13-r0');
const found = (id: string, change: Partial<Finding> = {}): Finding => ({ id, origin: 'zlib', version: '1.2.13-r0', ...change });

test.each<[string, readonly ScannedPackage[], readonly ExportedOsv[], readonly string[], Partial<ReturnType<typeof scanImage>>]>([
  ['open', [ZLIB], feedOf(advisory(1, 'CVE-1')), ['1.2.13-r0'], { open: [found('CVE-1')] }],
  ['without an alias', [ZLIB], feedOf(advisory(1, undefined)), [], { open: [found('MLR-2222-3333-4445')] }],
  [
    'fixed in what is published',
    [ZLIB],
    feedOf(advisory(1, 'CVE-1', fixed('1.3.0-r0'))),
    ['1.2.13-r0', '1.3.1-r0'],
    { fixable: [found('CVE-1', { fixedIn: '1.3.0-r0' })] },
  ],
  [
    'fixed in what is withdrawn',
    [ZLIB],
    feedOf(advisory(1, 'CVE-1', fixed('1.3.0-r0'))),
    ['1.2.13-r0'],
    { open: [found('CVE-1', { fixedIn: '1.3.0-r0' })] },
  ],
  ['the fixed one', [item('zlib', '1.3.0-r0')], feedOf(advisory(1, 'CVE-1', fixed('1.3.0-r0'))), ['1.3.0-r0'], {}],
  ['a newer one', [item('zlib', '1.3.1-r0')], feedOf(advisory(1, 'CVE-1', fixed('1.3.0-r0'))), ['1.3.1-r0'], {}],
  ['never affected', [ZLIB], feedOf(advisory(1, 'CVE-1', never)), [], {}],
  ['of another package', [item('xz', '1.2.13-r0')], feedOf(advisory(1, 'CVE-1')), [], {}],
  [
    'two packages of an origin are one finding',
    [ZLIB, item('zlib-dev', '1.2.13-r0')],
    feedOf(advisory(1, 'CVE-1')),
    [],
    { open: [found('CVE-1')] },
  ],
  ['a subpackage alone', [item('zlib-dev', '1.2.13-r0')], feedOf(advisory(1, 'CVE-1')), [], { open: [found('CVE-1')] }],
  ['on two architectures', [ZLIB, { ...ZLIB, architecture: 'aarch64' }], feedOf(advisory(1, 'CVE-1')), [], { open: [found('CVE-1')] }],
])('%s', (_, packages, feed, versions, result) => {
  expect(scan(packages, feed, versions)).toEqual({ fixable: [], open: [], ...result });
});

test('what one architecture can have fixed is not open on another', () => {
  const feed = feedOf(advisory(1, 'CVE-1', fixed('1.3.0-r0')));
  const seen = scanImage(
    [ZLIB, { ...ZLIB, architecture: 'aarch64' }],
    feed,
    (_name, architecture) => (architecture === 'aarch64' ? ['1.3.0-r0'] : []),
    () => undefined,
  );
  expect(seen).toEqual({ fixable: [found('CVE-1', { fixedIn: '1.3.0-r0' })], open: [] });
});

test('the worst first; one of which nothing is known counts as high', () => {
  const feed = feedOf(...[1, 2, 3, 4].map((serial) => advisory(serial, `CVE-${serial}`)));
  const { open } = scan([ZLIB], feed, [], {
    'CVE-1': { rating: 'medium', score: 5 },
    'CVE-3': { rating: 'critical', score: 9.8 },
    'CVE-4': { rating: 'medium', score: 6.1 },
  });
  expect(open.map(({ id }) => id)).toEqual(['CVE-3', 'CVE-2', 'CVE-4', 'CVE-1']);
  expect(countedBySeverity(open)).toBe('1 critical, 2 medium, 1 of unknown severity');
  expect(open.slice(0, 2).map(findingText)).toEqual([
    'CVE-3 in zlib 1.2.13-r0 (critical 9.8)',
    'CVE-2 in zlib 1.2.13-r0 (of unknown severity)',
  ]);
});

test('an image of the newest of everything has nothing that could be had fixed', () => {
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(2)).map(([major, minor, epoch]) => `${major}.${minor}-r${epoch}`);
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 8 }), fc.array(version, { maxLength: 8 }), (versions, fixes) => {
      const order = (a: string, b: string) => {
        const compared = compareVersionTexts(a, b);
        return compared.ok ? compared.value : 0;
      };
      const sorted = [...versions].sort(order);
      const feed = feedOf(...fixes.map((version, serial) => advisory(serial, `CVE-${serial}`, fixed(version))));
      const newest = scan([item('zlib', sorted.at(-1)!)], feed, versions);
      expect(newest.fixable).toEqual([]);
      // Every advisory is either contained, or found once.
      const oldest = scan([item('zlib', sorted[0]!)], feed, versions);
      expect(oldest.fixable.length + oldest.open.length).toBe(fixes.filter((version) => order(sorted[0]!, version) < 0).length);
    }),
  );
});
