import { RecordRefused } from '../../../src/activities/advisories/errors';
import { createAdvisoryActivities } from '../../../src/activities/advisories/ingest';
import type { PackageRule } from '../../../src/domain/advisory/mapping';
import { ZLIB, documentFrom } from '../../domain/advisory/documents';
import { makeFactory, removeTemporaryFolders } from '../repository/support';
import { advisoryRepository, osvRecord } from './advisories';

afterAll(removeTemporaryFolders);

const factory = makeFactory();
beforeAll(async () => {
  for (const release of [
    { name: 'libxml2', version: '2.9.14', subpackages: ['libxml2-dev'] },
    { name: 'zlib', version: '1.2.13' },
  ])
    await factory.publish({ publish: [await factory.request(release)], withdraw: [] });
});

function setUp(
  files: Readonly<Record<string, string>> = { 'README.md': 'advisories\n' },
  rules: readonly PackageRule[] = [],
  directory = '.',
) {
  const { store } = makeFactory();
  const repository = advisoryRepository(files);
  let now = new Date('2026-01-02T03:04:05.678Z');
  const activities = createAdvisoryActivities({
    forge: repository.forge,
    store,
    published: factory.reader,
    branch: 'main',
    directory,
    prefix: 'MLR',
    mapping: { distribution: 'example', rules },
    clock: () => now,
  });
  return {
    repository,
    store,
    later: () => (now = new Date('2026-02-03T04:05:06Z')),
    ingest: (...values: readonly unknown[]) =>
      activities.ingest({ records: values.map((value, index) => ({ file: `${index}.json`, value })) }),
  };
}

const LIBXML2 = osvRecord('CVE-2022-40303', 'libxml2', '2.10.3', { severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N' }] });

test('a package whose published version is affected gets an advisory, in one commit with a message that says so', async () => {
  const { ingest, repository, store } = setUp();
  const { records, commit } = await ingest(LIBXML2, osvRecord('CVE-2023-45853', 'zlib', '1.3.1', { aliases: ['GHSA-mq29-j5xf-cjwr'] }));
  expect(commit).toBe(await repository.forge.head('main'));
  expect(records.map(({ findings }) => findings.map(({ name, version, outcome }) => [name, version, outcome]))).toEqual([
    [['libxml2', '2.9.14-r0', 'opens']],
    [['zlib', '1.2.13-r0', 'opens']],
  ]);
  const [advisory] = documentFrom(repository.read('libxml2.advisories.yaml')).advisories;
  expect(advisory).toMatchObject({
    id: records[0]!.findings[0]!.advisory,
    aliases: ['CVE-2022-40303'],
    events: [
      {
        timestamp: '2026-01-02T03:04:05Z',
        type: 'detection',
        detection: {
          type: 'scan/v1',
          data: { subpackageName: 'libxml2', componentVersion: '2.9.14-r0', componentType: 'apk', scanner: 'millrace' },
        },
      },
    ],
  });
  expect(advisory!.id).toMatch(/^MLR-/);
  expect(documentFrom(repository.read('zlib.advisories.yaml')).advisories[0]!.aliases).toEqual(['CVE-2023-45853', 'GHSA-mq29-j5xf-cjwr']);
  expect(repository.log()).toEqual(['Advisories of 2 packages: detection', 'the beginning']);
  expect(repository.branches()).toEqual(['main']);
  expect(await store.readRecord('osv', 'CVE-2022-40303')).toEqual(LIBXML2);
});

test('ingesting again, another record of the same vulnerability, and one in the same call open nothing again', async () => {
  const { ingest, repository, later } = setUp();
  const both = await ingest(LIBXML2, osvRecord('GHSA-94m8-rgr8-rg5g', 'libxml2', '2.10.3', { aliases: ['CVE-2022-40303'] }));
  expect(both.records.map(({ findings }) => findings[0]!.outcome)).toEqual(['opens', 'known']);
  later();
  const again = await ingest(LIBXML2);
  expect(again.commit).toBeUndefined();
  expect(again.records[0]!.findings).toEqual([
    { name: 'libxml2', version: '2.9.14-r0', outcome: 'known', id: both.records[0]!.findings[0]!.advisory },
  ]);
  expect(repository.log()).toHaveLength(2);
});

test('the id comes from what the advisory is about: after a lost commit the same is minted', async () => {
  const ids = await Promise.all(
    [setUp(), setUp()].map(async ({ ingest, later }, index) => {
      if (index === 1) later();
      return (await ingest(LIBXML2)).records[0]!.findings[0]!.advisory;
    }),
  );
  expect(ids[0]).toBe(ids[1]);
});

test('an advisory of a document that is there is added at its end, and nothing else moves', async () => {
  const { ingest, repository } = setUp(
    { 'advisories/zlib.advisories.yaml': ZLIB, 'zlib.advisories.yaml': 'not one of ours: [' },
    [],
    'advisories',
  );
  await ingest(osvRecord('CVE-2026-11111', 'zlib', '1.4'));
  expect(repository.read('advisories/zlib.advisories.yaml').startsWith(ZLIB)).toBe(true);
  expect(documentFrom(repository.read('advisories/zlib.advisories.yaml')).advisories).toHaveLength(3);
});

test('what was fixed by hand stays fixed although the record says affected', async () => {
  const { ingest } = setUp({ 'zlib.advisories.yaml': ZLIB });
  const { records, commit } = await ingest(osvRecord('CVE-2018-25032', 'zlib', '1.3'));
  expect(records[0]!.findings).toEqual([{ name: 'zlib', version: '1.2.13-r0', outcome: 'known', id: 'CGA-phgv-wf69-p9vc' }]);
  expect(commit).toBeUndefined();
});

test('a rule says what a record calls a package', async () => {
  const rules = [{ package: 'libxml2', ecosystem: 'OSS-Fuzz', name: 'libxml' }];
  const record = { ...LIBXML2, affected: [{ ...LIBXML2.affected[0]!, package: { ecosystem: 'OSS-Fuzz', name: 'libxml' } }] };
  expect((await setUp(undefined, rules).ingest(record)).records[0]!.findings).toHaveLength(1);
  expect((await setUp().ingest(record)).records[0]!.findings).toEqual([]);
});

test('an older record does not replace a newer one', async () => {
  const { ingest, store } = setUp();
  const newer = { ...LIBXML2, modified: '2025-01-01T00:00:00Z' };
  await ingest(newer);
  expect((await ingest(LIBXML2)).records).toEqual([{ id: 'CVE-2022-40303', kept: false, findings: [] }]);
  expect(await store.readRecord('osv', 'CVE-2022-40303')).toEqual(newer);
});

test('one file that is no record stops all of them before anything is kept', async () => {
  const { ingest, store, repository } = setUp();
  const bad = { ...LIBXML2, id: undefined, affected: [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '0', fixed: '1' }] }] }] };
  const refused = await ingest(LIBXML2, bad, 7).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RecordRefused);
  expect((refused as Error).message.split('\n')).toEqual([
    expect.stringContaining('1.json: id is missing, expected text'),
    expect.stringContaining(
      '1.json: affected.0.ranges.0.events.0 is a block, expected exactly one of introduced, fixed, last_affected and limit',
    ),
    expect.stringContaining('2.json: the record is 7, expected an OSV record'),
  ]);
  expect(await store.listRecords('osv')).toEqual([]);
  expect(repository.log()).toHaveLength(1);
});

