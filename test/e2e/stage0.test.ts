import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeStage0, type Stage0 } from '../../src/stage0/stage0';

const out = mkdtempSync(join(tmpdir(), 'millrace-stage0-'));
const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
let stage0: Stage0;

beforeAll(async () => {
  stage0 = await makeStage0({ architecture, out });
}, 300_000);

const tarText = (file: string, member: string) =>
  execFileSync('tar', ['-xOzf', file, '--ignore-zeros', '--warning=no-unknown-keyword', member], { encoding: 'utf8', maxBuffer: 1 << 26 });

it('is indexed and signed by its own key', () => {
  expect(stage0.repository).toBe(join(out, architecture));
  const index = tarText(join(stage0.repository, 'APKINDEX.tar.gz'), 'APKINDEX');
  expect(index.match(/^P:/gm)).toHaveLength(stage0.packages);
  expect(readFileSync(join(out, 'stage0.rsa.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY');
});

it("provides only the runtime of every program, so other libraries are the distribution's own", () => {
  const index = tarText(join(stage0.repository, 'APKINDEX.tar.gz'), 'APKINDEX');
  const provided = [...index.matchAll(/so:([^ =]+)=/g)].map((match) => match[1]!);
  expect(provided).toEqual(expect.arrayContaining(['libc.so.6', 'libstdc++.so.6', 'libgcc_s.so.1']));
  expect(provided.filter((name) => /^lib(z|bz2|lzma|zstd|perl|gnutls)\b/.test(name))).toEqual([]);
});

it('is taken from the cache the second time', async () => {
  const second = mkdtempSync(join(tmpdir(), 'millrace-stage0-'));
  const again = await makeStage0({ architecture, out: second });
  expect(again).toMatchObject({ made: false, packages: stage0.packages });
  expect(statSync(again.repository).ino).toBe(statSync(stage0.repository).ino);
});

it('is an environment that melange compiles, runs and strips C in', () => {
  const work = mkdtempSync(join(tmpdir(), 'millrace-stage0-'));
  writeFileSync(
    join(work, 'hello.yaml'),
    `package: {name: hello, version: "1", epoch: 0, description: greets, copyright: [{license: MIT}]}
environment: {contents: {packages: [build-base, busybox]}}
pipeline:
  - runs: |
      printf '#include <stdio.h>\\nint main(void){puts("hello");return 0;}\\n' > hello.c
      cc -g hello.c -o hello && ./hello | grep -Fx hello
      install -Dm755 hello "\${{targets.destdir}}/usr/bin/hello"
  - uses: strip
`,
  );
  const run = (...args: string[]) => execFileSync('melange', args, { cwd: work, stdio: 'pipe' });
  run('keygen', 'key.rsa');
  run(
    'build',
    'hello.yaml',
    '--arch',
    architecture,
    '--runner',
    'bubblewrap',
    '--signing-key',
    'key.rsa',
    '--out-dir',
    'out',
    '--repository-append',
    out,
    '--keyring-append',
    stage0.key,
  );
  const apk = join(work, 'out', architecture, 'hello-1-r0.apk');
  expect(existsSync(apk)).toBe(true);
  expect(tarText(apk, '.PKGINFO')).toContain('depend = so:libc.so.6');
});

it('refuses an architecture that Debian has no counterpart of', async () => {
  await expect(makeStage0({ architecture: 'riscv64', out })).rejects.toThrow(
    'no bootstrap repository can be made for riscv64: choose one of x86_64, aarch64',
  );
});
