import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { commandsFor } from '../../src/cli/commands';
import { createTestRepository, type TestRepository } from '../activities/forge/repository';
import { build, record, verdict } from './records';
import { runMillrace } from './run-millrace';

/** A factory that does not run: what the command tells from the spec repository and the records alone. */
let repository: TestRepository;
let folder: string;

const SPEC = `package:
  name: zlib
  version: "1.3.1"
  epoch: 0
  description: a package
  copyright:
    - license: Zlib
pipeline:
  - runs: make
`;

beforeAll(async () => {
  repository = createTestRepository({
    'packages/zlib.yaml': SPEC,
    'packages/lz4.yaml': SPEC.replace('zlib', 'lz4'),
    'packages/xz.yaml': 'package: [',
  });
  folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
  writeFileSync(
    join(folder, 'millrace.yaml'),
    `distribution: my-linux\nspecs:\n  repository: ${repository.bare}\ntemporal:\n  address: 127.0.0.1:1\n`,
  );
  const store = createFolderStore(join(folder, '.millrace/store'));
  await store.writeRecord('release', `${record.id}@1`, record);
  const log = 'builds/zlib-1.3.2-r0/x86_64-1.log';
  writeFileSync(
    await store.log(log),
    `${Array.from({ length: 300 }, (_, index) => `line ${index + 1}`).join('\n')}\n\u001b[31merror\u001b[0m\u0007\n`,
  );
  await store.writeRecord('release', 'release:zlib-1.3.2-r0@2', {
    ...record,
    id: 'release:zlib-1.3.2-r0',
    outcome: 'rejected',
    reason: 'ann: broken',
    verdicts: [verdict('build-x86_64', 'failed')],
    builds: [{ ...build, outcome: 'failed', log, packages: [] }],
    decisions: [{ decision: { kind: 'reject', by: 'ann', reason: 'broken' }, at: '2026-01-01T10:00:30Z', answered: ['build-x86_64: no'] }],
    finishedAt: '2026-01-01T11:00:00Z',
  });
});
afterAll(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

const millrace = (...args: readonly string[]) => runMillrace('--config', join(folder, 'millrace.yaml'), ...args);

const leaves = (command: Command): readonly Command[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves));

it('--help of every command is complete', () => {
  for (const command of commandsFor([]).flatMap(leaves)) {
    expect([command.name(), command.summary(), command.description()]).not.toContain('');
    for (const option of command.options) expect([option.flags, option.description]).toEqual([option.flags, expect.stringMatching(/\S/)]);
    for (const argument of command.registeredArguments)
      expect([argument.name(), argument.description]).toEqual([argument.name(), expect.stringMatching(/\S/)]);
  }
});

it('a command is loaded alone; help and what is not understood load all', () => {
  expect(commandsFor(['--config', 'status', 'spec', 'lint', 'status']).map((command) => command.name())).toEqual(['spec']);
  const all = commandsFor(['--help']).map((command) => command.name());
  expect(commandsFor(['relese']).map((command) => command.name())).toEqual(all);
  expect(commandsFor([]).map((command) => command.name())).toEqual(all);
  for (const name of all) expect(commandsFor([name]).map((command) => command.name())).toEqual([name]);
});

