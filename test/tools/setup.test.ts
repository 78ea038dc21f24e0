import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { programFolder } from '../../tools/locate.cjs';
import { emptyFolder, makeProgram, systemFolder } from './programs';

const ROOT = resolve(__dirname, '../..');

/** A machine with the system's programs and a temporal that fits, so that no test downloads anything. */
function machine() {
  const env = { MILLRACE_CACHE: emptyFolder(), PATH: systemFolder(), HOME: emptyFolder() };
  makeProgram(env.PATH, 'temporal', 'echo "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)"');
  return env;
}

/** A `go` that takes a moment, writes what it was asked for, and notes each call. */
function fakeGo(env: { readonly PATH: string; readonly MILLRACE_CACHE: string }, script = '') {
  const calls = join(env.PATH, 'calls');
  writeFileSync(calls, '');
  makeProgram(
    env.PATH,
    'go',
    `echo "$@" >> ${calls}\n${script}\nsleep 0.3\nwhile [ $# -gt 1 ]; do if [ "$1" = -o ]; then echo '#!/bin/sh' > "$2"; fi; shift; done`,
  );
  return () => readFileSync(calls, 'utf8').split('\n').filter(Boolean);
}

function setUp(env: NodeJS.ProcessEnv, ...options: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(ROOT, 'tools/setup.mjs'), ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += `STDOUT ${chunk.toString()}`));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => done({ code, output }));
  });
}

describe('set-up', () => {
  it('says nothing where everything fits', async () => {
    const env = machine();
    makeProgram(env.PATH, 'melange', 'echo "GitVersion: v0.59.1"');
    makeProgram(env.PATH, 'apko', 'echo "GitVersion: v1.2.37"');
    expect(await setUp(env)).toEqual({ code: 0, output: '' });
  });

  it('builds what is missing, once, and takes it from the cache the next time', async () => {
    const env = machine();
    const calls = fakeGo(env);
    const first = await setUp(env);
    expect(first).toMatchObject({ code: 0 });
    expect(first.output).not.toContain('STDOUT');
    expect(existsSync(join(programFolder('melange', '0.59.1', env), 'melange'))).toBe(true);
    expect(await setUp(env)).toEqual({ code: 0, output: '' });
    expect(calls().map((call) => call.split(' ').at(-1))).toEqual(['chainguard.dev/melange', 'chainguard.dev/apko']);
  });

  it('does the work once when two run at the same time', async () => {
    const env = machine();
    const calls = fakeGo(env);
    const both = await Promise.all([setUp(env), setUp(env)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(calls()).toHaveLength(2);
  });

  it('names what to install where nothing can build it', async () => {
    const { code, output } = await setUp(machine());
    expect(code).toBe(1);
    expect(output).toContain('melange 0.59.1: install Go 1.26 or newer');
    expect(output).toContain('or put apko >= 1.2.37 and < 1.3 on PATH');
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('shows why a build failed, and leaves nothing half done', async () => {
    const env = machine();
    fakeGo(env, 'echo "module not served" >&2; exit 3');
    const { code, output } = await setUp(env);
    expect(code).toBe(1);
    expect(output).toContain('ended with code 3:\n    module not served');
    expect(readdirSync(join(env.MILLRACE_CACHE, 'tools'))).toEqual([]);
  });

  it('names the system package that is missing where it may not install it', async () => {
    const env = machine();
    makeProgram(env.PATH, 'melange', 'echo v0.59.1');
    makeProgram(env.PATH, 'apko', 'echo v1.2.37');
    rmSync(join(env.PATH, 'bwrap'));
    const { code, output } = await setUp(env);
    expect(code).toBe(1);
    expect(output).toContain('bwrap (the sandbox of builds): install bubblewrap');
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('installs a missing system package through apt-get', async () => {
    const env = machine();
    makeProgram(env.PATH, 'melange', 'echo v0.59.1');
    makeProgram(env.PATH, 'apko', 'echo v1.2.37');
    rmSync(join(env.PATH, 'bwrap'));
    makeProgram(
      env.PATH,
      'apt-get',
      `[ "$1" = install ] && [ "$4" = bubblewrap ] && echo '#!/bin/sh' > ${env.PATH}/bwrap && /bin/chmod +x ${env.PATH}/bwrap; true`,
    );
    expect(await setUp(env)).toMatchObject({ code: 0 });
  });

  it('goes on without the test server where Java is missing, and says so', async () => {
    const env = machine();
    makeProgram(env.PATH, 'melange', 'echo v0.59.1');
    makeProgram(env.PATH, 'apko', 'echo v1.2.37');
    const { code, output } = await setUp(env, '--with-tests');
    expect(code).toBe(0);
    expect(output).toContain('No java and no mvn: workflow tests on the time-skipping server will be skipped');
  });

  it('refuses jars that are not the pinned ones', async () => {
    const env = machine();
    makeProgram(env.PATH, 'melange', 'echo v0.59.1');
    makeProgram(env.PATH, 'apko', 'echo v1.2.37');
    makeProgram(env.PATH, 'java', 'true');
    makeProgram(
      env.PATH,
      'mvn',
      'for a in "$@"; do case $a in -DoutputDirectory=*) echo evil > "${a#-DoutputDirectory=}/temporal-sdk-1.38.0.jar";; esac; done',
    );
    const { code, output } = await setUp(env, '--with-tests');
    expect(code).toBe(0);
    expect(output).toContain('Maven delivered jars that are not the pinned ones');
    expect(readdirSync(join(env.MILLRACE_CACHE, 'tools'))).toEqual([]);
  });

  it('refuses an option that it does not know', async () => {
    expect(await setUp(machine(), '--with-test')).toMatchObject({ code: 1, output: expect.stringContaining('unknown option --with-test') });
  });
});

describe('npm ci runs where node_modules is not what package-lock.json says', () => {
  const checkout = (lock: object, installed?: object) => {
    const root = emptyFolder();
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...lock } }));
    if (!installed) return root;
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
    return root;
  };
  const a = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
  const newer = { 'node_modules/a': { version: '1.0.1', integrity: 'y' } };
  const optional = { 'node_modules/b': { version: '1.0.0', optional: true } };
  it.each([
    ['nothing is installed', checkout(a), false],
    ['all is installed', checkout(a, a), true],
    ['a version differs', checkout(newer, a), false],
    ['a package is missing', checkout({ ...a, 'node_modules/c': { version: '1.0.0' } }, a), false],
    ['one too many is there', checkout({}, a), false],
    ['an optional one of another platform is missing', checkout({ ...a, ...optional }, a), true],
  ])('%s', async (_case, root, expected) => {
    const script = `import(${JSON.stringify(join(ROOT, 'tools/setup/dependencies.mjs'))}).then((m) => console.log(m.isInstalled(${JSON.stringify(root)})))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of child.stdout) output += String(chunk);
    expect(output.trim()).toBe(String(expected));
  });
});
