import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pack } from 'tar-stream';
import { gzipSync } from 'node:zlib';
import { requireConfig } from '../../src/config/load';
import { freePorts } from '../../src/demo/free-ports';
import { lookFromOutside, type Outside } from '../../src/demo/outside';
import { createPerson, makeRepository, type Person } from '../../src/demo/person';
import { startUpstreamServer, type UpstreamServer } from '../../src/demo/upstream-server';
import { makeStage0 } from '../../src/stage0/stage0';
import { startFactory, type Factory } from '../../src/workers/supervisor';

/** One real factory is given everything that is wrong: each is named with its place and remedy, nothing is half done, and the rest goes on. */
jest.setTimeout(300_000);

let folder: string;
let file: string;
let ports: readonly number[];
let upstream: UpstreamServer;
let factory: Factory;
let person: Person;
let outside: Outside;
let stage0: { readonly folder: string; readonly key: string };
const said: string[] = [];

/** A package of data alone, quick to build. */
const spec = (name: string, sha256: string) => `package:
  name: ${name}
  version: "1.0"
  epoch: 0
  description: A text
  url: https://example.org/${name}
  copyright:
    - license: CC0-1.0

environment:
  contents:
    packages: [busybox, coreutils]

pipeline:
  - uses: fetch
    with:
      uri: ${upstream.address}/${name}/${name}-\${{package.version}}.tar.gz
      expected-sha256: ${sha256}

  - runs: install -Dm644 text "\${{targets.destdir}}/usr/share/${name}/text"

test:
  pipeline:
    - runs: test -s /usr/share/${name}/text

update:
  enabled: true
`;