it('--help is no error; what is not understood is one of usage, with the nearest command', async () => {
  expect(await millrace('release', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:') });
  expect(await millrace('relese', 'zlib')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean release?'), out: '' });
  expect(await millrace('decide', 'zlib', 'approve')).toMatchObject({
    code: 2,
    err: expect.stringContaining('retry, patch, waive, reject'),
  });
});

it.each([
  [['decide', 'zlib', 'waive'], 'millrace: waive needs --check and --reason (millrace decide --help)'],
  [['decide', 'zlib', 'reject', '--reason', ' '], 'millrace: reject needs --reason (millrace decide --help)'],
  [['decide', 'zlib', 'retry', '--check', 'abi'], 'millrace: --check belongs to waive, not to retry'],
  [['decide', 'zlib', 'reject', '--commit', 'abc', '--reason', 'x'], 'millrace: --commit belongs to patch, not to reject'],
  [['release', 'zlib', '1.3.1;reboot'], 'millrace: 1.3.1;reboot is no version (write it as upstream does, without -rN: 1.3.1)'],
])('%j is refused as usage', async (args, text) => expect(await millrace(...args)).toEqual({ code: 2, out: '', err: text }));

it.each([
  [['release', 'zlb'], /^millrace: there is no package zlb in .* \(main, packages\/\) \(did you mean zlib\?\)$/],
  [
    ['show', 'zlb'],
    /^no Temporal server answers: only what has ended is told\nmillrace: there is no package or release zlb \(did you mean zlib\?\)$/,
  ],
  [['show', 'zlib-1.3.3-r0'], /there is no package or release zlib-1\.3\.3-r0 \(did you mean zlib-1\.3\.[12]-r0/],
  [['why', 'lz4'], /\nmillrace: lz4 has no release yet \(millrace release lz4\)$/],
  [['log', 'lz4'], /\nmillrace: lz4 has no build yet \(millrace show lz4\)$/],
  [
    ['release', 'zlib'],
    /^millrace: no Temporal server at 127\.0\.0\.1:1 \(run `millrace up`, or set temporal\.address in .*millrace\.yaml:5:3\)$/,
  ],
  [['decide', 'zlib', 'retry'], /^millrace: no Temporal server at 127\.0\.0\.1:1 /],
  [['withdraw', 'zlib', '1.3.1-r0', '--reason', 'x'], /^millrace: zlib 1\.3\.1-r0 is not published \(nothing of it is\)$/],
  [['floor', 'status'], /^millrace: no Temporal server at 127\.0\.0\.1:1 /],
  [['floor', 'pause', '--reason', 'x'], /^millrace: no Temporal server at 127\.0\.0\.1:1 /],
  [['floor', 'why', 'zlb'], /there is no package zlb in .*\(did you mean zlib\?\)$/],
  [['floor', 'hold', 'zlb', '--reason', 'x'], /there is no package zlb in .*\(did you mean zlib\?\)$/],
  [['floor', 'rebuild', 'lz4', 'zlb', '--reason', 'x'], /there is no package zlb in .*\(did you mean zlib\?\)$/],
  [['floor', 'replay'], /^millrace: the floor has recorded nothing yet \(`millrace up` starts it; its journal follows what it decides\)$/],
  [['floor', 'replay', '--run', 'r'], /^millrace: nothing is recorded of run r /],
])('%j fails with the reason and the remedy', async (args, text) => {
  const { code, out, err } = await millrace(...args);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(text);
  expect(err).not.toMatch(/^ +at /m);
});

it('--debug shows where', async () => expect((await millrace('why', 'lz4', '--debug')).err).toMatch(/^ +at /m));

it('status tells what the records tell, and that nobody answers', async () => {
  const { code, out } = await millrace('status');
  expect(code).toBe(1);
  expect(out).toContain('No Temporal server answers');
  expect(out).toContain('1 of 2 releases needed no person (50 %)');
  const json = await millrace('status', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    running: false,
    inFlight: null,
    waiting: null,
    published: [{ release: 'release:zlib-1.3.1-r0', generation: 3 }],
    share: { ended: 2, withoutPerson: 1 },
  });
});

it('show tells of a package and its newest release, with the last 200 lines of the failed log', async () => {
  const { code, out } = await millrace('show', 'zlib');
  expect(code).toBe(0);
  expect(out).toContain('zlib: not published, main says 1.3.1-r0');
  expect(out).toContain('zlib-1.3.2-r0 (before: 1.2.13-r1): rejected');
  expect(out).toContain('  last 200 lines of builds/zlib-1.3.2-r0/x86_64-1.log:\n  | line 102\n');
  expect(out).toContain('  | error\\x07\n');
  const older = await millrace('show', 'zlib-1.3.1-r0', '--json');
  expect(JSON.parse(older.out)).toMatchObject({ release: { release: 'release:zlib-1.3.1-r0', outcome: 'published', generation: 3 } });
});

it('show of an unreadable spec names the place', async () =>
  expect((await millrace('show', 'xz')).out).toMatch(/^xz: not published, main says what cannot be read\npackages\/xz\.yaml:1:\d+: /));

it('why tells of a release, also as JSON', async () => {
  expect((await millrace('why', 'release:zlib-1.3.1-r0')).out).toContain(
    'and it was merged as ffffffffffff, signed and published with generation 3',
  );
  expect(JSON.parse((await millrace('why', 'zlib', '--json')).out)).toMatchObject({
    outcome: 'rejected',
    causes: record.input.causes,
    decisions: [{ decision: { by: 'ann' } }],
  });
});

it('log prints the log of the newest build, harmless for the terminal', async () => {
  const { code, out, err } = await millrace('log', 'zlib');
  expect(code).toBe(0);
  expect(out.split('\n')).toHaveLength(302);
  expect(out.endsWith('line 300\nerror\\x07\n')).toBe(true);
  expect(err).toBe('no Temporal server answers: only what has ended is told\nlog builds/zlib-1.3.2-r0/x86_64-1.log\n');
});

it('names every problem of the configuration with its place', async () => {
  mkdirSync(join(folder, 'bad'));
  const file = join(folder, 'bad/millrace.yaml');
  writeFileSync(file, 'distribution: d\nspecs: {repositry: x}\n');
  const { code, err } = await millrace('status', '--config', file);
  expect(code).toBe(2);
  expect(err).toBe(
    `millrace: ${file}:2:1: specs.repository is missing (set it to the path or URL of the spec repository)\n${file}:2:9: unknown key specs.repositry (did you mean repository?)`,
  );
});
