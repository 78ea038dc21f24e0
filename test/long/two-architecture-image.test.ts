import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createSuiteActivities } from '../../src/activities/containers/tester';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createImageBuilderActivities } from '../../src/activities/images/build';
import { createImageLock } from '../../src/activities/images/lock';
import { createImagePublisherActivities } from '../../src/activities/images/publisher';
import { createRegistry } from '../../src/activities/registry/registry';
import type { Config } from '../../src/config/config';
import { freePorts } from '../../src/demo/free-ports';
import type { TestOutcome } from '../../src/domain/image/suite-run';
import { spdxDocument } from '../../src/stage0/spdx';
import { makeStage0 } from '../../src/stage0/stage0';
import { registryServer } from '../../src/workers/registry-server';
import { createTestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';
import { emulateAarch64 } from './emulation';

jest.setTimeout(600_000);

const ARCHITECTURES = ['x86_64', 'aarch64'];
const missing = emulateAarch64();
const suite = missing === undefined ? describe : describe.skip;

const FILES = {
  'images/greeting/image.yaml': `name: greeting
package: greeting
variants:
  - config: apko.yaml
structure:
  user: "65532"
  entrypoint: [/usr/bin/busybox]
  files: [/usr/share/greeting/version]
streams:
  - name: all
    versions: "*"
suites: [basic.test.yaml]
`,
  'images/greeting/apko.yaml': `contents:
  packages: [greeting, busybox]
entrypoint:
  command: /usr/bin/busybox
accounts:
  groups: [{ groupname: nonroot, gid: 65532 }]
  users: [{ username: nonroot, uid: 65532, gid: 65532 }]
  run-as: "65532"
`,
  'images/greeting/basic.test.yaml': `tests:
  - name: tells its machine
    kind: container
    command: [uname, -m]
    expect: { stdout: { matches: "^(x86_64|aarch64)\\n$" } }
`,
};

suite(`an image of two architectures${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let stage0: { readonly folder: string; readonly key: string };
  let registry: string;
  let stopRegistry: () => void;

  beforeAll(async () => {
    const folder = temporaryFolder();
    for (const architecture of ARCHITECTURES) stage0 = { folder, key: (await makeStage0({ architecture, out: folder })).key };
    const [port] = await freePorts(1);
    registry = `http://127.0.0.1:${port}`;
    const images = { directory: 'images', registry, localRegistry: true };
    const child = registryServer({ state: temporaryFolder(), images } as Config);
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', child.command, ...child.args], { stdio: 'ignore' });
    stopRegistry = () => server.kill('SIGKILL');
    await child.probe!(AbortSignal.timeout(60_000));
  });
  afterAll(() => {
    stopRegistry?.();
    removeTemporaryFolders();
  });

  it('is locked at one version, built twice alike, looked at, pushed and tested on both', async () => {
    const factory = makeFactory({ architectures: ARCHITECTURES });
    const { store } = factory;
    const publish = async (version: string, architectures: readonly string[]) => {
      const metadata = {
        name: 'greeting',
        version: `${version}-r0`,
        architecture: 'x86_64',
        description: 'a test package',
        license: 'MIT',
      };
      const files = { [`var/lib/db/sbom/greeting-${version}-r0.spdx.json`]: spdxDocument(metadata, new Date(0)) };
      await factory.publish({ publish: [await factory.request({ name: 'greeting', version, architectures, files })], withdraw: [] });
    };
    const specs = createTestRepository(FILES);
    const work = temporaryFolder();
    const now = () => new Date('2026-03-04T05:06:07Z');
    const repositories = { published: { folder: factory.root, key: factory.key.publicKey }, stage0, others: [] };
    const forge = createLocalGitForge({ repository: specs.bare, work: join(work, 'forge'), branchPrefix: 'millrace/' });
    const { lockImage } = createImageLock({
      ...{ store, forge, branch: 'main', directory: 'images', architectures: ARCHITECTURES, repositories, work },
    });
    const { buildImage } = createImageBuilderActivities({ store, repositories, work, buildSeconds: 300, now });
    const { pushImage } = createImagePublisherActivities({ store, registry: createRegistry({ url: registry }), work, clock: now });
    const suites = createSuiteActivities({ store, registry, work, now });

    await publish('1.0', ARCHITECTURES);
    const answer = await lockImage({ image: 'greeting' });
    if (!('lock' in answer)) throw new Error(answer.problem);
    const { lock } = answer;
    const { built, verdicts } = await buildImage({ lock, variant: '' });
    expect(verdicts.map(({ check, outcome, summary }) => [check, outcome, summary])).toEqual([
      ['image-sbom', 'passed', expect.stringMatching(/^all \d+ packages are in the SBOM$/)],
      ['image-structure', 'passed', 'user, entrypoint, files as image.yaml says'],
      ['image-reproducible', 'passed', `built twice, both times ${built.digest}`],
      ['image-scan', 'skipped', expect.stringContaining('keeps no advisories')],
    ]);
    expect(Object.keys(built.sboms).sort()).toEqual([...ARCHITECTURES].sort());

    await pushImage({ lock, built });
    const served = await createRegistry({ url: registry }).readManifest(lock.repository, built.digest);
    const { manifests } = JSON.parse(served!.bytes.toString()) as { manifests: { platform: { architecture: string } }[] };
    expect(manifests.map(({ platform }) => platform.architecture).sort()).toEqual(['amd64', 'arm64']);

    const run = { lock, built, suite: 'basic', attempt: 0 };
    const { tests, untested, impossible } = await suites.planSuite(run);
    const outcomes: TestOutcome[] = [];
    for (const { test, architecture } of tests) outcomes.push(await suites.runTest({ ...run, test, architecture, keep: 'never' }));
    const verdict = await suites.concludeSuite({ ...run, untested, impossible, outcomes, seconds: 1 });
    expect(verdict).toMatchObject({ check: 'suite-basic', outcome: 'passed' });
    // Each ran as what it is.
    expect(outcomes.map(({ architecture, output }) => [architecture, output.join('\n')])).toEqual(
      expect.arrayContaining(ARCHITECTURES.map((architecture) => [architecture, expect.stringContaining(architecture)])),
    );

    // Published for one alone, a version makes no image.
    await publish('1.1', ['x86_64']);
    const half = await lockImage({ image: 'greeting', previous: lock });
    expect(half).toEqual({
      problem: 'images/greeting/apko.yaml: the main package greeting is not in it with one version: x86_64 1.1-r0, aarch64 1.0-r0',
    });
  });
});
