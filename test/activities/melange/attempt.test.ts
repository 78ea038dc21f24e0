import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAttempt } from '../../../src/activities/melange/attempt';

let parent: string;
beforeEach(async () => {
  parent = join(await mkdtemp(join(tmpdir(), 'millrace-attempt-')), 'builds', 'zlib');
});
afterEach(async () => {
  await rm(join(parent, '..', '..'), { recursive: true, force: true });
});

test('every try has its own directory, which goes with it and leaves the others alone', async () => {
  const first = await openAttempt(parent);
  const second = await openAttempt(parent);
  expect(second.leftovers).toEqual([]);
  expect(new Set(await readdir(parent))).toEqual(new Set([first.id, second.id]));
  await first.remove();
  expect(await readdir(parent)).toEqual([second.id]);
});

test('what a dead process left is removed and named, whatever it holds', async () => {
  const dead = spawnSync('true').pid;
  await mkdir(join(parent, 'killed', 'tmp', 'closed'), { recursive: true });
  await writeFile(join(parent, 'killed', 'owner'), `${dead} 12345`);
  await writeFile(join(parent, 'killed', 'tmp', 'closed', 'file'), 'x');
  await chmod(join(parent, 'killed', 'tmp', 'closed'), 0);
  await mkdir(join(parent, 'halfmade'));
  const attempt = await openAttempt(parent);
  expect([...attempt.leftovers].sort()).toEqual(['halfmade', 'killed']);
  expect(await readdir(parent)).toEqual([attempt.id]);
});

test('a process that was given the id of a dead one does not keep its directory', async () => {
  const first = await openAttempt(parent);
  const owner = await readFile(join(first.folder, 'owner'), 'utf8');
  expect(owner).toMatch(new RegExp(`^${process.pid} \\d+$`));
  await writeFile(join(first.folder, 'owner'), `${process.pid} 1`);
  expect((await openAttempt(parent)).leftovers).toEqual([first.id]);
});
