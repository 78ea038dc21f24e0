import { join } from 'node:path';
import type { Forge, MergeRequest, ProposedCommit } from '../../../src/activities/forge/forge';
import { createTestRepository, type TestRepository } from './repository';

// Many processes on few cores: what takes long here is no failure.
jest.setTimeout(60_000);

const DATE = '2026-03-01T10:00:00.000Z';
const LATIN1_PATCH = Buffer.from([0x2d, 0x2d, 0x2d, 0x20, 0x61, 0xe9, 0xff, 0x00, 0x0a]);

/** What every forge promises, against a real git repository that a person pushes to at the same time. */
export function forgeConformance(name: string, makeForge: (repository: { readonly bare: string; readonly work: string }) => Forge) {
  describe(`forge: ${name}`, () => {
    let repository: TestRepository;
    let forge: Forge;
    let main: string;

    beforeEach(async () => {
      repository = createTestRepository({
        'packages/zlib.yaml': 'version: "1.2.13"\n',
        'packages/zlib/fix.patch': LATIN1_PATCH,
        'packages/zlib/deep/er.txt': 'deep\n',
        'packages/lz4.yaml': 'version: "1.9.4"\n',
        'packages/zlib-ng.yaml': 'version: "2.0"\n',
        'README.md': 'specs\n',
      });
      forge = makeForge({ bare: repository.bare, work: join(repository.folder, 'work') });
      main = await forge.head('main');
    });
    afterEach(() => repository.remove());

    const proposal = (more: Partial<ProposedCommit> = {}): ProposedCommit => ({
      branch: 'millrace/zlib-1.3.1-r0',
      base: main,
      files: { 'packages/zlib.yaml': 'version: "1.3.1"\n', 'packages/zlib/fix.patch': null },
      message: 'zlib/1.3.1 package update\n\nCause: zlib 1.3.1 was released\n',
      date: DATE,
      ...more,
    });
    const request = (commit: string, more: Partial<MergeRequest> = {}): MergeRequest => ({
      target: 'main',
      branch: 'millrace/zlib-1.3.1-r0',
      commit,
      base: main,
      unchanged: ['packages/zlib.yaml', 'packages/zlib'],
      message: 'Merge zlib/1.3.1 package update\n',
      date: DATE,
      ...more,
    });
    const text = async (commit: string, path: string) => (await forge.read(commit, path))?.toString('utf8');

    describe('reads', () => {
      test('the head of a branch; a missing one is named', async () => {
        expect(main).toBe(repository.git('rev-parse', 'main'));
        await expect(forge.head('nowhere')).rejects.toMatchObject({
          name: 'BranchMissing',
          message: expect.stringContaining('nowhere'),
        });
      });

      test('a file byte for byte, and undefined where there is none', async () => {
        expect(await forge.read(main, 'packages/zlib/fix.patch')).toEqual(LATIN1_PATCH);
        expect(await forge.read(main, 'packages/absent.yaml')).toBeUndefined();
        expect(await forge.read(main, 'packages/zlib')).toBeUndefined();
      });

      test('many files, without those that are not there, in any number and size', async () => {
        const large = Buffer.alloc(3 * 1024 * 1024, 'abc\n');
        const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`many/${n}`, `${n}\n`]));
        const commit = repository.push('main', { ...many, 'large/a': large, 'large/b': large, empty: '' }, 'much');
        const paths = ['large/a', 'absent', 'packages/zlib/fix.patch', 'large/b', 'empty', 'packages', ...Object.keys(many)];
        const contents = await forge.readAll(commit, paths);
        expect(contents.size).toBe(604);
        expect(contents.get('large/a')!.equals(large) && contents.get('large/b')!.equals(large)).toBe(true);
        expect(contents.get('packages/zlib/fix.patch')).toEqual(LATIN1_PATCH);
        expect(contents.get('empty')).toEqual(Buffer.alloc(0));
        expect(contents.get('many/599')!.toString()).toBe('599\n');
      });

      test('the files below a folder only, in depth', async () => {
        expect(await forge.list(main, 'packages/zlib')).toEqual(['packages/zlib/deep/er.txt', 'packages/zlib/fix.patch']);
        expect(await forge.list(main, 'packages/lz4')).toEqual([]);
        expect(await forge.list(main, '')).toHaveLength(6);
      });

      test('what differs between commits', async () => {
        const next = repository.push('main', { 'README.md': 'more\n', 'packages/lz4.yaml': null, 'packages/xz.yaml': 'x\n' }, 'by Ada');
        expect(await forge.changedFiles(main, next)).toEqual(['README.md', 'packages/lz4.yaml', 'packages/xz.yaml']);
        expect(await forge.changedFiles(next, next)).toEqual([]);
      });

      test('descent', async () => {
        const next = repository.push('main', { 'README.md': 'more\n' }, 'by Ada');
        expect(await forge.descends(next, main)).toBe(true);
        expect(await forge.descends(main, main)).toBe(true);
        expect(await forge.descends(main, next)).toBe(false);
        expect(await forge.descends(main, 'f'.repeat(40))).toBe(false);
      });

      test('where two histories part', async () => {
        const next = repository.push('main', { 'README.md': 'more\n' }, 'by Ada');
        const side = repository.push('side', { 'README.md': 'other\n' }, 'by Ada', main);
        expect(await forge.mergeBase(next, side)).toBe(main);
        expect(await forge.mergeBase(next, main)).toBe(main);
        expect(await forge.mergeBase(next, 'f'.repeat(40))).toBeUndefined();
      });

      test('the last commit that touched paths', async () => {
        const touched = repository.push('main', { 'packages/zlib/deep/er.txt': 'deeper\n' }, 'zlib');
        const head = repository.push('main', { 'README.md': 'more\n', 'packages/zlib-ng.yaml': 'version: "2.1"\n' }, 'others');
        expect(await forge.lastTouched(head, ['packages/zlib.yaml', 'packages/zlib'])).toBe(touched);
        expect(await forge.lastTouched(head, ['packages/lz4.yaml', 'packages/lz4'])).toBe(main);
        expect(await forge.lastTouched(head, ['packages/absent.yaml'])).toBeUndefined();
      });
    });

    describe('proposes', () => {
      test('one commit on the base, everything else as it was', async () => {
        const { commit } = await forge.propose(proposal());
        expect(await forge.head('millrace/zlib-1.3.1-r0')).toBe(commit);
        expect(await forge.changedFiles(main, commit)).toEqual(['packages/zlib.yaml', 'packages/zlib/fix.patch']);
        expect(await text(commit, 'packages/zlib.yaml')).toBe('version: "1.3.1"\n');
        expect(repository.git('rev-parse', `${commit}^@`)).toBe(main);
        expect(repository.git('log', '-1', '--format=%an <%ae>%n%cn <%ce>%n%at %ct%n%B', commit)).toBe(
          'Millrace <millrace@localhost>\nMillrace <millrace@localhost>\n1772359200 1772359200\nzlib/1.3.1 package update\n\nCause: zlib 1.3.1 was released',
        );
        expect(repository.git('fsck', '--strict', '--no-dangling')).toBe('');
      });

      test('the same commit when repeated, at once or later', async () => {
        const commits = await Promise.all([1, 2, 3, 4].map(() => forge.propose(proposal())));
        commits.push(await forge.propose(proposal()));
        expect(new Set(commits.map(({ commit }) => commit)).size).toBe(1);
      });

      test('a late repetition leaves what a person pushed on top', async () => {
        await forge.propose(proposal());
        const patched = repository.push('millrace/zlib-1.3.1-r0', { 'packages/zlib.yaml': 'version: "1.3.1" # fixed\n' }, 'fix');
        await forge.propose(proposal());
        expect(await forge.head('millrace/zlib-1.3.1-r0')).toBe(patched);
      });

      test('another change on the same branch resets it', async () => {
        await forge.propose(proposal());
        const { commit } = await forge.propose(proposal({ files: { 'packages/zlib.yaml': 'version: "1.3.1"\n# other\n' } }));
        expect(await forge.head('millrace/zlib-1.3.1-r0')).toBe(commit);
        expect(await forge.list(commit, 'packages/zlib')).toHaveLength(2);
      });

      test('different changes at the same time, none in the index of another', async () => {
        const names = Array.from({ length: 8 }, (_, n) => `p${n}`);
        const commits = await Promise.all(
          names.map((n) => forge.propose(proposal({ branch: `millrace/${n}-1-r0`, files: { [`packages/${n}.yaml`]: `${n}\n` } }))),
        );
        for (const [n, { commit }] of commits.entries()) expect(await forge.changedFiles(main, commit)).toEqual([`packages/p${n}.yaml`]);
      });

      test('nothing: refused', async () => {
        await expect(forge.propose(proposal({ files: { 'packages/zlib.yaml': 'version: "1.2.13"\n' } }))).rejects.toMatchObject({
          name: 'NothingToChange',
        });
      });

      test.each([
        ['a branch of people', { branch: 'main' }],
        ['a branch that is an option', { branch: '--force' }],
        ['a branch with ..', { branch: 'millrace/a..b' }],
        ['a path outside', { files: { '../x': 'x' } }],
        ['an absolute path', { files: { '/etc/x': 'x' } }],
        ['a path in .git', { files: { '.git/config': 'x' } }],
        ['an option as a path', { files: { '-x': 'x' } }],
        ['a base that is no commit id', { base: 'main' }],
        ['a date that is none', { date: 'yesterday' }],
      ])('%s: refused', async (_, more) => {
        await expect(forge.propose(proposal(more))).rejects.toMatchObject({ name: 'ForgeRefused' });
        expect(repository.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
      });
    });

    describe('merges', () => {
      test('by fast-forward where main stands still', async () => {
        const { commit } = await forge.propose(proposal());
        expect(await forge.merge(request(commit))).toEqual({ merged: true, commit });
        expect(await forge.head('main')).toBe(commit);
      });

      test('by a merge commit where other files moved; the tested commit stays reachable', async () => {
        const { commit } = await forge.propose(proposal());
        const ada = repository.push('main', { 'packages/lz4.yaml': 'version: "1.10.0"\n' }, 'lz4');
        const merged = await forge.merge(request(commit));
        const head = await forge.head('main');
        expect(merged).toEqual({ merged: true, commit: head });
        expect(repository.git('rev-parse', `${head}^@`)).toBe(`${ada}\n${commit}`);
        expect(await text(head, 'packages/lz4.yaml')).toBe('version: "1.10.0"\n');
        expect(await text(head, 'packages/zlib.yaml')).toBe('version: "1.3.1"\n');
        expect(await forge.read(head, 'packages/zlib/fix.patch')).toBeUndefined();
      });

      test('a person’s commit on the branch with the rest of it', async () => {
        await forge.propose(proposal());
        const patched = repository.push('millrace/zlib-1.3.1-r0', { 'packages/zlib.yaml': 'version: "1.3.1" # fixed\n' }, 'fix');
        expect(await forge.merge(request(patched))).toEqual({ merged: true, commit: patched });
      });

      test('the tested commit, not what was pushed to its branch since', async () => {
        const { commit } = await forge.propose(proposal());
        repository.push('millrace/zlib-1.3.1-r0', { 'packages/zlib.yaml': 'untested\n' }, 'late');
        await forge.merge(request(commit));
        expect(await text(await forge.head('main'), 'packages/zlib.yaml')).toBe('version: "1.3.1"\n');
      });

      test('once: a repetition finds it, after a fast-forward and after a merge commit, also when main went on', async () => {
        const first = await forge.propose(proposal());
        const merged = await forge.merge(request(first.commit));
        repository.push('main', { 'README.md': 'more\n' }, 'on');
        expect(await forge.merge(request(first.commit))).toEqual(merged);
        const second = await forge.propose(proposal({ branch: 'millrace/lz4-2-r0', files: { 'packages/lz4.yaml': '2\n' } }));
        const joined = await forge.merge(request(second.commit, { branch: 'millrace/lz4-2-r0', unchanged: ['packages/lz4.yaml'] }));
        repository.push('main', { 'README.md': 'still more\n' }, 'on');
        const head = await forge.head('main');
        expect(await forge.merge(request(second.commit, { branch: 'millrace/lz4-2-r0', unchanged: ['packages/lz4.yaml'] }))).toEqual(
          joined,
        );
        expect(joined).not.toEqual({ merged: true, commit: second.commit });
        expect(await forge.head('main')).toBe(head);
      });

      test.each([
        ['edited', { 'packages/zlib.yaml': 'version: "1.2.13" # edited\n' }, 'packages/zlib.yaml'],
        ['deleted', { 'packages/zlib.yaml': null }, 'packages/zlib.yaml'],
        ['joined by a new one in the folder', { 'packages/zlib/new.patch': 'new\n' }, 'packages/zlib/new.patch'],
        ['edited in a place of its own', { 'packages/zlib/deep/er.txt': 'other\n' }, 'packages/zlib/deep/er.txt'],
      ])('nothing where a tested file was %s on main', async (_, files, named) => {
        const { commit } = await forge.propose(proposal());
        const ada = repository.push('main', files, 'ada');
        const refused = await forge.merge(request(commit));
        expect(refused).toMatchObject({ merged: false, reason: expect.stringContaining(named) });
        expect(await forge.head('main')).toBe(ada);
      });

      const lines = (first: string, last: string) => [first, ...Array.from({ length: 10 }, (_, n) => `line ${n}`), last, ''].join('\n');
      test.each([
        ['in the same place', lines('mine', 'last')],
        ['far away, where git would join both', lines('first', 'mine')],
      ])('nothing that changes a file which main changed too, %s', async (_, mine) => {
        const base = repository.push('main', { 'packages/long.yaml': lines('first', 'last') }, 'long');
        const { commit } = await forge.propose(proposal({ base, files: { 'packages/long.yaml': lines('tested', 'last') } }));
        const ada = repository.push('main', { 'packages/long.yaml': mine }, 'ada');
        const refused = await forge.merge(request(commit, { base, unchanged: [] }));
        expect(refused).toMatchObject({ merged: false, reason: expect.stringContaining('packages/long.yaml') });
        expect(await forge.head('main')).toBe(ada);
      });

      test('nothing that does not descend from its base', async () => {
        const ada = repository.push('main', { 'README.md': 'more\n' }, 'ada');
        const { commit } = await forge.propose(proposal());
        expect(await forge.merge(request(commit, { base: ada }))).toMatchObject({
          merged: false,
          reason: expect.stringContaining('descend'),
        });
      });

      test('nothing where names collide: a folder became a file', async () => {
        const { commit } = await forge.propose(proposal({ files: { 'packages/new/a.patch': 'a\n' } }));
        const ada = repository.push('main', { 'packages/new': 'a file\n' }, 'ada');
        expect(await forge.merge(request(commit, { unchanged: [] }))).toMatchObject({ merged: false });
        expect(await forge.head('main')).toBe(ada);
      });

      test('all of many that come at the same time, from two forges and a person', async () => {
        const other = makeForge({ bare: repository.bare, work: join(repository.folder, 'work-2') });
        const names = Array.from({ length: 6 }, (_, n) => `p${n}`);
        const changes = await Promise.all(
          names.map((n) => forge.propose(proposal({ branch: `millrace/${n}-1-r0`, files: { [`packages/${n}.yaml`]: `${n}\n` } }))),
        );
        const merges = names.map((n, index) =>
          (index % 2 ? forge : other).merge(
            request(changes[index]!.commit, { branch: `millrace/${n}-1-r0`, unchanged: [`packages/${n}.yaml`, `packages/${n}`] }),
          ),
        );
        const results = await Promise.all(merges);
        expect(results.filter((result) => !result.merged)).toEqual([]);
        const head = await forge.head('main');
        for (const [index, n] of names.entries()) {
          expect(await text(head, `packages/${n}.yaml`)).toBe(`${n}\n`);
          expect(await forge.descends(head, changes[index]!.commit)).toBe(true);
        }
        expect(repository.git('fsck', '--strict', '--no-dangling')).toBe('');
      });
    });

    describe('closes', () => {
      test('a branch, and one that is gone already', async () => {
        await forge.propose(proposal());
        await forge.close('millrace/zlib-1.3.1-r0');
        await forge.close('millrace/zlib-1.3.1-r0');
        await expect(forge.head('millrace/zlib-1.3.1-r0')).rejects.toMatchObject({ name: 'BranchMissing' });
      });

      test('no branch of people', async () => {
        await expect(forge.close('main')).rejects.toMatchObject({ name: 'ForgeRefused' });
        expect(await forge.head('main')).toBe(main);
      });
    });
  });
}
