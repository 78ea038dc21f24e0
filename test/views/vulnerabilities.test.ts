import { readOsvRecord } from '../../src/activities/advisories/osv-record';
import { keepOsvRecord } from '../../src/activities/advisories/records';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { createVulnerabilities } from '../../src/views/vulnerabilities';
import { advisoryRepository, osvRecord } from '../activities/advisories/advisories';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

afterAll(removeTemporaryFolders);

const event = (second: number, type: string, data = '') =>
  `      - timestamp: 2026-01-01T00:00:0${second}Z\n        type: ${type}\n${data}`;
const advisory = (letter: string, alias: string, ...events: readonly string[]) =>
  `  - id: MLR-2222-3333-444${letter}\n    aliases:\n      - ${alias}\n    events:\n${events.join('')}`;
const document = (name: string, ...advisories: readonly string[]) =>
  `schema-version: 2.0.2\n\npackage:\n  name: ${name}\n\nadvisories:\n${advisories.join('\n')}`;
const manual = '        data:\n          type: manual\n';
const fixedIn = (version: string) => `        data:\n          fixed-version: ${version}\n`;
const note = (text: string) => `        data:\n          note: ${text}\n`;

const FILES = {
  'libxml2.advisories.yaml': document(
    'libxml2',
    advisory('2', 'CVE-2022-1111', event(1, 'detection', manual)),
    advisory('3', 'CVE-2022-2222', event(1, 'detection', manual), event(2, 'true-positive-determination', note('reproduced'))),
    advisory('4', 'CVE-2022-3333', event(1, 'detection', manual), event(3, 'fix-not-planned', note('nobody uses it'))),
  ),
  'zlib.advisories.yaml': document(
    'zlib',
    advisory('5', 'CVE-2023-1111', event(2, 'fixed', fixedIn('1.2.13-r1')), event(1, 'detection', manual)),
    advisory(
      '6',
      'CVE-2023-2222',
      event(
        4,
        'false-positive-determination',
        '        data:\n          type: vulnerable-code-not-included-in-package\n          note: minizip\n',
      ),
    ),
  ),
};

async function setUp(files: Readonly<Record<string, string>> = FILES) {
  const repository = advisoryRepository(files);
  const store = createFolderStore(temporaryFolder());
  const vulnerabilities = createVulnerabilities({ forge: repository.forge, store, branch: 'main', directory: '.' });
  const keep = async (value: ReturnType<typeof osvRecord>) => {
    const read = readOsvRecord(value, value.id);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    await keepOsvRecord(store, read.value, value);
  };
  return { repository, vulnerabilities, keep };
}
const brief = (known: Awaited<ReturnType<Awaited<ReturnType<typeof setUp>>['vulnerabilities']>>) =>
  known?.known.map(({ package: name, aliases, state, why }) => `${name} ${aliases.join()} ${state}: ${why}`);

it('tells the state of each by its newest event, with the reason; open ones first', async () => {
  const { vulnerabilities } = await setUp();
  const told = await vulnerabilities();
  expect(brief(told)).toEqual([
    'libxml2 CVE-2022-2222 open: confirmed: reproduced',
    'libxml2 CVE-2022-1111 open: found by hand',
    'libxml2 CVE-2022-3333 unresolved: fix not planned: nobody uses it',
    'zlib CVE-2023-1111 fixed: in 1.2.13-r1',
    'zlib CVE-2023-2222 not affected: vulnerable code not included in package: minizip',
  ]);
  expect(told?.problem).toBeUndefined();
  expect(told?.known[3]).toMatchObject({ id: 'MLR-2222-3333-4445', since: '2026-01-01T00:00:02Z' });
});

it('severity and summary are those of the records; the worst is first, and what is unknown counts as high', async () => {
  const { vulnerabilities, keep } = await setUp();
  const vector = (score: string) => ({ severity: [{ type: 'CVSS_V3', score }] });
  await keep(
    osvRecord('CVE-2022-1111', 'libxml2', '2.10', { summary: 'overflow', ...vector('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H') }),
  );
  const worse = (await vulnerabilities())!.known;
  expect(worse[0]).toMatchObject({ aliases: ['CVE-2022-1111'], summary: 'overflow', severity: { rating: 'critical', score: 9.8 } });
  expect(worse[1]).not.toHaveProperty('severity');
  await keep(
    osvRecord('CVE-2022-1111', 'libxml2', '2.10', {
      modified: '2025-01-01T00:00:00Z',
      ...vector('CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N'),
    }),
  );
  expect((await vulnerabilities())!.known[1]).toMatchObject({ aliases: ['CVE-2022-1111'], severity: { rating: 'low' } });
  await keep(osvRecord('CVE-2022-1111', 'libxml2', '2.10', { modified: '2026-01-01T00:00:00Z', withdrawn: '2026-01-01T00:00:00Z' }));
  expect((await vulnerabilities())!.known[1]).not.toHaveProperty('severity');
});

it('follows the branch', async () => {
  const { repository, vulnerabilities } = await setUp();
  await vulnerabilities();
  repository.push({
    'libxml2.advisories.yaml': document('libxml2', advisory('2', 'CVE-2022-1111', event(1, 'fixed', fixedIn('2.15.4-r0')))),
  });
  expect(brief(await vulnerabilities())).toContain('libxml2 CVE-2022-1111 fixed: in 2.15.4-r0');
});

it('advisories that cannot be read are a problem with its place, until they are corrected', async () => {
  const { repository, vulnerabilities } = await setUp({ ...FILES, 'zlib.advisories.yaml': document('zlib').replace('2.0.2', '9') });
  expect(await vulnerabilities()).toMatchObject({ known: [], problem: expect.stringContaining('zlib.advisories.yaml:1:') as string });
  repository.push(FILES);
  expect(await vulnerabilities()).toMatchObject({ known: { length: 5 } });
});

it('a factory without advisories says nothing', async () => {
  expect(await createVulnerabilities(undefined)()).toBeUndefined();
});
