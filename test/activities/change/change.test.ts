import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChangeActivities } from '../../../src/activities/change/change';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { createFetcher } from '../../../src/activities/sources/fetch';
import { patchState } from '../../../src/activities/sources/patch';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import type { ReleaseInput } from '../../../src/domain/release/release';
import { createTestRepository, git, type TestRepository } from '../forge/repository';
import { startWeb, type Web } from '../sources/web';

// Many processes on few cores: what takes long here is no failure.
jest.setTimeout(60_000);

const AT = '2026-02-03T04:05:06.000Z';
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** A patch that turns one line of a file into another; `-p1`. */
const patchOf = (file: string, from: string, to: string) => `--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

const PATCHES = {
  'fix.patch': patchOf('fixed.c', 'vulnerable', 'safe'),
  'ours.patch': patchOf('ours.c', 'theirs', 'ours'),
  'lost.patch': patchOf('lost.c', 'as it was', 'as we want it'),
};

describe('changes of a package', () => {
  let folder: string;
  let archives: Record<string, Buffer>;
  let web: Web;
  let repository: TestRepository;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'change-'));
    const archive = (version: string, files: Readonly<Record<string, string>>) => {
      const top = join(folder, `foo-${version}`);
      mkdirSync(top);
      for (const [file, content] of Object.entries(files)) writeFileSync(join(top, file), `${content}\n`);
      execFileSync('tar', ['-czf', `${top}.tar.gz`, '-C', folder, `foo-${version}`]);
      return readFileSync(`${top}.tar.gz`);
    };
    archives = {
      '/foo-1.0.tar.gz': archive('1.0', { 'fixed.c': 'vulnerable', 'ours.c': 'theirs', 'lost.c': 'as it was' }),
      '/foo-1.1.tar.gz': archive('1.1', { 'fixed.c': 'safe', 'ours.c': 'theirs', 'lost.c': 'rewritten' }),
      '/data.tar.gz': archive('data', { 'data.txt': 'data' }),
    };
    web = await startWeb((request, response) => {
      const content = archives[request.url!];
      if (content) response.end(content);
      else response.writeHead(404).end();
    });
  });
  afterAll(async () => {
    await web.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const specText = (
    more: { readonly version?: string; readonly epoch?: number; readonly patches?: readonly string[]; readonly digest?: string } = {},
  ) => {
    const { version = '1.0', epoch = 2, patches = ['fix.patch', 'ours.patch'] } = more;
    const digest = more.digest ?? sha256(archives[`/foo-${version}.tar.gz`] ?? Buffer.from(''));
    return `# A spec with its comments
package:
  name: foo
  version: ${version} # the version
  epoch: ${epoch} # CVE-1
  url: https://foo.example/
  copyright:
    - license: MIT

pipeline:
  - uses: fetch
    with:
      uri: ${web.url}/foo-\${{package.version}}.tar.gz
      expected-sha256: ${digest}

  - uses: fetch
    with:
      uri: ${web.url}/data.tar.gz
      expected-sha256: ${sha256(archives['/data.tar.gz']!)}
${patches.length > 0 ? `\n  - uses: patch\n    with:\n      patches: |\n${patches.map((patch) => `        ${patch}\n`).join('')}` : ''}
  - runs: make
