import { spawn, spawnSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSuiteActivities } from '../../src/activities/containers/tester';
import { pullImage } from '../../src/activities/containers/podman';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createImageBuilderActivities } from '../../src/activities/images/build';
import { createImageLock } from '../../src/activities/images/lock';
import { createImagePublisherActivities } from '../../src/activities/images/publisher';
import { createImageRecords } from '../../src/activities/images/records';
import { createRegistry, RegistryUnavailable } from '../../src/activities/registry/registry';
import { ensureImageKey } from '../../src/activities/signing/image-key';
import { createImageSignerActivities } from '../../src/activities/signing/image-signer';
import type { Verdict } from '../../src/domain/check/verdict';
import { ENTRYPOINT_SUITE } from '../../src/domain/image/gate';
import type { BuiltVariant, ImageGateRecord, ImageLock, ImageTags } from '../../src/domain/image/image';
import type { TestOutcome } from '../../src/domain/image/suite-run';
import { freePorts } from '../../src/demo/free-ports';
import { spdxDocument } from '../../src/stage0/spdx';
import { makeStage0 } from '../../src/stage0/stage0';
import { registryServer } from '../../src/workers/registry-server';
import type { Config } from '../../src/config/config';
import { createTestRepository } from '../activities/forge/repository';
import { makeFactory, removeTemporaryFolders, temporaryFolder, testKey } from '../activities/repository/support';

/** Images by the real apko, registry and podman. */
jest.setTimeout(300_000);

const IMAGE_YAML = `name: greeting
package: greeting
repository: demo/greeting
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
`;
const APKO_YAML = `contents:
  packages: [greeting, busybox]
entrypoint:
  command: /usr/bin/busybox
cmd: "true"
accounts:
  groups: [{ groupname: nonroot, gid: 65532 }]
  users: [{ username: nonroot, uid: 65532, gid: 65532 }]
  run-as: "65532"
`;
const SUITE = `tests:
  - name: says its version
    kind: container
    command: [cat, /usr/share/greeting/version]
    expect: { stdout: { contains: ["1.0-r0"] } }
  - name: is shut in
    kind: container
    command: [sh, -c, "id -u; touch /usr/x; ip -o link | wc -l; exit 7"]
    expect: { exit: 7, stdout: { matches: "^65532\\n1\\n$" }, stderr: { contains: ["Read-only file system"] } }
`;

let stage0: { readonly folder: string; readonly key: string };
let stopRegistry: () => void;
let registryUrl: string;

beforeAll(async () => {
  const folder = temporaryFolder();
  const made = await makeStage0({ architecture: 'x86_64', out: folder });
  stage0 = { folder, key: made.key };
  const [port] = await freePorts(1);
  registryUrl = `http://127.0.0.1:${port}`;
  const child = registryServer({
    state: temporaryFolder(),
    images: { directory: 'images', registry: registryUrl, localRegistry: true },
  } as Config);
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', child.command, ...child.args], { stdio: 'ignore' });
  stopRegistry = () => server.kill('SIGKILL');
  await child.probe!(AbortSignal.timeout(20_000));
});

afterAll(() => {
  stopRegistry?.();
  removeTemporaryFolders();
});

function sbom(name: string, version: string): Record<string, string> {
  const metadata = { name, version, architecture: 'x86_64', description: 'a test package', license: 'MIT' };
  return { [`var/lib/db/sbom/${name}-${version}.spdx.json`]: spdxDocument(metadata, new Date(0)) };
}

