import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerationAdvisories } from '../../src/activities/advisories/generation';
import { readOsvRecord } from '../../src/activities/advisories/osv-record';
import { keepOsvRecord } from '../../src/activities/advisories/records';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createImageBuilderActivities } from '../../src/activities/images/build';
import { unpackLayout } from '../../src/activities/images/layout';
import { createImageLock } from '../../src/activities/images/lock';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { ImageLock } from '../../src/domain/image/image';
import { spdxDocument } from '../../src/stage0/spdx';
import { makeStage0 } from '../../src/stage0/stage0';
import { advisoryRepository, osvRecord } from '../activities/advisories/advisories';
import { createTestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** What the real apko makes of a lock, and what is said of it. */
jest.setTimeout(300_000);

const IMAGE_YAML = `name: greeting
package: greeting
variants:
  - config: apko.yaml
streams:
  - name: all
    versions: "*"
`;
const APKO_YAML = 'contents:\n  packages: [greeting, busybox]\nentrypoint:\n  command: /usr/bin/busybox\n';

const advisory = (id: string, cve: string, events = '') => `  - id: ${id}
    aliases: [${cve}]
    events:
      - timestamp: 2026-01-01T00:00:00Z
        type: detection
        data:
          type: manual
${events}`;
const GREETING = `schema-version: 2.0.2

package:
  name: greeting

advisories:
${advisory('MLR-2222-3333-4444', 'CVE-2026-1111', '      - timestamp: 2026-01-01T00:00:01Z\n        type: fixed\n        data:\n          fixed-version: 1.1-r0\n')}${advisory('MLR-2222-3333-5555', 'CVE-2026-2222')}${advisory('MLR-2222-3333-6666', 'CVE-2026-3333')}`;

let stage0: { readonly folder: string; readonly key: string };
beforeAll(async () => {
  const folder = temporaryFolder();
  stage0 = { folder, key: (await makeStage0({ architecture: 'x86_64', out: folder })).key };
});
afterAll(removeTemporaryFolders);

/** An installation with one image of a published package. */
async function installation(advisories?: Readonly<Record<string, string>>) {
  const store = createFolderStore(temporaryFolder());
  const mapping = { distribution: 'example', rules: [] };
  const factory = makeFactory({
    key: testKey(),
    store,
    ...(advisories && {
      advisories: createGenerationAdvisories({
        ...{ forge: advisoryRepository(advisories).forge, store, branch: 'main', directory: '.', mapping },
        clock: () => new Date('2026-01-02T03:04:05Z'),
      }),
    }),
  });
  const release = async (version: string) => {
    const metadata = { name: 'greeting', version: `${version}-r0`, architecture: 'x86_64', description: 'a test package', license: 'MIT' };
    const files = { [`var/lib/db/sbom/greeting-${version}-r0.spdx.json`]: spdxDocument(metadata, new Date(0)) };
    await factory.publish({ publish: [await factory.request({ name: 'greeting', version, files })], withdraw: [] });
  };
  const specs = createTestRepository({ 'images/greeting/image.yaml': IMAGE_YAML, 'images/greeting/apko.yaml': APKO_YAML });
  const work = temporaryFolder();
  const forge = createLocalGitForge({ repository: specs.bare, work: join(work, 'forge'), branchPrefix: 'millrace/' });
  const repositories = { published: { folder: factory.root, key: factory.key.publicKey }, stage0, others: [] };
  const now = () => new Date('2026-03-04T05:06:07Z');
  const { lockImage } = createImageLock({
    store,
    forge,
    branch: 'main',
    directory: 'images',
    architectures: ['x86_64'],
    repositories,
    work,
  });
  const { buildImage } = createImageBuilderActivities({ store, repositories, work, buildSeconds: 120, now });
  const lock = async (): Promise<ImageLock> => {
    const answer = await lockImage({ image: 'greeting' });
    if (!('lock' in answer)) throw new Error(answer.problem);
    return answer.lock;
  };
  const pack = (packages: string) =>
    specs.push('main', { 'images/greeting/apko.yaml': APKO_YAML.replace('greeting', packages) }, `takes ${packages}`);
  return { store, release, lock, pack, build: async () => await buildImage({ lock: await lock(), variant: '' }) };
}

type Installation = Awaited<ReturnType<typeof installation>>;

const verdictOf = async (place: Installation, name: string) => {
  const { verdicts } = await place.build();
  return verdicts.find(({ check }) => check === name)!;
};

test('it is built twice alike, and says what it is on index, manifest and label', async () => {
  const place = await installation();
  await place.release('1.0');
  const { built, verdicts } = await place.build();
  expect(verdicts.find(({ check }) => check === 'image-reproducible')).toMatchObject({
    outcome: 'passed',
    summary: `built twice, both times ${built.digest}`,
  });
  const layout = await unpackLayout(await place.store.object(built.layout), join(temporaryFolder(), 'layout'));
  const said = {
    'org.opencontainers.image.title': 'greeting',
    'org.opencontainers.image.version': '1.0-r0',
    'org.opencontainers.image.created': expect.stringMatching(/^2\d{3}-\d\d-\d\dT/),
  };
  const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  expect(JSON.parse(layout.index.toString())).toMatchObject({ annotations: said });
  expect(json(layout.images[0]!.manifest.file)).toMatchObject({ annotations: said });
  expect(json(layout.images[0]!.config.file)).toMatchObject({ config: { Labels: said } });
});

test('a vulnerability whose fix is published and not in the image fails it, one without a fix is told by severity', async () => {
  const place = await installation({ 'greeting.advisories.yaml': GREETING });
  for (const value of [osvRecord('CVE-2026-1111', 'greeting', '1.1'), osvRecord('CVE-2026-2222', 'greeting', '2.0')]) {
    const scored = { ...value, severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }] };
    const read = readOsvRecord(scored, value.id);
    if (!read.ok) throw new Error('no record');
    await keepOsvRecord(place.store, read.value, scored);
  }
  const open = [
    'open: CVE-2026-2222 in greeting 1.0-r0 (critical 9.8)',
    'open: CVE-2026-3333 in greeting 1.0-r0 (of unknown severity)',
    expect.stringMatching(/^\d+ packages of other repositories: our advisories say nothing of them$/),
  ];
  await place.release('1.0');
  // Fixed in a version that is not published: nothing that the image could take.
  expect(await verdictOf(place, 'image-scan')).toMatchObject({
    outcome: 'passed',
    summary: 'nothing that generation 1 has fixed; 3 open without a published fix: 2 critical, 1 of unknown severity',
    details: ['open: CVE-2026-1111 in greeting 1.0-r0 (critical 9.8), fixed in 1.1-r0, which generation 1 has not', ...open],
  });
  await place.release('1.1');
  place.pack('greeting=1.0-r0');
  expect(await verdictOf(place, 'image-scan')).toMatchObject({
    outcome: 'failed',
    summary:
      'CVE-2026-1111 in greeting 1.0-r0 (critical 9.8) is fixed in 1.1-r0; 2 open without a published fix: 1 critical, 1 of unknown severity',
    details: ['to be had fixed: CVE-2026-1111 in greeting 1.0-r0 (critical 9.8), fixed in 1.1-r0', ...open],
  });
  place.pack('greeting');
  expect(await verdictOf(place, 'image-scan')).toMatchObject({
    outcome: 'passed',
    summary: 'nothing that generation 2 has fixed; 2 open without a published fix: 1 critical, 1 of unknown severity',
  });
});

test('without advisories the scan is skipped, with that reason', async () => {
  const place = await installation();
  await place.release('1.0');
  expect(await verdictOf(place, 'image-scan')).toMatchObject({
    outcome: 'skipped',
    summary: 'this factory keeps no advisories: name their repository in millrace.yaml (advisories)',
  });
});
