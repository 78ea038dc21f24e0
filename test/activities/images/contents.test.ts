import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { entryAt, readContents } from '../../../src/activities/images/contents';
import { packLayout, readLayout, unpackLayout } from '../../../src/activities/images/layout';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';
import { layout, type Entry } from './layouts';

afterAll(removeTemporaryFolders);

async function contentsOf(layers: readonly (readonly Entry[])[], config?: object) {
  return await readContents((await readLayout(await layout(layers, config))).images[0]!);
}

const file = (name: string, mode = 0o644): Entry => ({ name, mode });
const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });

test('a later layer lies over an earlier one, and takes away', async () => {
  const { entries } = await contentsOf([
    [file('a/one'), file('a/two'), file('b/one'), file('b/deep/er'), file('c')],
    [file('a/.wh.one'), file('b/.wh..wh..opq'), file('./c', 0o755), file('.wh.d')],
  ]);
  expect([...entries.keys()].sort()).toEqual(['a/two', 'c']);
  expect(entries.get('c')!.mode & 0o777).toBe(0o755);
});

test('paths are followed through links as the kernel does, and not for ever', async () => {
  const { entries } = await contentsOf([
    [file('usr/bin/busybox', 0o755), link('bin', 'usr/bin'), link('usr/bin/sh', 'busybox'), link('up', '../../usr/bin/busybox')],
    [
      link('abs', '/bin/sh'),
      link('loop', 'pool'),
      link('pool', 'loop'),
      { name: 'usr/bin/hard', type: 'link', linkname: 'usr/bin/busybox' },
    ],
  ]);
  for (const path of ['/bin/sh', 'bin/busybox', '/abs', '/up', 'usr/../bin/./sh'])
    expect(entryAt(entries, path)?.path).toBe('usr/bin/busybox');
  expect(entryAt(entries, '/usr/bin/hard')?.entry).toMatchObject({ type: 'file', mode: 0o755 });
  expect(entryAt(entries, '/loop')).toBeUndefined();
  expect(entryAt(entries, '/bin/nothing')).toBeUndefined();
});

test('user, entrypoint and command are those of the configuration', async () => {
  expect(await contentsOf([[file('a')]], { config: { User: '65532', Entrypoint: ['/a'], Cmd: null } })).toMatchObject({
    user: '65532',
    entrypoint: ['/a'],
    command: [],
  });
  expect(await contentsOf([[file('a')]])).toMatchObject({ user: '', entrypoint: [] });
});

test('a layout is packed the same every time, and comes back as it was', async () => {
  const folder = await layout([[file('a')]]);
  const [one, two] = [join(temporaryFolder(), 'one.tar'), join(temporaryFolder(), 'two.tar')];
  await packLayout(folder, one);
  const back = await unpackLayout(one, join(temporaryFolder(), 'back'));
  await packLayout(join(back.images[0]!.config.file, '../../..'), two);
  expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  expect(back.digest).toBe((await readLayout(folder)).digest);
});

test('a blob with another content, one that is missing, and a name that leaves the folder are refused', async () => {
  const folder = await layout([[file('a')]]);
  const { images } = await readLayout(folder);
  writeFileSync(images[0]!.layers[0]!.file, 'evil');
  await expect(readLayout(folder)).rejects.toThrow(/blob sha256:.* has another content; build the image again/);
  const other = await layout([[file('a')]]);
  writeFileSync(join(other, 'index.json'), readFileSync(join(other, 'index.json'), 'utf8').replace(/sha256:[0-9a-f]/, 'sha256:0'));
  await expect(readLayout(other)).rejects.toThrow(/LayoutBroken|is not in the layout/);
  const tar = pack();
  tar.entry({ name: '../../evil' }, 'x');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const archive = join(temporaryFolder(), 'evil.tar');
  writeFileSync(archive, Buffer.concat(chunks));
  await expect(unpackLayout(archive, join(temporaryFolder(), 'evil'))).rejects.toThrow('../../evil does not belong into a layout');
});
