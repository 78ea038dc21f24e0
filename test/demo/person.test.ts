import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createPerson, makeRepository } from '../../src/demo/person';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

afterAll(removeTemporaryFolders);

it('a person whose push comes second begins anew: no commit is lost', async () => {
  const folder = temporaryFolder();
  const repository = path.join(folder, 'specs.git');
  await makeRepository(repository, path.join(folder, 'scratch'), { 'packages/zlib.yaml': 'epoch: 0\n' });
  const clones = path.join(folder, 'ann');
  const person = createPerson({ repository, clones, configFile: '', command: '' });
  const edit = (name: string) => person.commit('main', name, { [`packages/${name}.yaml`]: `name: ${name}\n` });
  const commits = await Promise.all(['a', 'b', 'c'].map(edit));
  await person.commit('main', 'zlib', { 'packages/zlib.yaml': (text) => text.replace('0', '1'), 'packages/a.yaml': null });
  const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim();
  expect(git('log', '--format=%s', 'main').split('\n').sort()).toEqual(['The beginning of this distribution', 'a', 'b', 'c', 'zlib']);
  expect(git('ls-tree', '-r', '--name-only', 'main').split('\n')).toEqual(['packages/b.yaml', 'packages/c.yaml', 'packages/zlib.yaml']);
  expect(git('show', 'main:packages/zlib.yaml')).toBe('epoch: 1');
  for (const commit of commits) expect(git('merge-base', '--is-ancestor', commit, 'main')).toBe('');
  expect(readdirSync(clones)).toEqual([]);
});