`;
  };

  beforeEach(() => {
    repository = createTestRepository({ 'README.md': 'specs\n', 'packages/bar.yaml': 'bar\n' });
    const { 'lost.patch': _, ...patches } = PATCHES;
    const files = Object.entries(patches).map(([file, text]) => [`packages/foo/${file}`, text] as const);
    repository.push('main', { 'packages/foo.yaml': specText(), ...Object.fromEntries(files) }, 'foo');
  });
  afterEach(() => repository.remove());

  const store = () => createFolderStore(join(repository.folder, 'store'));
  const forge = () =>
    createLocalGitForge({ repository: repository.bare, work: join(repository.folder, 'work'), branchPrefix: 'millrace/' });
  const activities = () =>
    createChangeActivities({
      forge: forge(),
      store: store(),
      fetcher: createFetcher({
        store: store(),
        limits: { sourceBytes: 1e6, unpackedBytes: 1e6, unpackedFiles: 100 },
        work: join(repository.folder, 'work'),
      }),
      patchState,
      specs: { branch: 'main', directory: 'packages' },
      work: join(repository.folder, 'work'),
      clock: () => new Date('2026-05-05T05:05:05Z'),
    });
  const release = (more: Partial<ReleaseInput> = {}): ReleaseInput => ({
    distribution: 'test',
    package: 'foo',
    version: '1.1',
    epoch: 0,
    previous: '1.0-r2',
    change: 'bump',
    candidate: { name: '1.1', link: 'https://foo.example/1.1' },
    causes: [{ id: 'upstream:foo:1.1', kind: 'upstream-release', text: 'foo 1.1 was released', at: AT, link: 'https://foo.example/1.1' }],
    architectures: ['x86_64'],
    reminders: { everySeconds: 1, escalateAfterSeconds: 2 },
    floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
    ...more,
  });
  const prepare = (more: Partial<ReleaseInput> = {}) => activities().prepareChange({ release: release(more) });
  const onMain = () => prepare({ change: 'none', version: '1.0', epoch: 2 });
  const shown = (commit: string, path: string) => repository.git('show', `${commit}:${path}`);
  const main = () => repository.git('rev-parse', 'main');
  const objectOf = async (digest: string) => readFileSync(await store().object(digest as `sha256:${string}`), 'utf8');

  describe('prepared for a rebuild', () => {
    const causes: ReleaseInput['causes'] = [
      { id: 'o', kind: 'rebuild', text: 'libxml2 2.15.4-r0 removed libxml2.so.2', at: AT, roots: ['r'] },
    ];
    const again = (more: Partial<ReleaseInput> = {}) => prepare({ change: 'rebuild', version: '1.0', epoch: 3, causes, ...more });

    test('a branch with the epoch raised and the reason behind it; sources as pinned, patches untouched', async () => {
      const change = await again();
      const title = 'foo/1.0-r3: rebuilt: libxml2 2.15.4-r0 removed libxml2.so.2';
      expect(change).toMatchObject({
        branch: 'millrace/foo-1.0-r3',
        base: main(),
        version: '1.0',
        epoch: 3,
        droppedPatches: [],
        summary: title,
      });
      expect(change.sources.map((source) => source.uri)).toEqual([`${web.url}/foo-1.0.tar.gz`, `${web.url}/data.tar.gz`]);
      const raised = specText().replace('epoch: 2 # CVE-1', 'epoch: 3 # rebuilt: libxml2 2.15.4-r0 removed libxml2.so.2');
      expect(await objectOf(change.snapshot.spec)).toBe(raised);
      expect(repository.git('diff', '--name-only', change.base, change.commit)).toBe('packages/foo.yaml');
      expect(repository.git('log', '-1', '--format=%B', change.commit)).toBe(
        `${title}\n\nVersion: 1.0-r2 -> 1.0-r3\nCause: libxml2 2.15.4-r0 removed libxml2.so.2`,
      );
      expect(await again()).toEqual(change);
    });

    test('merged, and from then on what main says', async () => {
      const change = await again();
      expect(await activities().mergeChange({ change, package: 'foo' })).toMatchObject({ merged: true });
      expect((await again()).branch).toBeUndefined();
    });

    test.each([
      ['another version', { version: '0.9', epoch: 3 }, /main says foo 1\.0-r2, from which no rebuild leads to 0\.9-r3: reject/],
      ['an epoch that is not the next', { epoch: 4 }, /from which no rebuild leads to 1\.0-r4/],
    ])('refused for %s', async (_name, more, message) => {
      await expect(again(more)).rejects.toMatchObject({ type: 'Conflict', message: expect.stringMatching(message) });
    });
  });

  describe('prepared from a release of upstream', () => {
    test('a branch with one edit, byte for byte; the contained patch is dropped with its file, and the message says it', async () => {
      const change = await prepare();
      const digest = sha256(archives['/foo-1.1.tar.gz']!);
      expect(change).toMatchObject({
        branch: 'millrace/foo-1.1-r0',
        base: main(),
        version: '1.1',
        epoch: 0,
        droppedPatches: ['fix.patch'],
        summary: 'foo/1.1 package update',
      });
      expect(change.sources.map((source) => source.uri)).toEqual([`${web.url}/foo-1.1.tar.gz`, `${web.url}/data.tar.gz`]);
      expect(change.sources[0]!.sha256).toBe(digest);
      expect(repository.git('rev-parse', 'millrace/foo-1.1-r0')).toBe(change.commit);
      expect(repository.git('diff', '--no-renames', '--name-status', change.base, change.commit)).toBe(
        'M\tpackages/foo.yaml\nD\tpackages/foo/fix.patch',
      );
      const expected = specText({ version: '1.1', epoch: 0, patches: ['ours.patch'] }).replace('version: 1.1 ', 'version: "1.1" ');
      expect(`${shown(change.commit, 'packages/foo.yaml')}\n`).toBe(expected);
      expect(repository.git('log', '-1', '--format=%ct%n%B', change.commit)).toBe(
        `${Date.parse(AT) / 1000}
