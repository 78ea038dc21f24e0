import { imageGateObjection, imageWaivable, requiredImageChecks } from '../../../src/domain/image/gate';
import type { BuiltVariant, ImageGateRecord, ImageLock } from '../../../src/domain/image/image';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const locked = (variant: string) => ({ variant, config: digest('a'), digest: digest('b'), version: '1.0-r0', packages: 3 });
const built = (variant: string): BuiltVariant => ({ variant, digest: digest('c'), layout: digest('d'), sboms: {}, bytes: 1 });

const lock: ImageLock = {
  image: 'xml-tools',
  repository: 'demo/xml-tools',
  commit: '0'.repeat(40),
  generation: 1,
  spec: digest('e'),
  suites: [{ name: 'basic', file: digest('f') }],
  variants: [locked(''), locked('dev')],
  key: digest('1'),
  changes: [],
};
const passed = (check: string) => ({ check, outcome: 'passed' as const, summary: 'fine', details: [], seconds: 1 });
const verdicts = requiredImageChecks(lock).map(passed);
const open: ImageGateRecord = {
  release: 'image-release:xml-tools-1',
  image: 'xml-tools',
  repository: 'demo/xml-tools',
  lock,
  variants: [built(''), built('dev')],
  verdicts,
  accepted: [],
  openedAt: '2026-01-02T03:04:05Z',
};
const accepted = (check: string, by = 'ada', reason = 'known') => [{ check, by, reason, at: '2026-01-02T03:04:05Z' }];
const with_ = (check: string, outcome: 'failed' | 'skipped', summary: string) => [...verdicts, { ...passed(check), outcome, summary }];

test('every variant needs every check of what was built and every suite; an image without suites needs its entrypoint', () => {
  expect(requiredImageChecks(lock)).toEqual([
    ...['image-sbom', 'image-structure', 'image-reproducible', 'image-scan', 'suite-basic'],
    ...['image-sbom:dev', 'image-structure:dev', 'image-reproducible:dev', 'image-scan:dev', 'suite-basic:dev'],
  ]);
  expect(requiredImageChecks({ variants: [locked('')], suites: [] }).at(-1)).toBe('suite-entrypoint');
});

test('suites and the scan can be waived, and nothing that makes an image other than its files say', () => {
  expect(requiredImageChecks(lock).filter(imageWaivable)).toEqual(['image-scan', 'suite-basic', 'image-scan:dev', 'suite-basic:dev']);
});

test.each<[string, Partial<ImageGateRecord>, string | undefined]>([
  ['all passed', {}, undefined],
  ['one is missing', { verdicts: verdicts.filter(({ check }) => check !== 'suite-basic:dev') }, 'suite-basic:dev has no verdict'],
  ['a suite failed', { verdicts: with_('suite-basic', 'failed', 'no') }, 'suite-basic failed: no'],
  ['a failed suite is accepted', { verdicts: with_('suite-basic', 'failed', 'no'), accepted: accepted('suite-basic') }, undefined],
  [
    'another is accepted',
    { verdicts: with_('suite-basic', 'failed', 'no'), accepted: accepted('suite-basic:dev') },
    'suite-basic failed: no',
  ],
  [
    'accepted by nobody',
    { verdicts: with_('suite-basic', 'failed', 'no'), accepted: accepted('suite-basic', ' ') },
    'suite-basic failed: no',
  ],
  [
    'accepted without a reason',
    { verdicts: with_('suite-basic', 'failed', 'no'), accepted: accepted('suite-basic', 'ada', '') },
    'suite-basic failed: no',
  ],
  [
    'no reason makes up for a structure',
    { verdicts: with_('image-structure', 'failed', 'a shell'), accepted: accepted('image-structure') },
    'image-structure failed: a shell',
  ],
  [
    'nor for one that is not built the same again',
    { verdicts: with_('image-reproducible:dev', 'failed', 'usr/bin/x'), accepted: accepted('image-reproducible:dev') },
    'image-reproducible:dev failed: usr/bin/x',
  ],
  ['a scan that a person accepts', { verdicts: with_('image-scan:dev', 'failed', 'CVE'), accepted: accepted('image-scan:dev') }, undefined],
  ['a scan that nobody accepts', { verdicts: with_('image-scan:dev', 'failed', 'CVE') }, 'image-scan:dev failed: CVE'],
  ['skipped with a reason', { verdicts: with_('suite-basic', 'skipped', 'untested by policy') }, undefined],
  ['skipped without one', { verdicts: with_('suite-basic', 'skipped', ' ') }, 'suite-basic was skipped without a reason'],
  ['one beyond the required failed', { verdicts: with_('scan', 'failed', 'bad') }, 'scan failed: bad'],
  ['a failure after a pass counts', { verdicts: with_('image-sbom', 'failed', 'bad') }, 'image-sbom failed: bad'],
  ['a variant was not built', { variants: [built('')] }, 'the variant dev was not built'],
  [
    'a variant too many',
    { variants: [built(''), built('dev'), built('x')] },
    'it names a variant that the lock does not have, or one twice',
  ],
  ['a lock of another image', { image: 'other' }, 'its lock is one of xml-tools'],
  ['no variants at all', { lock: { ...lock, variants: [] }, variants: [] }, 'the variant (plain) was not built'],
])('%s', (_, change, objection) => {
  expect(imageGateObjection({ ...open, ...change })).toBe(objection);
});
