import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runOrThrow } from '../../src/activities/process';
import { requireConfig } from '../../src/config/load';
import { freePorts } from '../../src/demo/free-ports';
import { lookFromOutside, type Outside } from '../../src/demo/outside';
import { createPerson, makeRepository, type Person } from '../../src/demo/person';
import { startUpstreamServer, type UpstreamServer } from '../../src/demo/upstream-server';
import { startFactory, type Factory } from '../../src/workers/supervisor';
import { emulateAarch64 } from './emulation';

jest.setTimeout(900_000);

const ARCHITECTURES = ['x86_64', 'aarch64'];
const missing = emulateAarch64();
const suite = missing === undefined ? describe : describe.skip;

/** A package of data alone. Its release says for which architectures it is meant, and the spec believes it. */
const spec = (upstream: string, sha256: string) => `package:
  name: greeting
  version: "1.0"
  epoch: 0
  description: A text to greet with
  url: https://example.org/greeting
  copyright:
    - license: CC0-1.0

environment:
  contents:
    packages:
      - busybox
      - coreutils

pipeline:
  - uses: fetch
    with:
      uri: ${upstream}/greeting/greeting-\${{package.version}}.tar.gz
      expected-sha256: ${sha256}

  - name: meant for this architecture
    runs: |
      test -e "for-\${{build.arch}}" || { echo "error: release \${{package.version}} is not for \${{build.arch}}" >&2; exit 1; }

  - name: install
    runs: install -Dm644 greeting.txt "\${{targets.destdir}}/usr/share/greeting/greeting.txt"

test:
  pipeline:
    - runs: grep -Fx "hello from \${{package.version}}" /usr/share/greeting/greeting.txt

update:
  enabled: true
`;