async function tarball(members: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(members)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** Upstream releases `<name>-1.0.tar.gz` with these members; returns its digest. */
async function releases(name: string, members: Readonly<Record<string, string>>): Promise<string> {
  const local = join(folder, 'made', `${name}-1.0.tar.gz`);
  const content = await tarball(members);
  mkdirSync(dirname(local), { recursive: true });
  writeFileSync(local, content);
  await upstream.release(name, local);
  return createHash('sha256').update(content).digest('hex');
}

function writeConfig(name: string, more: string, [temporal, ui, gateway] = ports): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `distribution: bad-input
state: ${name === 'millrace.yaml' ? 'state' : `state-of-${name}`}
specs: {repository: specs.git}
watch: {every: 1h}
temporal: {address: "127.0.0.1:${temporal}", ui-port: ${ui}}
gateway: {port: ${gateway}}
${more}`,
  );
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-bad-input-'));
  upstream = await startUpstreamServer({ folder: join(folder, 'upstream') });
  const good = spec('good', await releases('good', { 'good-1.0/text': 'hello\n' }));
  const specs = join(folder, 'specs.git');
  await makeRepository(specs, join(folder, 'scratch'), { 'packages/good.yaml': good });
  ports = await freePorts(3);
  file = writeConfig('millrace.yaml', '');
  const made = await makeStage0({ architecture: 'x86_64', out: join(folder, 'stage0') });
  stage0 = { folder: dirname(made.repository), key: made.key };
  const config = requireConfig(file);
  factory = await startFactory(config);
  outside = lookFromOutside(config);
  const command = resolve(__dirname, '../../bin/millrace.js');
  person = createPerson({ repository: specs, clones: join(folder, 'ann'), configFile: file, command });
});
afterAll(async () => {
  await factory?.stop();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function millrace(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const answer = await person.millrace(...args);
  said.push(answer.text);
  return answer;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** Until the repository has this generation; throws when a release waits for a person instead. */
const generation = (number: number) =>
  until(async () => {
    if (outside.generation() >= number) return true;
    const { text } = await millrace('status', '--json');
    const { waiting } = JSON.parse(text) as { waiting: { release: string; waitingFor: unknown }[] };
    const stuck = waiting.find(({ release }) => release === 'release:good-1.0-r0');
    if (stuck) throw new Error(JSON.stringify(stuck.waitingFor));
    return undefined;
  });

/** What `status` says that a release waits for. */
const waitsFor = (release: string) =>
  until(async () => {
    const { text } = await millrace('status', '--json');
    const { waiting } = JSON.parse(text) as { waiting: { release: string; waitingFor: { because: string[] } }[] };
    return waiting.find((item) => item.release === `release:${release}`)?.waitingFor.because.join('\n');
  });

const standing = async () => ({ generation: outside.generation(), published: await outside.published() });

test('an unreadable spec on main is named with its place, and other packages go on', async () => {
  await person.commit('main', 'A slip of the hand', { 'packages/broken.yaml': 'package:\n  name: broken\n  version: "1\n' });
  const { text } = await millrace('release', 'broken');
  expect(text).toMatch(/packages\/broken\.yaml:\d+:\d+: /);
  expect((await millrace('show', 'broken')).text).toMatch(/packages\/broken\.yaml:\d+:\d+: /);
  await generation(1);
  expect(await standing()).toEqual({ generation: 1, published: ['good-1.0-r0'] });
  expect(await outside.resolve(['good'], stage0)).toContain('good-1.0-r0');
});

test('a source with another digest waits for a person, who is told both', async () => {
  const got = await releases('wrong', { 'wrong-1.0/text': 'hello\n' });
  const expected = 'e'.repeat(64);
  await person.commit('main', 'Add wrong', { 'packages/wrong.yaml': spec('wrong', expected) });
  await millrace('release', 'wrong');
  const because = await waitsFor('wrong-1.0-r0');
  expect(because).toContain(expected);
  expect(because).toContain(got);
  expect(because).toMatch(/packages\/wrong\.yaml:\d+:\d+/);
});

test('an archive with a path outside waits for a person, who is told the path', async () => {
  const sha256 = await releases('outside', { 'outside-1.0/text': 'hello\n', '../../../tmp/millrace-was-here': 'no' });
  await person.commit('main', 'Add outside', { 'packages/outside.yaml': spec('outside', sha256) });
  await millrace('release', 'outside');
  expect(await waitsFor('outside-1.0-r0')).toMatch(/packages\/outside\.yaml:\d+:\d+.*\.\.\/\.\.\/\.\.\/tmp\/millrace-was-here/);
});

test('neither is built or published; both are answered by the commands that they name', async () => {
  expect(await standing()).toEqual({ generation: 1, published: ['good-1.0-r0'] });
  expect([...outside.buildLogs('wrong-1.0-r0'), ...outside.buildLogs('outside-1.0-r0')]).toEqual([]);
  for (const name of ['wrong', 'outside']) {
    const { text } = await millrace('show', name);
    const answer = /millrace (decide \S+ reject)/.exec(text)![1]!.split(' ');
    expect(await millrace(...answer, '--reason', 'bad source', '--by', 'ann')).toMatchObject({ code: 0 });
  }
});

test('an unknown key of millrace.yaml is named with its place and the nearest known one', async () => {
  const bad = writeConfig('unknown.yaml', 'remindrs: {every: 1h}\n');
  expect(await millrace('--config', bad, 'status')).toEqual({
    code: 2,
    text: `millrace: ${bad}:7:1: unknown key remindrs (did you mean reminders?)`,
  });
});

test('without a Temporal server every command says so', async () => {
  const [nobody, ...rest] = await freePorts(3);
  const alone = writeConfig('alone.yaml', '', [nobody!, ...rest]);
  for (const command of [
    ['release', 'good'],
    ['decide', 'good', 'retry'],
  ]) {
    const { code, text } = await millrace('--config', alone, ...command);
    expect({ code, text }).toEqual({
      code: 1,
      text: expect.stringMatching(new RegExp(`no Temporal server at 127\\.0\\.0\\.1:${nobody} .*alone\\.yaml:5:`)),
    });
  }
  expect(await millrace('--config', alone, 'status')).toMatchObject({
    code: 1,
    text: expect.stringContaining('No Temporal server answers'),
  });
});

test('a port in use is named with the setting that owns it, and nothing is left running', async () => {
  const { code, text } = await millrace('--config', writeConfig('second.yaml', ''), 'up');
  expect(code).toBe(1);
  expect(text).toMatch(new RegExp(`second\\.yaml:6:\\d+: port ${ports[2]} of 127\\.0\\.0\\.1 is in use .*gateway\\.port`));
  expect((await fetch(`${factory.addresses.gateway}/healthz`)).status).toBe(200);
});

test('an unknown package is answered with the nearest one', async () => {
  expect(await millrace('release', 'goood')).toMatchObject({ code: 1, text: expect.stringContaining('did you mean good?') });
  expect(await millrace('show', 'god')).toMatchObject({ code: 1, text: expect.stringContaining('did you mean good?') });
});

test('a webhook with a wrong signature starts nothing', async () => {
  const looks = async () => {
    const { text } = await millrace('show', 'good', '--json');
    return (JSON.parse(text) as { entity: { lastLook: unknown } }).entity.lastLook;
  };
  const before = await looks();
  const answer = await fetch(`${factory.addresses.gateway}/webhooks/generic`, {
    method: 'POST',
    body: JSON.stringify({ package: 'good' }),
    headers: { 'content-type': 'application/json', 'x-millrace-signature': `sha256=${'0'.repeat(64)}` },
  });
  expect(answer.status).toBe(401);
  said.push(await answer.text());
  expect(await looks()).toEqual(before);
});

test('what is withdrawn is gone from the next generation, and does not come back by itself', async () => {
  expect(await millrace('withdraw', 'good', '1.1-r0', '--reason', 'x')).toMatchObject({ code: 1, text: expect.stringContaining('1.0-r0') });
  expect(await millrace('withdraw', 'good', '1.0-r0', '--reason', 'it greets nobody')).toMatchObject({ code: 0 });
  await generation(2);
  expect(await standing()).toEqual({ generation: 2, published: [] });
  expect(await outside.resolve(['good'], stage0)).toBeUndefined();
  expect((await millrace('release', 'good')).text).toMatch(/withdrawn.*it greets nobody/);
  expect(JSON.parse((await millrace('status', '--json')).text)).toMatchObject({ inFlight: [] });
  expect(await standing()).toEqual({ generation: 2, published: [] });
});

test('nobody was shown a stack trace, and no process wrote one', () => {
  const logs = ['control', 'workflows', 'gateway', 'publisher', 'signer'].map((role) =>
    readFileSync(join(folder, 'state/logs', `${role}.log`), 'utf8'),
  );
  expect(said.length).toBeGreaterThan(10);
  for (const text of [...said, ...logs]) expect(text).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
});
