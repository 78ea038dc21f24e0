import { createHmac } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { requireConfig } from '../../src/config/load';
import { freePorts } from '../../src/demo/free-ports';
import { rolesOf } from '../../src/workers/roles';
import { startFactory, type Factory } from '../../src/workers/supervisor';
import { createTestRepository, type TestRepository } from '../activities/forge/repository';

/** The processes of a factory and the command that talks to them, as users have them: built files, a real Temporal server. Nothing is built: the one package's source is missing upstream. */
let folder: string;
let repository: TestRepository;
let upstream: Server;
let file: string;
let factory: Factory;
const told: string[] = [];

jest.setTimeout(180_000);

const spec = (source: string) => `package:
  name: nothing
  version: "1.0"
  epoch: 0
  description: a package whose source is missing
  copyright:
    - license: Zlib
pipeline:
  - uses: fetch
    with:
      uri: ${source}/nothing-\${{package.version}}.tar.gz
      expected-sha256: ${'0'.repeat(64)}
update:
  enabled: false
`;

function writeConfig(name: string, state: string, ports: readonly number[]): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `distribution: edges
state: ${state}
specs: {repository: ${repository.bare}}
environment: {stage0: false, repositories: [{url: apks, key: some.rsa.pub}]}
watch: {every: 1h}
temporal: {address: "127.0.0.1:${ports[0]}", ui-port: ${ports[1]}}
gateway: {port: ${ports[2]}}
`,
  );
  return path;
}

let ports: readonly number[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-factory-'));
  writeFileSync(join(folder, 'some.rsa.pub'), 'a key');
  upstream = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  repository = createTestRepository({ 'packages/nothing.yaml': spec(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`) });
  ports = await freePorts(3);
  file = writeConfig('millrace.yaml', 'state', ports);
  factory = await startFactory(requireConfig(file), { onProgress: (text) => told.push(text) });
});
afterAll(async () => {
  await factory?.stop();
  upstream.close();
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The built command in a process of its own. */
function millrace(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const command = resolve(__dirname, '../../bin/millrace.js');
  return new Promise((done) => {
    execFile(process.execPath, [command, '--config', file, ...args], (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 250));
  }
}

const alive = (pid: number) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

it('runs a process for each role, says when each is ready, and keeps their ids', () => {
  const names = ['temporal', ...rolesOf(requireConfig(file)), 'gateway'].sort();
  expect(Object.keys(factory.pids).sort()).toEqual(names);
  expect(
    told
      .filter((line) => line.includes(' is ready'))
      .map((line) => line.split(' ')[0])
      .sort(),
  ).toEqual(names);
  const kept = readdirSync(join(folder, 'state/run')).filter((name) => name !== 'supervisor.pid');
  expect(kept.sort()).toEqual(names.map((name) => `${name}.pid`));
  expect(Object.values(factory.pids).every(alive)).toBe(true);
});

it('refuses to run twice in one folder, or on ports that are taken, and harms nothing', async () => {
  await expect(startFactory(requireConfig(file))).rejects.toThrow(/^the factory in .*\/state already runs \(process \d+\)/);
  const other = requireConfig(writeConfig('other.yaml', 'other', ports));
  await expect(startFactory(other)).rejects.toThrow(
    new RegExp(
      `port ${ports[0]} of 127\\.0\\.0\\.1 is in use .*temporal\\.address.*\n.*port ${ports[1]} .*temporal\\.ui-port.*\n.*port ${ports[2]} .*gateway\\.port`,
    ),
  );
  expect(readdirSync(join(folder, 'other/run'))).toEqual([]);
  expect((await fetch(`${factory.addresses.gateway}/healthz`)).status).toBe(200);
});

it('the first sweep finds what is on main; the release waits, and the command answers it', async () => {
  const waiting = await until(
    async () => (JSON.parse((await millrace('status', '--json')).out) as { waiting: { release: string }[] }).waiting[0],
  );
  expect(waiting.release).toBe('release:nothing-1.0-r0');
  expect(await millrace('show', 'nothing')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Waits for a person since[^]*404[^]*millrace decide nothing-1\.0-r0 retry/),
  });
  expect(await millrace('decide', 'nothing', 'waive', '--check', 'abi', '--reason', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('refused: the check "abi" does not block'),
  });
  expect(await millrace('decide', 'nothing-1.0-r0', 'reject', '--reason', 'no source', '--by', 'ann')).toMatchObject({
    code: 0,
    out: 'release:nothing-1.0-r0: reject accepted\n',
  });
  await until(async () => ((await millrace('status', '--json')).out.includes('"outcome": "rejected"') ? true : undefined));
  expect(await millrace('why', 'nothing')).toMatchObject({
    code: 0,
    out: expect.stringContaining('and it ended rejected: ann: no source'),
  });
  expect(await millrace('decide', 'nothing', 'retry')).toMatchObject({
    code: 1,
    err: expect.stringContaining('nothing has no release in flight'),
  });
});

it('a look has its answer; what was rejected is not started again', async () => {
  expect(await millrace('release', 'nothing')).toMatchObject({ code: 0, out: 'nothing: 1.0-r0 was refused: ann: no source\n' });
  expect(await millrace('release', 'nothing', '1.0')).toMatchObject({ code: 1 });
  expect(await millrace('release', 'nothin')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean nothing?') });
});

it('takes a signed webhook, with each of two secrets', async () => {
  const body = JSON.stringify({ package: 'nothing', version: '1.1' });
  const send = (secret: string) =>
    fetch(`${factory.addresses.gateway}/webhooks/generic`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-millrace-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
    });
  expect((await send(readFileSync(join(folder, 'state/secrets/webhook'), 'utf8').trim())).status).toBe(202);
  expect((await send('guessed')).status).toBe(401);
  writeFileSync(join(folder, 'state/secrets/webhook.previous'), 'the older one', { mode: 0o600 });
  expect((await send('the older one')).status).toBe(202);
});

it('a killed role comes back, also Temporal itself, and the line goes on', async () => {
  const before = factory.pids;
  await factory.kill('workflows');
  expect(alive(before['workflows']!)).toBe(false);
  await until(async () => factory.pids['workflows']);
  expect(factory.pids['workflows']).not.toBe(before['workflows']);
  await factory.restart('temporal');
  expect(factory.pids['control']).toBe(before['control']);
  const answer = await until(async () => {
    const { code, out } = await millrace('release', 'nothing', '--insist');
    return code === 0 && /1\.0-r0 (started|is in flight)/.test(out) ? out : undefined;
  });
  expect(answer).toContain('millrace log nothing --follow');
});

it('stops all of it', async () => {
  const pids = Object.values(factory.pids);
  await factory.stop();
  expect(pids.filter(alive)).toEqual([]);
  expect(readdirSync(join(folder, 'state/run'))).toEqual([]);
  expect(await millrace('status')).toMatchObject({ code: 1, out: expect.stringContaining('No Temporal server answers') });
});