foo/1.1 package update

Version: 1.0-r2 -> 1.1-r0
Project: https://foo.example/
Release: https://foo.example/1.1
Source: ${web.url}/foo-1.1.tar.gz
  sha256:${digest}
Source: ${web.url}/data.tar.gz
  sha256:${sha256(archives['/data.tar.gz']!)}
Cause: foo 1.1 was released (https://foo.example/1.1)
Dropped: fix.patch (the new source already contains it)`,
      );
      expect(await objectOf(change.snapshot.spec)).toBe(expected);
      expect(Object.keys(change.snapshot.files)).toEqual(['ours.patch']);
      expect(change.snapshot).toMatchObject({ package: 'foo', path: 'packages/foo.yaml', commit: change.commit });
    });

    test('the same commit when repeated', async () => {
      expect(await prepare()).toEqual(await prepare());
    });

    test('the last patch goes with its step', async () => {
      repository.push('main', { 'packages/foo.yaml': specText({ patches: ['fix.patch'] }) }, 'one');
      const change = await prepare();
      expect(`${shown(change.commit, 'packages/foo.yaml')}\n`).toBe(
        specText({ version: '1.1', epoch: 0, patches: [] }).replace('version: 1.1 ', 'version: "1.1" '),
      );
    });

    test('patches that do not fit, or are not there, stay, and the message names them', async () => {
      repository.push(
        'main',
        { 'packages/foo.yaml': specText({ patches: ['lost.patch', 'absent.patch'] }), 'packages/foo/lost.patch': PATCHES['lost.patch'] },
        'lost',
      );
      const change = await prepare();
      expect(change.droppedPatches).toEqual([]);
      expect(shown(change.commit, 'packages/foo.yaml')).toContain('lost.patch\n        absent.patch');
      expect(repository.git('log', '-1', '--format=%B', change.commit)).toMatch(
        /Attention: lost\.patch neither applies .*\nAttention: absent\.patch is named by the spec and missing/,
      );
    });

    test('an old digest is not asked of the new version, a digest of what stays is', async () => {
      const text = specText().replace(sha256(archives['/data.tar.gz']!), 'b'.repeat(64));
      repository.push('main', { 'packages/foo.yaml': text }, 'wrong');
      await expect(prepare()).rejects.toMatchObject({ type: 'DigestMismatch', message: expect.stringContaining('data.tar.gz') });
      expect(repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/millrace')).toBe('');
    });

    test('main that says it already is taken as it is', async () => {
      const commit = repository.push('main', { 'packages/foo.yaml': specText({ version: '1.1', epoch: 0 }) }, 'by hand');
      const change = await prepare();
      expect(change).toMatchObject({ commit, version: '1.1', epoch: 0 });
      expect(change.branch).toBeUndefined();
    });

    test.each([
      ['an unknown package', { package: 'absent' }, 'PackageUnknown', 'packages/absent.yaml'],
      ['a name that is a path', { package: '../packages/foo' }, 'PackageUnknown', '../packages/foo.yaml'],
      ['a broken spec', { package: 'bar' }, 'SpecUnreadable', 'packages/bar.yaml:1:1'],
      ['a version that is not newer', { version: '0.9' }, 'NothingToChange', 'main says foo 1.0-r2'],
      ['the version that main has with another epoch', { version: '1.0', epoch: 3 }, 'NothingToChange', 'main says foo 1.0-r2'],
      ['an epoch that a bump does not give', { epoch: 3 }, 'Conflict', '1.1-r0'],
      ['a source that upstream has not', { version: '1.2' }, 'SourceMissing', 'foo-1.2.tar.gz'],
    ])('%s: refused', async (_, more, type, message) => {
      await expect(prepare(more)).rejects.toMatchObject({ type, nonRetryable: true, message: expect.stringContaining(message) });
    });

    test('a spec named otherwise than its file: refused', async () => {
      repository.push('main', { 'packages/baz.yaml': specText() }, 'copied');
      await expect(prepare({ package: 'baz' })).rejects.toMatchObject({
        type: 'SpecUnreadable',
        message: expect.stringContaining('named foo'),
      });
    });

    test('a source without a digest: refused, with its place and the remedy', async () => {
      repository.push('main', { 'packages/foo.yaml': specText().replace(/\n +expected-sha256: \S+/, '') }, 'loose');
      const refused = { type: 'SpecUnreadable', message: expect.stringMatching(/^packages\/foo\.yaml:11:\d+: .*\(add expected-sha256/) };
      await expect(prepare()).rejects.toMatchObject(refused);
      await expect(onMain()).rejects.toMatchObject(refused);
    });
  });

  describe('taken from main as it is', () => {
    test('the commit that last touched the package, its sources verified', async () => {
      const commit = main();
      repository.push('main', { 'README.md': 'more\n', 'packages/bar.yaml': 'other\n' }, 'others');
      const change = await onMain();
      expect(change).toMatchObject({ base: commit, commit, version: '1.0', epoch: 2, droppedPatches: [] });
      expect(change.branch).toBeUndefined();
      expect(change.sources).toHaveLength(2);
      expect(Object.keys(change.snapshot.files)).toEqual(['fix.patch', 'ours.patch']);
    });

    test('main that says something else: refused', async () => {
      await expect(prepare({ change: 'none', version: '0.9', epoch: 0 })).rejects.toMatchObject({ type: 'Conflict' });
    });

    test('a source that is not what the spec expects: refused', async () => {
      repository.push('main', { 'packages/foo.yaml': specText({ digest: 'c'.repeat(64) }) }, 'wrong');
      await expect(onMain()).rejects.toMatchObject({ type: 'DigestMismatch' });
    });

    test('merged while its files are on main as they were', async () => {
      const change = await onMain();
      repository.push('main', { 'packages/bar.yaml': 'other\n' }, 'others');
      expect(await activities().mergeChange({ change, package: 'foo' })).toEqual({ merged: true, commit: change.commit });
      repository.push('main', { 'packages/foo/new.patch': 'new\n' }, 'foo');
      expect(await activities().mergeChange({ change, package: 'foo' })).toEqual({
        merged: false,
        reason: 'packages/foo/new.patch changed on main since it was tested',
      });
    });

    test('not merged where main was set back to before it', async () => {
      const change = await onMain();
      repository.git('update-ref', 'refs/heads/main', `${change.commit}^`);
      expect(await activities().mergeChange({ change, package: 'foo' })).toMatchObject({ merged: false });
    });

    test('no branch, so nothing to patch', async () => {
      const change = await onMain();
      await expect(activities().adoptPatch({ change, commit: change.commit })).rejects.toMatchObject({ type: 'Conflict' });
    });
  });

  describe('patched by a person', () => {
    const branch = 'millrace/foo-1.1-r0';
    const spec = (commit: string) => `${shown(commit, 'packages/foo.yaml')}\n`;

    test('is read and verified again, and merges with what the person wrote', async () => {
      const change = await prepare();
      const text = spec(change.commit).replace('make', 'make all');
      const commit = repository.push(branch, { 'packages/foo.yaml': text, 'packages/foo/extra.txt': 'x\n' }, 'fix');
      const adopted = await activities().adoptPatch({ change, commit });
      expect(adopted).toMatchObject({ branch, base: change.base, commit, version: '1.1', epoch: 0, droppedPatches: ['fix.patch'] });
      expect(await objectOf(adopted.snapshot.spec)).toBe(text);
      expect(Object.keys(adopted.snapshot.files)).toEqual(['extra.txt', 'ours.patch']);
      expect(await activities().mergeChange({ change: adopted, package: 'foo' })).toEqual({ merged: true, commit });
      expect(main()).toBe(commit);
    });

    test('may take in newer commits of main, also where main changed the package', async () => {
      const change = await prepare();
      const moved = repository.push('main', { 'packages/bar.yaml': 'other\n', 'packages/foo/README': 'new\n' }, 'main went on');
      expect(await activities().mergeChange({ change, package: 'foo' })).toMatchObject({ merged: false });
      const clone = join(repository.folder, 'clone');
      git(clone, 'fetch', '-q', 'origin');
      git(clone, 'checkout', '-q', '--detach', `origin/${branch}`);
      git(clone, 'merge', '-q', '--no-edit', 'origin/main');
      const joined = repository.push(branch, { 'packages/foo/README': 'newer\n' }, 'on top of main', 'HEAD');
      const adopted = await activities().adoptPatch({ change, commit: joined });
      expect(adopted.base).toBe(moved);
      expect(await activities().mergeChange({ change: adopted, package: 'foo' })).toEqual({ merged: true, commit: joined });
    });

    test('a patch that is carried again is not dropped any more', async () => {
      const change = await prepare();
      const text = spec(change.commit).replace('ours.patch', 'ours.patch\n        fix.patch');
      const commit = repository.push(branch, { 'packages/foo.yaml': text, 'packages/foo/fix.patch': PATCHES['fix.patch'] }, 'back');
      expect((await activities().adoptPatch({ change, commit })).droppedPatches).toEqual([]);
    });

    test.each([
      ['other files', { 'packages/bar.yaml': 'mine\n' }, 'Conflict', 'packages/bar.yaml'],
      ['another version', { 'packages/foo.yaml': (text: string) => text.replace('"1.1"', '"1.2"') }, 'Conflict', '1.2-r0'],
      ['another epoch', { 'packages/foo.yaml': (text: string) => text.replace('epoch: 0', 'epoch: 1') }, 'Conflict', '1.1-r1'],
      ['no spec', { 'packages/foo.yaml': null }, 'PackageUnknown', 'packages/foo.yaml'],
      ['a broken spec', { 'packages/foo.yaml': 'package: 1\n' }, 'SpecUnreadable', 'packages/foo.yaml:1'],
      [
        'a source that is not what the spec expects',
        { 'packages/foo.yaml': (text: string) => text.replace(sha256(archives['/data.tar.gz']!), 'd'.repeat(64)) },
        'DigestMismatch',
        'data.tar.gz',
      ],
    ])('with %s: refused', async (_, edits, type, message) => {
      const change = await prepare();
      const files = Object.entries(edits).map(
        ([path, edit]) => [path, typeof edit === 'function' ? edit(spec(change.commit)) : edit] as const,
      );
      const commit = repository.push(branch, Object.fromEntries(files), 'fix');
      await expect(activities().adoptPatch({ change, commit })).rejects.toMatchObject({ type, message: expect.stringContaining(message) });
    });

    test('on other ground, or not pushed: refused', async () => {
      repository.push('main', { 'README.md': 'more\n' }, 'main');
      const change = await prepare();
      const elsewhere = repository.push('side', { 'packages/foo/x': 'x\n' }, 'fix', `${change.base}^`);
      for (const commit of [elsewhere, 'f'.repeat(40)]) {
        await expect(activities().adoptPatch({ change, commit })).rejects.toMatchObject({
          type: 'Conflict',
          message: expect.stringContaining('git push'),
        });
      }
    });
  });

  test('merged beside other changes, by a merge commit that says so', async () => {
    const change = await prepare();
    repository.push('main', { 'packages/bar.yaml': 'other\n' }, 'others');
    const merged = await activities().mergeChange({ change, package: 'foo' });
    expect(merged).toEqual({ merged: true, commit: main() });
    expect(repository.git('log', '-1', '--format=%s', main())).toBe('Merge foo/1.1 package update');
    expect(await activities().mergeChange({ change, package: 'foo' })).toEqual(merged);
    await activities().closeChange({ branch: change.branch! });
    expect(repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/millrace')).toBe('');
    expect(await prepare()).toMatchObject({ commit: change.commit });
  });

  test('reported on its commit', async () => {
    const change = await prepare();
    const verdicts = [{ check: 'licence', outcome: 'passed' as const, summary: 'MIT', details: [], seconds: 1 }];
    await activities().reportChange({ commit: change.commit, state: 'passed', summary: '1 of 1 passed', verdicts });
    expect(repository.git('notes', '--ref=millrace', 'show', change.commit)).toBe('passed: 1 of 1 passed\n  passed  licence: MIT');
  });
});
