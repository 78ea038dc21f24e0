import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { packOwnPrograms } from '../../src/demo/own-programs';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

afterAll(removeTemporaryFolders);
const SOURCES = path.resolve(__dirname, '../../specs/sources');

it('packs each program as upstream would, with the same bytes wherever and whenever', async () => {
  const folder = temporaryFolder();
  const [once, again] = [await packOwnPrograms(folder), await packOwnPrograms(temporaryFolder())];
  expect(once.map(({ name, version }) => `${name} ${version}`)).toEqual(['xmlcheck 1.0', 'xmlcount 1.0']);
  expect(again.map(({ sha256 }) => sha256)).toEqual(once.map(({ sha256 }) => sha256));
  for (const { name, version, file } of once) {
    expect(path.relative(folder, file)).toBe(`${name}/${name}-${version}.tar.gz`);
    const listed = execFileSync('tar', ['-tvzf', file], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
      .trim()
      .split('\n');
    expect(listed.every((line) => / 0\/0 .* 1970-01-01 00:00 /.test(line))).toBe(true);
    expect(listed).toHaveLength(1 + readdirSync(path.join(SOURCES, `${name}-${version}`)).length);
    const source = execFileSync('tar', ['-xzOf', file, `${name}-${version}/${name}.c`]);
    expect(source).toEqual(readFileSync(path.join(SOURCES, `${name}-${version}`, `${name}.c`)));
  }
});
