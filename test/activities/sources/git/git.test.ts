import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitSource } from '../../../../src/activities/sources/git/git';
import { createFolderStore } from '../../../../src/activities/store/folder-store';
import { describeUpstreamSource } from '../conformance';
import { commit, createRepository, git } from '../repository';
import { closedPort, startWeb } from '../web';

describeUpstreamSource('git', createGitSource, async (folder) => {
  const repository = createRepository(join(folder, 'upstream'));
  const web = await startWeb((request, response) => {
    if (request.url?.startsWith('/busy')) return response.writeHead(503, { 'retry-after': '7' }).end();
    if (request.url?.startsWith('/page'))
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>\n<body>welcome</body>\n</html>\n');
    return response.writeHead(404).end();
  });
  const at = (address: string) => ({ kind: 'git' as const, repository: address });
  return {
    upstream: at(`file://${repository}`),
    release: (version) => {
      commit(repository, { version });
      git(repository, 'tag', '-a', '-m', version, `v${version}`);
    },
    nameOf: (version) => `v${version}`,
    unreachable: at(`http://127.0.0.1:${await closedPort()}/x.git`),
    busy: at(`${web.url}/busy.git`),
    malformed: at(`${web.url}/page.git`),
    gone: at(`${web.url}/old.git`),
    close: web.close,
  };
});

describe('tags', () => {
  let folder: string;
  let repository: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-git-'));
    repository = createRepository(join(folder, 'upstream'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ask = (address: string) =>
    createGitSource({ store: createFolderStore(join(folder, 'store')), timeoutSeconds: 10 }).candidates({
      kind: 'git',
      repository: address,
    });

  test('lead to commits, annotated or not; branches are left out', async () => {
    const first = commit(repository, { a: '1' });
    git(repository, 'tag', 'light');
    const second = commit(repository, { a: '2' });
    git(repository, 'tag', '-a', '-m', 'x', 'release/2.0');
    git(repository, 'branch', 'other');
    expect((await ask(repository)).candidates).toEqual([
      { name: 'light', commit: first, link: repository },
      { name: 'release/2.0', commit: second, link: repository },
    ]);
  });

  test('that moved are a change', async () => {
    commit(repository, { a: '1' });
    git(repository, 'tag', 'v1');
    await ask(repository);
    const moved = commit(repository, { a: '2' });
    git(repository, 'tag', '-f', 'v1');
    expect(await ask(repository)).toMatchObject({ candidates: [{ name: 'v1', commit: moved }], unchanged: false });
  });

  test('of an empty repository are none', async () => {
    expect((await ask(repository)).candidates).toEqual([]);
  });

  test('of a folder that is not there are gone', async () => {
    await expect(ask(join(folder, 'absent'))).rejects.toMatchObject({ type: 'UpstreamGone' });
  });

  test.each([
    ['an option', (marker: string) => `--upload-pack=touch ${marker}`],
    ['a command', (marker: string) => `ext::sh -c touch% ${marker}`],
  ])('of an address that is %s are not read, and nothing runs', async (_, address) => {
    const marker = join(folder, 'marker');
    await expect(ask(address(marker))).rejects.toMatchObject({ name: 'ApplicationFailure' });
    expect(() => rmSync(marker)).toThrow('ENOENT');
  });

  test('are read without the configuration of the user', async () => {
    commit(repository, { a: '1' });
    git(repository, 'tag', 'v1');
    writeFileSync(join(folder, '.gitconfig'), `[url "file:///absent/"]\n  insteadOf = file://${folder}/\n`);
    const home = process.env['HOME'];
    process.env['HOME'] = folder;
    try {
      expect((await ask(`file://${repository}`)).candidates).toHaveLength(1);
    } finally {
      process.env['HOME'] = home;
    }
  });
});
