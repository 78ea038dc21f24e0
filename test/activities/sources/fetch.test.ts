import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SourceReference } from '../../../src/domain/spec/spec';
import { createFetcher } from '../../../src/activities/sources/fetch';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import { onSmallDisk } from '../store/small-disk';
import { commit, createRepository, git } from './repository';
import { tarOf } from './tar';
import { closedPort, startWeb } from './web';
import type { Handler, Web } from './web';

const LIMITS = { sourceBytes: 200_000, unpackedBytes: 1_000_000, unpackedFiles: 100 };
const AT = { file: 'packages/zlib.yaml', line: 20, column: 7 };
const hash = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');

// Real programs run, on a machine that may be busy.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-fetch-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const store = () => createFolderStore(join(folder, 'store'));
const fetcher = (limits = LIMITS) => createFetcher({ store: store(), limits, work: join(folder, 'work') });
const listed = (path: string) => {
  try {
    return readdirSync(join(folder, path), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  } catch {
    return [];
  }
};
/** Neither in the store nor in the working folder. */
const expectNothingLeft = () => expect([...listed('store'), ...listed('work')]).toEqual([]);

describe('a file of a web server', () => {
  let web: Web;
  let tarball: Buffer;
  beforeEach(async () => {
    web = await startWeb();
    tarball = gzipSync(await tarOf([{ name: 'zlib-1.3.1/configure', content: '#!/bin/sh\n' }]));
  });
  afterEach(() => web.close());

  const serve = (bytes: Buffer, headers: Record<string, string> = {}): Handler => {
    return (_, response) => response.writeHead(200, headers).end(bytes);
  };
  const reference = (digests: { sha256?: string; sha512?: string } = {}, uri = `${web.url}/zlib-1.3.1.tar.gz`): SourceReference => ({
    kind: 'fetch',
    uri,
    versioned: true,
    at: AT,
    ...digests,
  });

  test.each(['none', 'sha256', 'sha512'] as const)('is stored with its digests, expected by %s', async (expected) => {
    web.handler = serve(tarball);
    const seen: number[] = [];
    const wanted = reference(expected === 'none' ? {} : { [expected]: hash(expected, tarball).toUpperCase() });
    const source = await fetcher().fetch(wanted, { onProgress: (bytes) => seen.push(bytes) });
    expect(source).toEqual({
      uri: `${web.url}/zlib-1.3.1.tar.gz`,
      object: `sha256:${hash('sha256', tarball)}`,
      sha256: hash('sha256', tarball),
      sha512: hash('sha512', tarball),
      bytes: tarball.length,
    });
    expect(readFileSync(await store().object(source.object)).equals(tarball)).toBe(true);
    expect(seen.at(-1)).toBe(tarball.length);
    expect(listed('work')).toEqual([]);
  });

  test('is found in the store by its sha256 without network', async () => {
    const object = await store().putBytes(tarball);
    const source = await fetcher().fetch(reference({ sha256: hash('sha256', tarball) }));
    expect(source).toMatchObject({ object, sha512: hash('sha512', tarball), bytes: tarball.length });
    expect(web.requests).toEqual([]);
  });

  test('is looked into although it was in the store', async () => {
    const unsafe = await tarOf([{ name: '../x', content: 'x' }]);
    await store().putBytes(unsafe);
    await expect(fetcher().fetch(reference({ sha256: hash('sha256', unsafe) }))).rejects.toMatchObject({ type: 'ArchiveUnsafe' });
  });

  test('is fetched again when the disk spoiled the stored one', async () => {
    web.handler = serve(tarball);
    const path = await store().object(await store().putBytes(tarball));
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.alloc(tarball.length));
    await fetcher().fetch(reference({ sha256: hash('sha256', tarball) }));
    expect(readFileSync(path).equals(tarball)).toBe(true);
  });

  test('is taken as it is, also where the server calls it encoded', async () => {
    web.handler = serve(tarball, { 'content-encoding': 'gzip' });
    expect(await fetcher().fetch(reference({ sha256: hash('sha256', tarball) }))).toMatchObject({ bytes: tarball.length });
  });

  test('that is no archive and does not claim to be one passes', async () => {
    web.handler = serve(Buffer.from('text'));
    expect(await fetcher().fetch(reference({}, `${web.url}/data.txt`))).toMatchObject({ bytes: 4 });
  });

  test.each(['sha256', 'sha512'] as const)('with another %s is refused, at its place in the spec', async (algorithm) => {
    web.handler = serve(tarball);
    const expected = hash(algorithm, Buffer.from('other'));
    const failure = fetcher().fetch(reference({ [algorithm]: expected }));
    await expect(failure).rejects.toMatchObject({ type: 'DigestMismatch', nonRetryable: true });
    for (const part of [
      'packages/zlib.yaml:20:7',
      `${web.url}/zlib-1.3.1.tar.gz`,
      expected,
      hash(algorithm, tarball),
      'write the new digest',
    ])
      await expect(failure).rejects.toThrow(part);
    expectNothingLeft();
  });

  test.each<[string, string, boolean, () => Handler]>([
    ['is larger than it may be', 'SourceTooLarge', true, () => serve(Buffer.alloc(200_001))],
    [
      'does not say how large it is and is too large',
      'SourceTooLarge',
      true,
      () => (_, response) => {
        response.writeHead(200).write(Buffer.alloc(100_000));
        response.end(Buffer.alloc(100_001));
      },
    ],
    ['is gone', 'SourceMissing', true, () => (_, response) => response.writeHead(404).end()],
    ['is a page instead of the archive', 'ArchiveUnsafe', true, () => serve(Buffer.from('<html>choose a mirror'))],
    ['is damaged', 'ArchiveUnsafe', true, () => serve(tarball.subarray(0, 60))],
    [
      'ends early',
      'SourceUnreachable',
      false,
      () => (_, response) => response.writeHead(200, { 'content-length': '5000' }).write('x', () => response.destroy()),
    ],
    ['is on a server that is down', 'SourceUnreachable', false, () => (_, response) => response.writeHead(500).end()],
    [
      'is on a server that asks to wait',
      'SourceUnreachable',
      false,
      () => (_, response) => response.writeHead(429, { 'retry-after': '30' }).end(),
    ],
    [
      'leads to a local file',
      'SourceRefused',
      true,
      () => (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    ],
  ])('that %s throws %s and leaves nothing', async (_, type, nonRetryable, handler) => {
    web.handler = handler();
    const failure = fetcher().fetch(reference());
    await expect(failure).rejects.toMatchObject({ type, nonRetryable });
    await expect(failure).rejects.toThrow(type === 'SourceRefused' ? 'file:///etc/passwd' : `${web.url}/zlib-1.3.1.tar.gz`);
    expectNothingLeft();
  });

  test('that must not be unpacked is named with entry, rule and place', async () => {
    web.handler = serve(await tarOf([{ name: '/etc/passwd', content: 'x' }]));
    await expect(fetcher().fetch(reference())).rejects.toThrow(/packages\/zlib\.yaml:20:7: source http.*"\/etc\/passwd".*absolute/);
    expectNothingLeft();
  });

  test('waits as long as the server asks', async () => {
    web.handler = (_, response) => response.writeHead(503, { 'retry-after': '30' }).end();
    await expect(fetcher().fetch(reference())).rejects.toMatchObject({ nextRetryDelay: 30_000 });
  });

  test('of a port where nothing listens is tried again', async () => {
    const uri = `http://127.0.0.1:${await closedPort()}/x.tar.gz`;
    await expect(fetcher().fetch(reference({}, uri))).rejects.toMatchObject({
      type: 'SourceUnreachable',
      message: expect.stringContaining(uri),
    });
  });

  test('is given up when its caller cancels', async () => {
    const cancel = new AbortController();
    web.handler = (_, response) => response.writeHead(200).write('x', () => cancel.abort(new Error('cancelled by the workflow')));
    await expect(fetcher().fetch(reference(), { signal: cancel.signal })).rejects.toThrow('cancelled by the workflow');
    expectNothingLeft();
  });

  onSmallDisk('that does not fit on the disk throws DiskFull, naming the folder', async (disk) => {
    web.handler = serve(Buffer.alloc(190_000, 'x'));
    const failure = createFetcher({ store: store(), limits: LIMITS, work: disk }).fetch(reference({}, `${web.url}/data.bin`));
    await expect(failure).rejects.toMatchObject({ name: 'DiskFull', message: expect.stringContaining(disk) });
    expect(readdirSync(join(disk, 'fetch'))).toEqual([]);
    expectNothingLeft();
  });

  test('of a relative address is refused', async () => {
    await expect(fetcher().fetch(reference({}, 'zlib.tar.gz'))).rejects.toMatchObject({ type: 'SourceRefused', nonRetryable: true });
  });
});

describe('a git repository', () => {
  let repository: string;
  let first: string;
  beforeEach(() => {
    repository = createRepository(join(folder, 'upstream'));
    first = commit(repository, {
      'src/main.c': 'int main;\n',
      'tests/run.sh': 'exit 0\n',
      VERSION: '$Format:%H$\n',
      '.gitattributes': 'tests export-ignore\nVERSION export-subst\n',
    });
    git(repository, 'tag', '-a', '-m', 'one', 'v1');
  });

  const reference = (ref: { tag?: string; branch?: string; commit?: string }, address = `file://${repository}`): SourceReference => ({
    kind: 'git-checkout',
    repository: address,
    versioned: true,
    at: AT,
    ...ref,
  });
  const contentOf = async (object: `sha256:${string}`) => {
    const tar = readFileSync(await store().object(object));
    const names = execFileSync('tar', ['-t', '-f', '-'], { input: tar, encoding: 'utf8' }).trim().split('\n');
    return { names, version: execFileSync('tar', ['-x', '-O', '-f', '-', 'source/VERSION'], { input: tar, encoding: 'utf8' }) };
  };

  test.each<[string, () => { tag?: string; branch?: string; commit?: string }]>([
    ['tag', () => ({ tag: 'v1' })],
    ['tag at its expected commit', () => ({ tag: 'v1', commit: first })],
    ['tag at the id of the annotated tag', () => ({ tag: 'v1', commit: git(repository, 'rev-parse', 'v1') })],
    ['commit of a branch that moved on', () => ({ branch: 'main', commit: first })],
    ['commit alone', () => ({ commit: first })],
  ])('by %s is a tar of the whole tree, the same bytes every time', async (_, ref) => {
    const wanted = reference(ref());
    commit(repository, { 'src/main.c': 'changed\n' });
    const source = await fetcher().fetch(wanted);
    expect(source).toMatchObject({ uri: `file://${repository}`, commit: first, object: `sha256:${source.sha256}` });
    expect(await contentOf(source.object)).toEqual({
      names: ['', '.gitattributes', 'VERSION', 'src/', 'src/main.c', 'tests/', 'tests/run.sh'].map((name) => `source/${name}`),
      version: '$Format:%H$\n',
    });
    git(repository, 'gc', '-q', '--aggressive');
    expect(await fetcher().fetch(wanted)).toEqual(source);
    expect(listed('work')).toEqual([]);
  });

  test.each<[string, () => { tag?: string; branch?: string; commit?: string }, () => Record<string, string>]>([
    ['an annotated tag', () => ({ tag: 'v1' }), () => ({ 'refs/tags/v1': git(repository, 'rev-parse', 'v1') })],
    ['a branch', () => ({ branch: 'main', commit: first }), () => ({ 'refs/heads/main': first })],
    ['what HEAD is', () => ({ commit: first }), () => ({ 'refs/heads/main': first })],
  ])('of %s can be cloned again from its pack, with nothing of before', async (_, ref, refs) => {
    const before = first;
    first = commit(repository, { 'src/main.c': 'int main(void);\n' });
    git(repository, 'tag', '-f', '-a', '-m', 'one', 'v1');
    const source = await fetcher().fetch(reference(ref()));
    expect(source.git).toEqual({ pack: expect.any(String), refs: refs(), shallow: [first] });
    const bare = join(folder, 'bare');
    git(folder, 'init', '-q', '--bare', bare);
    execFileSync('git', ['-C', bare, 'unpack-objects', '-q'], { input: readFileSync(await store().object(source.git!.pack)) });
    expect(git(bare, 'cat-file', '-t', first)).toBe('commit');
    expect(git(bare, 'show', `${first}:src/main.c`)).toBe('int main(void);');
    expect(() => git(bare, 'cat-file', '-e', before)).toThrow();
  });

  test('brings the history that a build shall see, and the commits that it picks', async () => {
    const bare = async (ref: object, name: string) => {
      const source = await fetcher().fetch({ ...reference({ tag: 'v2' }), ...ref });
      const place = join(folder, name);
      git(folder, 'init', '-q', '--bare', place);
      writeFileSync(join(place, 'shallow'), source.git!.shallow.map((commit) => `${commit}\n`).join(''));
      execFileSync('git', ['-C', place, 'unpack-objects', '-q'], { input: readFileSync(await store().object(source.git!.pack)) });
      for (const [to, tip] of Object.entries(source.git!.refs)) git(place, 'update-ref', to, tip);
      return { place, source };
    };
    const log = (place: string, ref: string) => git(place, 'log', '--format=%H', ref).split('\n');
    const second = commit(repository, { 'src/main.c': 'second\n' });
    const third = commit(repository, { 'src/main.c': 'third\n' });
    git(repository, 'tag', 'v2');
    const fix = commit(repository, { fix: 'a\n' });
    commit(repository, { between: 'b\n' });
    const other = commit(repository, { other: 'c\n' });

    expect(log((await bare({}, 'one')).place, 'v2')).toEqual([third]);
    expect(log((await bare({ depth: 2 }, 'two')).place, 'v2')).toEqual([third, second]);
    expect(log((await bare({ depth: -1 }, 'all')).place, 'v2')).toEqual([third, second, first]);
    const picks = [fix, other].map((commit) => ({ branch: 'main', commit }));
    const picked = await bare({ picks }, 'picks');
    expect(await fetcher().fetch({ ...reference({ tag: 'v2' }), picks } as SourceReference)).toEqual(picked.source);
    for (const pick of [fix, other]) {
      git(picked.place, 'merge-base', '--is-ancestor', pick, 'main');
      expect(git(picked.place, 'diff', '--name-only', `${pick}^`, pick)).toBe(pick === fix ? 'fix' : 'other');
    }
    expect((await bare({ picks: picks.slice(0, 1) }, 'single')).source.git!.refs['refs/heads/main']).toBe(fix);
    await expect(bare({ picks: [{ branch: 'main', commit: 'abc' }] }, 'half')).rejects.toMatchObject({ type: 'SourceRefused' });
  });

  test('by branch, or by nothing, is its head', async () => {
    const head = commit(repository, { a: 'b' });
    expect(await fetcher().fetch(reference({ branch: 'main' }))).toMatchObject({ commit: head });
    expect(await fetcher().fetch(reference({}))).toMatchObject({ commit: head });
  });

  test('whose tag moved is refused, naming both commits', async () => {
    const moved = commit(repository, { 'src/main.c': 'evil\n' });
    git(repository, 'tag', '-f', '-a', '-m', 'one', 'v1');
    const failure = fetcher().fetch(reference({ tag: 'v1', commit: first }));
    await expect(failure).rejects.toMatchObject({ type: 'TagMoved', nonRetryable: true });
    for (const part of ['packages/zlib.yaml:20:7', 'v1', first, moved]) await expect(failure).rejects.toThrow(part);
    expectNothingLeft();
  });

  test.each<[string, string, boolean, () => SourceReference]>([
    ['has no such tag', 'SourceMissing', true, () => reference({ tag: 'v9' })],
    ['has no such branch', 'SourceMissing', true, () => reference({ branch: 'other' })],
    ['has no such commit', 'SourceMissing', true, () => reference({ commit: '0123456789'.repeat(4) })],
    ['is not there', 'SourceMissing', true, () => reference({ tag: 'v1' }, `file://${folder}/absent`)],
    ['is named by half a commit', 'SourceRefused', true, () => reference({ commit: '0123456' })],
    ['is named by a pattern', 'SourceRefused', true, () => reference({ tag: '*' })],
    ['is named by a refspec', 'SourceRefused', true, () => reference({ tag: 'v1:refs/heads/x' })],
  ])('that %s throws %s and leaves nothing', async (_, type, nonRetryable, make) => {
    await expect(fetcher().fetch(make())).rejects.toMatchObject({ type, nonRetryable });
    expectNothingLeft();
  });

  test('that cannot be reached is tried again', async () => {
    const address = `http://127.0.0.1:${await closedPort()}/x.git`;
    await expect(fetcher().fetch(reference({ tag: 'v1' }, address))).rejects.toMatchObject({
      type: 'SourceUnreachable',
      nonRetryable: false,
    });
  });

  test.each([
    ['to fetch', { ...LIMITS, sourceBytes: 5_000 }, () => noise(40_000)],
    ['to unpack', { ...LIMITS, unpackedBytes: 100_000 }, () => 'x'.repeat(150_000)],
  ])('that is too large %s throws SourceTooLarge', async (_, limits, content) => {
    commit(repository, { large: content() });
    git(repository, 'tag', 'v2');
    await expect(fetcher(limits).fetch(reference({ tag: 'v2' }))).rejects.toMatchObject({ type: 'SourceTooLarge', nonRetryable: true });
    expectNothingLeft();
  });

  test('with a link out of its tree is refused', async () => {
    execFileSync('ln', ['-s', '../../etc/passwd', join(repository, 'link')]);
    commit(repository, {});
    git(repository, 'tag', 'v2');
    await expect(fetcher().fetch(reference({ tag: 'v2' }))).rejects.toMatchObject({ type: 'ArchiveUnsafe' });
  });
});

/** Text that does not compress. */
function noise(bytes: number): string {
  let text = '';
  for (let index = 0; text.length < bytes; index += 1) text += createHash('sha256').update(String(index)).digest('base64');
  return text;
}