suite(`a package of two architectures${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string;
  let upstream: UpstreamServer;
  let factory: Factory;
  let person: Person;
  let outside: Outside;

  /** A release that upstream made for these architectures. */
  const tarball = async (version: string, architectures: readonly string[]) => {
    const root = join(folder, `greeting-${version}`);
    await mkdir(root);
    writeFileSync(join(root, 'greeting.txt'), `hello from ${version}\n`);
    for (const architecture of architectures) writeFileSync(join(root, `for-${architecture}`), '');
    const file = `${root}.tar.gz`;
    await runOrThrow('tar', ['-czf', file, '-C', folder, `greeting-${version}`]);
    return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-two-'));
    upstream = await startUpstreamServer({ folder: join(folder, 'upstream') });
    const first = await tarball('1.0', ['x86_64']);
    await upstream.release('greeting', first.file);
    const specs = join(folder, 'specs.git');
    await makeRepository(specs, join(folder, 'scratch'), { 'packages/greeting.yaml': spec(upstream.address, first.sha256) });
    const [temporal, ui, gateway] = await freePorts(3);
    const file = join(folder, 'millrace.yaml');
    writeFileSync(
      file,
      `distribution: two
state: state
architectures: [${ARCHITECTURES.join(', ')}]
specs: {repository: specs.git}
watch: {every: 2s}
temporal: {address: "127.0.0.1:${temporal}", ui-port: ${ui}}
gateway: {port: ${gateway}}
`,
    );
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

  const published = async () =>
    Object.fromEntries(await Promise.all(ARCHITECTURES.map(async (name) => [name, await outside.published(name)] as const)));
  const both = (...packages: readonly string[]) => Object.fromEntries(ARCHITECTURES.map((name) => [name, packages]));
  const show = async (word: string) =>
    JSON.parse((await person.millrace('show', word, '--json')).text) as {
      readonly release: {
        readonly outcome?: string;
        readonly reason?: string;
        readonly waitingFor?: { readonly because: readonly string[] };
        readonly change?: { readonly branch?: string };
        readonly builds: readonly { readonly architecture: string; readonly outcome: string; readonly log: string }[];
        readonly verdicts: readonly { readonly check: string; readonly failure?: unknown }[];
        readonly logs: Readonly<Record<string, readonly string[]>>;
      } | null;
    };
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
      await new Promise((done) => setTimeout(done, 500));
    }
  };
  const waits = (word: string) =>
    until(async () => {
      const { release } = await show(word);
      if (release?.outcome) throw new Error(`${word} ended instead of waiting: ${release.outcome}, ${release.reason}`);
      return release?.waitingFor ? release : undefined;
    });
  const publishes = async (word: string, generation: number) => {
    const release = await until(async () => {
      const { release } = await show(word);
      return outside.generation() >= generation || release?.outcome || release?.waitingFor ? release : undefined;
    });
    expect(release?.waitingFor?.because ?? []).toEqual([]);
    return await until(async () => (outside.generation() >= generation ? true : undefined));
  };
  const failure = (release: Awaited<ReturnType<typeof waits>>) =>
    release.verdicts.find(({ check }) => check === 'build-aarch64')?.failure as object;

  it('one architecture fails: neither appears', async () => {
    const release = await waits('greeting-1.0-r0');
    expect(release.builds.map(({ architecture, outcome }) => `${architecture} ${outcome}`).sort()).toEqual([
      'aarch64 failed',
      'x86_64 built',
    ]);
    expect(release.waitingFor?.because[0]).toMatch(
      /^build-aarch64: step "meant for this architecture" ended with exit status 1: error: release 1\.0 is not for aarch64/,
    );
    expect(failure(release)).toMatchObject({ class: 'real', differenceToLastGood: ['there is no earlier good release'], alike: [] });
    expect({ generation: outside.generation(), published: await published() }).toEqual({ generation: 0, published: both() });
    expect(ARCHITECTURES.flatMap((name) => outside.objects(name))).toEqual([]);
  });

  it('a person mends main and retries: both appear in one generation', async () => {
    await person.commit('main', 'The text is for every machine', {
      'packages/greeting.yaml': (before) =>
        before.replace('test -e "for-${{build.arch}}" ||', 'test -e "for-${{build.arch}}" || test "${{package.version}}" = 1.0 ||'),
    });
    expect(await person.millrace('decide', 'greeting', 'retry', '--by', 'ann', '--reason', 'mended on main')).toMatchObject({ code: 0 });
    await publishes('greeting-1.0-r0', 1);
    expect({ generation: outside.generation(), published: await published() }).toEqual({
      generation: 1,
      published: both('greeting-1.0-r0'),
    });
    expect(ARCHITECTURES.map((name) => outside.objects(name).length)).toEqual([1, 1]);
  });

  it('the next one fails alike: the report tells what changed and how that was answered, and the generation stays', async () => {
    await upstream.release('greeting', (await tarball('1.1', ['x86_64'])).file);
    const release = await waits('greeting-1.1-r0');
    expect(failure(release)).toMatchObject({
      class: 'real',
      differenceToLastGood: expect.arrayContaining(['version 1.0-r0 → 1.1-r0', 'file changed: packages/greeting.yaml']),
      alike: [{ release: 'release:greeting-1.0-r0', check: 'build-aarch64', answer: 'retried by ann: mended on main (then published)' }],
    });
    const { log } = release.builds.find(({ outcome }) => outcome === 'failed')!;
    expect(release.logs[log]!.join('\n')).toContain('error: release 1.1 is not for aarch64');
    const { text } = await person.millrace('show', 'greeting-1.1-r0');
    expect(text).toMatch(/^Failed: build-aarch64 \(real: .*\n.*\n {2}changed since the last good build:\n {4}version 1\.0-r0 → 1\.1-r0\n/m);
    expect(text).toMatch(/^ {4}greeting-1\.0-r0 build-aarch64: .*is not for aarch64.*\n {6}retried by ann: mended on main/m);
    expect(text).toMatch(/^ {2}\| .*error: release 1\.1 is not for aarch64/m);
    expect({ generation: outside.generation(), published: await published() }).toEqual({
      generation: 1,
      published: both('greeting-1.0-r0'),
    });
  });

  it('a patch on its branch: both appear in the next generation', async () => {
    const { change } = await waits('greeting-1.1-r0');
    const commit = await person.commit(change!.branch!, 'For every machine', {
      'packages/greeting.yaml': (before) => before.replace('= 1.0 ||', '!= 1.2 ||'),
    });
    expect(await person.millrace('decide', 'greeting', 'patch', '--commit', commit, '--by', 'ann')).toMatchObject({ code: 0 });
    await publishes('greeting-1.1-r0', 2);
    expect({ generation: outside.generation(), published: await published() }).toEqual({
      generation: 2,
      published: both('greeting-1.0-r0', 'greeting-1.1-r0'),
    });
  });
});
