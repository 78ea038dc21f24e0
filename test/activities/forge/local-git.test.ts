import { join } from 'node:path';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { forgeConformance } from './conformance';
import { createTestRepository, git, type TestRepository } from './repository';

const local = (repository: { readonly bare: string; readonly work: string }) =>
  createLocalGitForge({ repository: repository.bare, work: repository.work, branchPrefix: 'millrace/' });

forgeConformance('local git', local);

describe('local git', () => {
  let repository: TestRepository;
  beforeEach(() => (repository = createTestRepository({ 'packages/zlib.yaml': 'version: "1.2.13"\n' })));
  afterEach(() => repository.remove());
  const forge = (path = repository.bare) => local({ bare: path, work: join(repository.folder, 'work') });

  test('verdicts are notes that git shows, replaced as a whole, also beside notes that people wrote', async () => {
    const main = await forge().head('main');
    const verdicts = [
      { check: 'licence', outcome: 'passed', summary: 'Zlib' },
      { check: 'abi', outcome: 'failed', summary: 'libz.so.1 is gone\nand more' },
    ];
    git(repository.bare, 'notes', '--ref=millrace', 'add', '-m', 'by hand', main);
    await forge().report(main, { state: 'pending', summary: '0 of 2', verdicts: [] });
    await forge().report(main, { state: 'failed', summary: '1 of 2 passed', verdicts });
    const shown = () => git(repository.bare, 'notes', '--ref=millrace', 'show', main);
    expect(shown()).toBe('failed: 1 of 2 passed\n  passed  licence: Zlib\n  failed  abi: libz.so.1 is gone and more');
    const before = repository.git('rev-parse', 'refs/notes/millrace');
    await forge().report(main, { state: 'failed', summary: '1 of 2 passed', verdicts });
    expect(repository.git('rev-parse', 'refs/notes/millrace')).toBe(before);
  });

  test('no note is lost when many are written at the same time', async () => {
    const commits = [
      await forge().head('main'),
      ...[1, 2, 3, 4, 5].map((n) => repository.push('main', { 'packages/zlib.yaml': `${n}\n` }, `${n}`)),
    ];
    await Promise.all(commits.map((commit) => forge().report(commit, { state: 'passed', summary: commit, verdicts: [] })));
    for (const commit of commits) expect(git(repository.bare, 'notes', '--ref=millrace', 'show', commit)).toBe(`passed: ${commit}`);
  });

  test('a hook of the repository is not run, and no index is left', async () => {
    const main = await forge().head('main');
    git(repository.folder, 'config', '--file', join(repository.bare, 'config'), 'core.hooksPath', join(repository.folder, 'hooks'));
    git(repository.folder, 'init', '-q', 'hooks');
    const { mkdirSync, readdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(join(repository.folder, 'hooks'), { recursive: true });
    writeFileSync(join(repository.folder, 'hooks', 'reference-transaction'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await forge().propose({ branch: 'millrace/x', base: main, files: { x: 'x' }, message: 'x\n', date: '2026-01-01T00:00:00Z' });
    expect(readdirSync(join(repository.folder, 'work'))).toEqual([]);
  });

  test('an executable file stays one; a symbolic link is no file of a spec', async () => {
    const { symlinkSync, writeFileSync } = await import('node:fs');
    const clone = join(repository.folder, 'clone');
    writeFileSync(join(clone, 'packages/run.sh'), 'old\n', { mode: 0o755 });
    symlinkSync('/etc/passwd', join(clone, 'packages/link'));
    const base = repository.push('main', {}, 'modes');
    expect(await forge().list(base, 'packages')).toEqual(['packages/run.sh', 'packages/zlib.yaml']);
    expect(await forge().read(base, 'packages/link')).toBeUndefined();
    const { commit } = await forge().propose({
      branch: 'millrace/x',
      base,
      files: { 'packages/run.sh': 'new\n' },
      message: 'x\n',
      date: '2026-01-01T00:00:00Z',
    });
    expect(repository.git('ls-tree', commit, 'packages/run.sh')).toMatch(/^100755 /);
  });

  test.each([
    ['a work tree', () => join(repository.folder, 'clone'), 'git clone --bare'],
    ['nothing', () => join(repository.folder, 'absent'), 'git init --bare'],
    ['another machine', () => 'ssh://git@example.org/specs.git', 'git clone --mirror'],
  ])('%s: refused with the remedy', async (_, path, remedy) => {
    await expect(forge(path()).head('main')).rejects.toMatchObject({
      name: 'RepositoryUnusable',
      message: expect.stringContaining(remedy),
    });
  });

  test('a file: URL is a path', async () => {
    expect(await forge(`file://${repository.bare}`).head('main')).toBe(repository.git('rev-parse', 'main'));
  });
});
