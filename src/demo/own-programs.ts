import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { runOrThrow } from '../activities/process';
import type { DemoRelease } from './debian-sources';

const SOURCES = path.resolve(__dirname, '../../specs/sources');

/** Makes the releases of the example distribution's own programs, as `<folder>/<name>/<name>-<version>.tar.gz`: the same sources give the same bytes. */
export async function packOwnPrograms(folder: string): Promise<readonly DemoRelease[]> {
  const trees = (await readdir(SOURCES)).sort();
  return Promise.all(trees.map((tree) => pack(tree, folder)));
}

async function pack(tree: string, folder: string): Promise<DemoRelease> {
  const [, name = '', version = ''] = /^(.+)-([^-]+)$/.exec(tree) ?? [];
  const target = path.join(folder, name);
  await mkdir(target, { recursive: true });
  const tar = path.join(target, `${tree}.tar`);
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  await runOrThrow('tar', ['-cf', tar, '--format=ustar', '--sort=name', '--mtime=@0', ...owner, '-C', SOURCES, tree]);
  const content = gzipSync(await readFile(tar), { level: 9 });
  const file = `${tar}.gz`;
  await writeFile(file, content);
  return { name, version, file, sha256: createHash('sha256').update(content).digest('hex') };
}