/** An installation with one published package and one image. */
async function installation(files: Readonly<Record<string, string>> = {}, signing = testKey()) {
  const factory = makeFactory({ key: signing });
  const release = async (version: string) =>
    await factory.publish({
      publish: [await factory.request({ name: 'greeting', version, files: sbom('greeting', `${version}-r0`) })],
      withdraw: [],
    });
  await release('1.0');
  const specs = createTestRepository({
    'images/greeting/image.yaml': IMAGE_YAML,
    'images/greeting/apko.yaml': APKO_YAML,
    'images/greeting/basic.test.yaml': SUITE,
    ...files,
  });
  const { store } = factory;
  const repositories = { published: { folder: factory.root, key: factory.key.publicKey }, stage0, others: [] };
  const work = temporaryFolder();
  const forge = createLocalGitForge({ repository: specs.bare, work: join(work, 'forge'), branchPrefix: 'millrace/' });
  const now = () => new Date('2026-03-04T05:06:07Z');
  const imageKey = await ensureImageKey(temporaryFolder(), 'example');
  const publisher = (url: string) => createImagePublisherActivities({ store, registry: createRegistry({ url }), work, clock: now });
  return {
    ...factory,
    specs,
    release,
    imageKey,
    publisher,
    ...createImageLock({ store, forge, branch: 'main', directory: 'images', architectures: ['x86_64'], repositories, work }),
    ...createImageBuilderActivities({ store, repositories, work, buildSeconds: 120, now }),
    ...createSuiteActivities({ store, registry: registryUrl, work, now }),
    ...createImageSignerActivities({ store, distribution: 'example', key: imageKey.privateKey, registry: new URL(registryUrl).host }),
    ...createImageRecords({ store }),
  };
}

type Installation = Awaited<ReturnType<typeof installation>>;

async function lockOf(place: Installation, previous?: ImageLock): Promise<ImageLock> {
  const answer = await place.lockImage({ image: 'greeting', ...(previous ? { previous } : {}) });
  if (!('lock' in answer)) throw new Error(answer.problem);
  return answer.lock;
}

/** The suites of an image, step by step as their workflow does it. */
async function testImage(place: Installation, lock: ImageLock, built: BuiltVariant, attempt: number): Promise<readonly Verdict[]> {
  const names = lock.suites.length > 0 ? lock.suites.map(({ name }) => name) : [ENTRYPOINT_SUITE];
  const verdicts: Verdict[] = [];
  for (const suite of names) {
    const run = { lock, built, suite, attempt };
    const { passed, tests, untested, impossible } = await place.planSuite(run);
    const outcomes: TestOutcome[] = [];
    if (!passed)
      for (const { test, architecture } of tests) outcomes.push(await place.runTest({ ...run, test, architecture, keep: 'never' }));
    verdicts.push(passed ?? (await place.concludeSuite({ ...run, untested, impossible, outcomes, seconds: 1 })));
  }
  return verdicts;
}

async function gateOf(
  place: Installation,
  lock: ImageLock,
  built: BuiltVariant,
  verdicts: readonly Verdict[],
  change: Partial<ImageGateRecord> = {},
) {
  return await place.writeImageGate({
    release: `image-release:greeting-${lock.key.slice(7, 23)}`,
    image: 'greeting',
    repository: lock.repository,
    lock,
    variants: [built],
    verdicts,
    accepted: [],
    openedAt: '2026-03-04T05:06:07Z',
    ...change,
  });
}

async function tagsOf(repository: string): Promise<readonly string[]> {
  const answer = await fetch(`${registryUrl}/v2/${repository}/tags/list`);
  return ((await answer.json()) as { tags?: string[] | null }).tags?.sort() ?? [];
}