test('a document that cannot be read is named with its place', async () => {
  const { ingest } = setUp({ 'zlib.advisories.yaml': ZLIB.replace('type: fixed', 'type: fixd') });
  await expect(ingest(LIBXML2)).rejects.toThrow(
    'zlib.advisories.yaml:14:15: advisories[0].events[0].type is "fixd" (did you mean `fixed`?)',
  );
});

test('a repository that is not there says which setting names it, and keeps nothing', async () => {
  const { store } = makeFactory();
  const { forge } = advisoryRepository({ 'README.md': '' });
  const deps = {
    store,
    published: factory.reader,
    directory: '.',
    prefix: 'MLR',
    mapping: { distribution: 'x', rules: [] },
    clock: () => new Date(),
  };
  const { ingest } = createAdvisoryActivities({ ...deps, forge, branch: 'trunk' });
  await expect(ingest({ records: [{ file: 'a', value: LIBXML2 }] })).rejects.toThrow('has no branch trunk (push one');
  expect(await store.listRecords('osv')).toEqual([]);
});

test('people and several ingests that write at the same time all get through', async () => {
  const { repository, ingest } = setUp({ 'zlib.advisories.yaml': ZLIB });
  await Promise.all([
    ingest(osvRecord('CVE-2026-00001', 'zlib', '1.4')),
    ingest(osvRecord('CVE-2026-00002', 'zlib', '1.4')),
    ingest(LIBXML2),
    ingest(osvRecord('CVE-2026-00003', 'zlib', '1.4')),
  ]);
  expect(documentFrom(repository.read('zlib.advisories.yaml')).advisories.flatMap(({ aliases }) => aliases)).toEqual(
    expect.arrayContaining(['CVE-2026-00001', 'CVE-2026-00002', 'CVE-2026-00003', 'CVE-2018-25032']),
  );
  expect(documentFrom(repository.read('libxml2.advisories.yaml')).advisories).toHaveLength(1);
});