async function digestOf(repository: string, tag: string): Promise<string> {
  const answer = await fetch(`${registryUrl}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  });
  return `sha256:${createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')}`;
}

test('a release of a package flows into an image: locked, built the same twice, pushed, tested, signed, and tagged last', async () => {
  const place = await installation();
  const lock = await lockOf(place);
  expect(lock).toMatchObject({ generation: 1, repository: 'demo/greeting', changes: [], variants: [{ variant: '', version: '1.0-r0' }] });

  const { built, verdicts } = await place.buildImage({ lock, variant: '' });
  const again = await place.buildImage({ lock, variant: '' });
  expect(again.built).toEqual(built);
  expect(verdicts.map(({ check, outcome, summary }) => [check, outcome, summary])).toEqual([
    ['image-sbom', 'passed', expect.stringMatching(/^all \d+ packages are in the SBOM$/)],
    ['image-structure', 'passed', 'user, entrypoint, files as image.yaml says'],
    ['image-reproducible', 'passed', `built twice, both times ${built.digest}`],
    ['image-scan', 'skipped', expect.stringContaining('keeps no advisories')],
  ]);
  // The same packages on another installation, in other folders, make the same image.
  const elsewhere = await installation({}, place.key);
  const other = await lockOf(elsewhere);
  expect(other.key).toBe(lock.key);
  expect((await elsewhere.buildImage({ lock: other, variant: '' })).built.digest).toBe(built.digest);

  const publisher = place.publisher(registryUrl);
  await publisher.pushImage({ lock, built });
  await publisher.pushImage({ lock, built });
  expect(await tagsOf('demo/greeting')).toEqual([]);

  const suites = await testImage(place, lock, built, 0);
  expect(suites).toMatchObject([{ check: 'suite-basic', outcome: 'passed', summary: '2 tests passed on x86_64' }]);
  expect(await testImage(place, lock, built, 1)).toEqual(suites);

  const gate = await gateOf(place, lock, built, [...verdicts, ...suites]);
  const { signatures } = await place.signImages({ gate });
  const { tags: moves } = await publisher.moveTags({ lock, gate, signatures });
  const tags = ['1', '1.0', 'latest'];
  expect([...moves].sort((a, b) => (a.tag < b.tag ? -1 : 1))).toEqual(tags.map((tag) => ({ tag, to: built.digest })));
  expect((await publisher.moveTags({ lock, gate, signatures })).tags).toEqual(moves);
  const signature = `${built.digest.replace(':', '-')}.sig`;
  const all = await tagsOf('demo/greeting');
  expect(all.filter((tag) => !tag.startsWith('sha256-'))).toEqual(tags);
  expect(all).toContain(signature);
  for (const tag of tags) expect(await digestOf('demo/greeting', tag)).toBe(built.digest);
  expect(await place.store.readRecord<ImageTags>('image-tags', 'greeting')).toMatchObject({
    tags: { latest: built.digest },
    moves: [{ reason: 'first image' }, {}, {}],
  });

  const manifest = (await (
    await fetch(`${registryUrl}/v2/demo/greeting/manifests/${signature}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    })
  ).json()) as { layers: { digest: string; annotations: Record<string, string> }[] };
  const payload = Buffer.from(await (await fetch(`${registryUrl}/v2/demo/greeting/blobs/${manifest.layers[0]!.digest}`)).arrayBuffer());
  const signed = Buffer.from(manifest.layers[0]!.annotations['dev.cosignproject.cosign/signature']!, 'base64');
  expect(verify('sha256', payload, createPublicKey(readFileSync(place.imageKey.publicKey)), signed)).toBe(true);
  expect(JSON.parse(payload.toString())).toMatchObject({ critical: { image: { 'docker-manifest-digest': built.digest } } });

  // The next release: the lock says what changed, the tags go from one digest to the other.
  await place.release('1.1');
  const next = await lockOf(place, lock);
  expect(next.changes).toEqual(['greeting 1.0-r0 to 1.1-r0']);
  expect(next.key).not.toBe(lock.key);
  expect((await lockOf(place, next)).key).toBe(next.key);
  const newer = await place.buildImage({ lock: next, variant: '' });
  await publisher.pushImage({ lock: next, built: newer.built });
  const failed = await testImage(place, next, newer.built, 0);
  expect(failed).toMatchObject([
    { check: 'suite-basic', outcome: 'failed', summary: 'says its version on x86_64: standard output does not contain "1.0-r0"' },
  ]);
  expect(failed[0]!.details).toContain('  1.1-r0 ');
  const shut = await gateOf(place, next, newer.built, [...newer.verdicts, ...failed]);
  await expect(place.signImages({ gate: shut })).rejects.toMatchObject({
    name: 'GateRefused',
    message: expect.stringContaining('suite-basic failed'),
  });
  await expect(publisher.moveTags({ lock: next, gate: shut, signatures })).rejects.toMatchObject({ name: 'GateRefused' });
  await expect(publisher.moveTags({ lock: next, gate, signatures })).rejects.toMatchObject({ name: 'GateRefused' });
  expect(await digestOf('demo/greeting', 'latest')).toBe(built.digest);

  const accepted = [{ check: 'suite-basic', by: 'ada', reason: 'the suite is of 1.0', at: '2026-03-04T05:06:07Z' }];
  const open = await gateOf(place, next, newer.built, [...newer.verdicts, ...failed], { accepted });
  const asked = { lock: next, gate: open, ...(await place.signImages({ gate: open })) };
  const { tags: second } = await publisher.moveTags(asked);
  expect(second).toContainEqual({ tag: 'latest', from: built.digest, to: newer.built.digest });
  expect(second).toContainEqual({ tag: '1.1', to: newer.built.digest });
  expect(await digestOf('demo/greeting', '1.0')).toBe(built.digest);

  // A rollback, and a late retry of the release: its tags stay back.
  const order = { id: 'rollback:1', by: 'ada', reason: 'slow', at: '2026-03-04T05:06:07Z', moves: [{ tag: 'latest', to: built.digest }] };
  const back = await publisher.rollBackTags({ image: 'greeting', rollback: order });
  expect(back.moves).toEqual([{ tag: 'latest', from: newer.built.digest, to: built.digest }]);
  expect(await publisher.moveTags(asked)).toEqual({ tags: second, said: [] });
  expect(await digestOf('demo/greeting', 'latest')).toBe(built.digest);
});

/** Before the registry, a proxy that answers 500 to the first request to upload, and cuts the first upload of a layer in its middle: the registry has a part of it. */
async function troubledRegistry(): Promise<{ readonly url: string; readonly server: Server; readonly troubles: string[] }> {
  const troubles: string[] = [];
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const target = request(`${registryUrl}${incoming.url}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
      const location = answer.headers.location?.replace(registryUrl, `http://${incoming.headers.host}`);
      outgoing.writeHead(answer.statusCode!, { ...answer.headers, ...(location ? { location } : {}) });
      answer.pipe(outgoing);
    });
    incoming.pipe(target);
  };
  const cut = (incoming: IncomingMessage) => {
    const target = request(`${registryUrl}${incoming.url}`, { method: incoming.method, headers: incoming.headers });
    target.on('error', () => undefined);
    incoming.on('error', () => undefined);
    incoming.once('data', (part: Buffer) => {
      target.write(part, () => {
        target.destroy();
        incoming.destroy();
      });
    });
  };
  const isLayer = (incoming: IncomingMessage) =>
    ['PUT', 'PATCH'].includes(incoming.method!) &&
    incoming.url!.includes('/uploads/') &&
    Number(incoming.headers['content-length'] ?? Infinity) > 256 * 1024;
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST' && !troubles.includes('500')) {
      troubles.push('500');
      outgoing.writeHead(500).end();
    } else if (isLayer(incoming) && !troubles.includes('cut')) {
      troubles.push('cut');
      cut(incoming);
    } else if (incoming.method === 'PUT' && incoming.url!.endsWith('/manifests/1.0') && !troubles.includes('half')) {
      troubles.push('half');
      outgoing.writeHead(503).end();
    } else pass(incoming, outgoing);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, troubles };
}

test('a registry that fails and cuts connections is tried again, and what was begun is seen through: one image, one set of tags', async () => {
  const image = IMAGE_YAML.replace('demo/greeting', 'troubled/greeting').replace('suites: [basic.test.yaml]\n', '');
  const place = await installation({ 'images/greeting/image.yaml': image });
  const lock = await lockOf(place);
  const { built, verdicts } = await place.buildImage({ lock, variant: '' });
  const { url, server, troubles } = await troubledRegistry();
  try {
    const publisher = place.publisher(url);
    await expect(publisher.pushImage({ lock, built })).rejects.toThrow(RegistryUnavailable);
    await expect(publisher.pushImage({ lock, built })).rejects.toThrow(RegistryUnavailable);
    expect(troubles).toEqual(['500', 'cut']);
    // The index is there only when all that it names is.
    const absent = await fetch(`${registryUrl}/v2/troubled/greeting/manifests/${built.digest}`);
    expect(absent.status).toBe(404);
    await publisher.pushImage({ lock, built });

    const sniffed = await testImage(place, lock, built, 0);
    expect(sniffed).toMatchObject([{ check: 'suite-entrypoint', outcome: 'passed' }]);
    const gate = await gateOf(place, lock, built, [...verdicts, ...sniffed]);
    const { signatures } = await place.signImages({ gate });
    await expect(publisher.moveTags({ lock, gate, signatures })).rejects.toThrow(RegistryUnavailable);
    const { tags: moved } = await publisher.moveTags({ lock, gate, signatures });
    expect(moved.map(({ tag, from, to }) => [tag, from, to]).sort()).toEqual(
      ['1', '1.0', 'latest'].map((tag) => [tag, undefined, built.digest]),
    );
    for (const tag of ['1', '1.0', 'latest']) expect(await digestOf('troubled/greeting', tag)).toBe(built.digest);
    const record = await place.store.readRecord<ImageTags>('image-tags', 'greeting');
    expect(record!.begun).toBeUndefined();
    expect(record!.moves).toHaveLength(3);
  } finally {
    await new Promise((done) => server.close(done));
  }
});

test('nothing of a container outlives the process that started it', async () => {
  const image = IMAGE_YAML.replace('demo/', 'stopped/');
  const place = await installation({ 'images/greeting/image.yaml': image });
  const lock = await lockOf(place);
  const { built } = await place.buildImage({ lock, variant: '' });
  await place.publisher(registryUrl).pushImage({ lock, built });
  const folder = join(temporaryFolder(), 'podman');
  const reference = `${new URL(registryUrl).host}/stopped/greeting@${built.digest}`;
  const pulled = await pullImage({ reference, architecture: 'amd64', plain: true, folder });
  const marker = `86${process.pid}`;
  const sleeping = () => spawnSync('pgrep', ['--full', '--exact', `/usr/bin/busybox sleep ${marker}`]).status === 0;
  const stop = new AbortController();
  const running = pulled.run({ arguments: ['sleep', marker], network: false, timeoutSeconds: 600, signal: stop.signal });
  while (!sleeping()) await new Promise((resolve) => setTimeout(resolve, 50));
  stop.abort();
  await expect(running).rejects.toThrow();
  while (sleeping()) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
  expect(await pulled.run({ arguments: ['sleep', '60'], network: false, timeoutSeconds: 1 })).toMatchObject({ timedOut: true });
});

test('what cannot be locked is an answer with its place, and is tried again by every generation', async () => {
  const place = await installation();
  const problemOf = async (files: Readonly<Record<string, string | null>>): Promise<string> => {
    place.specs.push('main', files, 'a change');
    const answer = await place.lockImage({ image: 'greeting' });
    if ('lock' in answer) throw new Error('it was locked');
    return answer.problem;
  };
  const folder = 'images/greeting';
  expect(await problemOf({ [`${folder}/apko.yaml`]: APKO_YAML.replace('[greeting, busybox]', '[greeting=2.0-r0, busybox]') })).toBe(
    'images/greeting/apko.yaml: solving "greeting=2.0-r0" constraint: greeting-1.0-r0.apk disqualified because "1.0-r0" does not satisfy "greeting=2.0-r0"\ngreeting=2.0-r0 cannot be installed, whatever else is in the image',
  );
  expect(await place.store.readRecord('image-lock', 'greeting')).toMatchObject({
    origins: [],
    problem: expect.stringContaining('solving'),
  });
  expect(await problemOf({ [`${folder}/apko.yaml`]: APKO_YAML.replace('contents:', 'contents:\n  keyring: [x]') })).toMatch(
    /^images\/greeting\/apko\.yaml:2:3: `contents\.keyring` cannot stand in the apko file/,
  );
  expect(await problemOf({ [`${folder}/apko.yaml`]: `${APKO_YAML}surprise: 1\n` })).toMatch(/apko\.yaml: .*field surprise not found/);
  expect(await problemOf({ [`${folder}/apko.yaml`]: APKO_YAML.replace('greeting, ', '') })).toMatch(
    /the main package greeting is not in it/,
  );
  expect(await problemOf({ [`${folder}/basic.test.yaml`]: null, [`${folder}/apko.yaml`]: APKO_YAML })).toMatch(
    /^images\/greeting\/image\.yaml:\d+:\d+: there is no images\/greeting\/basic\.test\.yaml/,
  );
  const suite = (text: string) => ({ [`${folder}/apko.yaml`]: APKO_YAML, [`${folder}/basic.test.yaml`]: text });
  expect(await problemOf(suite(SUITE.replace('kind: container', 'kind: container\n    netwrok: true')))).toMatch(
    /^images\/greeting\/basic\.test\.yaml:4:5: .*netwrok.*network/,
  );
  const withManifest = `tests: [{ name: served, kind: kubernetes, manifest: served.yaml, expect: { http: [{ service: web, port: 80 }] } }]\n`;
  const pod = (more: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n${more}  containers:\n    - name: web\n      image: IMAGE\n`;
  const manifest = (text: string) => ({ ...suite(withManifest), [`${folder}/served.yaml`]: text });
  expect(await problemOf(suite(withManifest))).toMatch(/basic\.test\.yaml:1:\d+: there is no images\/greeting\/served\.yaml/);
  expect(await problemOf(manifest(pod('  hostNetwork: true\n')))).toMatch(/^images\/greeting\/served\.yaml:5:\d+: .*hostNetwork/);
  expect(await problemOf(manifest(`${pod('')}      securityContext: { privileged: true }\n`))).toMatch(
    /^images\/greeting\/served\.yaml:8:\d+: .*privileged/,
  );
  expect(await problemOf({ ...suite(SUITE), [`${folder}/image.yaml`]: IMAGE_YAML.replace('streams', 'steams') })).toMatch(
    /image\.yaml:\d+:\d+: .*steams/,
  );
  place.specs.push('main', { [`${folder}/image.yaml`]: null }, 'removed');
  expect(await place.lockImage({ image: 'greeting' })).toEqual({
    problem: 'there is no images/greeting/image.yaml on main',
    removed: true,
  });
  expect(await place.lockImage({ image: '../x' })).toMatchObject({ removed: true });
});

test('half of a pair is no image: it is locked when everything that is linked with a new library was rebuilt', async () => {
  const place = await installation({ 'images/greeting/apko.yaml': APKO_YAML.replace('busybox]', 'busybox, farewell]') });
  const publish = async (...releases: readonly Parameters<Installation['request']>[0][]) =>
    await place.publish({ publish: await Promise.all(releases.map((release) => place.request(release))), withdraw: [] });
  const linked = (name: string, epoch: number, soname: string) => ({ name, version: '2.0', epoch, depends: [soname] });
  const [old, next] = ['so:libvoice.so.1', 'so:libvoice.so.2'] as const;
  await publish({ name: 'voice', version: '1.0', provides: [`${old}=1`] }, linked('greeting', 0, old), linked('farewell', 0, old));
  const { changes: _first, ...before } = await lockOf(place);
  await publish({ name: 'voice', version: '2.0', provides: [`${next}=2`] });
  expect(await lockOf(place)).toMatchObject({ key: before.key });
  await publish(linked('farewell', 1, next));
  const problem = [
    `images/greeting/apko.yaml: these do not fit together yet: greeting-2.0-r0 needs ${old}`,
    'Cannot be installed together, and any fewer of them can: greeting, farewell',
    'Generation 3 is the newest at which it can be locked',
  ].join('\n');
  expect(await place.lockImage({ image: 'greeting' })).toEqual({ problem });
  await publish({ name: 'other', version: '1.0' });
  expect(await place.lockImage({ image: 'greeting' })).toEqual({ problem });
  expect(await place.store.readRecord('image-lock', 'greeting')).toMatchObject({ problem });
  await publish(linked('greeting', 1, next));
  const after = await lockOf(place);
  expect(after.variants[0]).toMatchObject({ version: '2.0-r1' });
  expect(after.key).not.toBe(before.key);
});

test('structure and SBOM are looked at in what was built', async () => {
  const image = IMAGE_YAML.replace('files: [', 'shell: false\n  files: [/usr/bin/nothing, ').replace('"65532"', '"1000"');
  const place = await installation({ 'images/greeting/image.yaml': image.replace('demo/', 'looked/') });
  await place.publish({ publish: [await place.request({ name: 'greeting', version: '1.2' })], withdraw: [] });
  const { verdicts } = await place.buildImage({ lock: await lockOf(place), variant: '' });
  expect(verdicts).toMatchObject([
    { check: 'image-sbom', outcome: 'failed', details: ['x86_64: greeting 1.2-r0'] },
    { check: 'image-structure', outcome: 'failed', summary: 'amd64: it runs as 65532, not as 1000' },
    { check: 'image-reproducible', outcome: 'passed' },
    { check: 'image-scan', outcome: 'skipped' },
  ]);
  expect(verdicts[1]!.details).toEqual(
    expect.arrayContaining(['amd64: there is no /usr/bin/nothing', 'amd64: there is a shell: /usr/bin/busybox']),
  );
});
