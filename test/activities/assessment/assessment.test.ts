import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createAssessmentActivities } from '../../../src/activities/assessment/assessment';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { createUpstreamSources } from '../../../src/activities/sources/upstreams';
import { createTestRepository, type TestRepository } from '../forge/repository';
import { makeFactory, removeTemporaryFolders, testKey } from '../repository/support';
import { closedPort, startWeb, type Web } from '../sources/web';

// Many processes on few cores: what takes long here is no failure.
jest.setTimeout(60_000);

const PLACEHOLDER = 'http://127.0.0.1:1';
const specOf = (name: string, version: string, epoch = 0, more = 'update:\n  enabled: true\n', upstream = PLACEHOLDER) => `package:
  name: ${name}
  version: "${version}"
  epoch: ${epoch}
  copyright:
    - license: MIT

vars:
  upstream: ${upstream}

pipeline:
  - uses: fetch
    with:
      uri: \${{vars.upstream}}/${name}/${name}-\${{package.version}}.tar.gz
      expected-sha256: ${'a'.repeat(64)}

${more}`;

const key = testKey();
const NOW = '2026-03-01T10:00:00.000Z';

describe('assessment', () => {
  let web: Web;
  let repository: TestRepository;
  let factory: ReturnType<typeof makeFactory>;
  let listed: Record<string, readonly string[]>;

  beforeEach(async () => {
    listed = { zlib: ['1.2.13', '1.3', '1.3.1', '1.4-rc1'], lz4: ['1.9.4'] };
    web = await startWeb((request, response) => {
      const name = request.url!.split('/')[1]!;
      const versions = listed[name];
      if (!versions) return void response.writeHead(404).end();
      response.setHeader('content-type', 'text/html');
      response.end(versions.map((version) => `<a href="${name}-${version}.tar.gz">${name}-${version}.tar.gz</a>`).join('\n'));
    });
    repository = createTestRepository({ 'README.md': 'specs\n' });
    repository.push(
      'main',
      {
        'packages/zlib.yaml': specOf('zlib', '1.2.13', 1, undefined, web.url),
        'packages/zlib/fix.patch': 'patch\n',
        'packages/lz4.yaml': specOf('lz4', '1.9.4', 0, undefined, web.url),
      },
      'specs',
    );
    factory = makeFactory({ key });
  });
  afterEach(async () => {
    repository.remove();
    await web.close();
  });
  afterAll(removeTemporaryFolders);

  const head = () => repository.git('rev-parse', 'main');
  const activities = () =>
    createAssessmentActivities({
      forge: createLocalGitForge({ repository: repository.bare, work: join(repository.folder, 'work'), branchPrefix: 'millrace/' }),
      store: factory.store,
      upstreams: createUpstreamSources({ store: factory.store }),
      reader: factory.reader,
      config: { distribution: 'test', specs: { repository: repository.bare, branch: 'main', directory: 'packages' } },
      clock: () => new Date(NOW),
    });
  const publish = async (name: string, version: string, epoch = 0, commit = head()) =>
    factory.publish({ publish: [await factory.request({ name, version, epoch, change: (gate) => ({ ...gate, commit }) })], withdraw: [] });
  const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

  describe('of one package', () => {
    test('spec, published version with the spec that it was built from, and what upstream offers', async () => {
      await publish('zlib', '1.2.13', 1);
      const built = digest(specOf('zlib', '1.2.13', 1, undefined, web.url));
      const edited = specOf('zlib', '1.2.13', 2, undefined, web.url);
      const commit = repository.push('main', { 'packages/zlib.yaml': edited }, 'again');
      const found = await activities().assess({ package: 'zlib', upstream: true });
      expect(found).toMatchObject({
        package: 'zlib',
        spec: { version: '1.2.13', epoch: 2, digest: digest(edited), commit },
        published: { version: '1.2.13-r1', spec: built },
        update: { chosen: { version: '1.3.1', candidate: { link: `${web.url}/zlib/zlib-1.3.1.tar.gz` } } },
      });
      expect(found.problem).toBeUndefined();
    });

    test('without a look at upstream where none is wanted', async () => {
      expect(await activities().assess({ package: 'zlib', upstream: false })).toEqual({
        package: 'zlib',
        spec: { version: '1.2.13', epoch: 1, digest: digest(specOf('zlib', '1.2.13', 1, undefined, web.url)), commit: head() },
      });
      expect(web.requests).toEqual([]);
    });

    test.each([
      ['an older one that upstream has', '1.3', { version: '1.3' }, /1\.3 is newer than 1\.2\.13/],
      ['the newest', '1.3.1', { version: '1.3.1' }, /1\.3\.1 is newer/],
      ['the one that main has', '1.2.13', undefined, /nothing newer/],
      ['one that upstream has not', '9.9', undefined, /no version 9\.9 that the rules keep/],
      ['one that the rules drop', '1.4-rc1', undefined, /1\.4-rc1: pre-release/],
    ])('for a version that a person asks for: %s', async (_, version, chosen, reason) => {
      const { update } = await activities().assess({ package: 'zlib', upstream: true, version });
      if (chosen) expect(update?.chosen).toMatchObject(chosen);
      else expect(update?.chosen).toBeUndefined();
      expect(update?.reason).toMatch(reason);
    });

    test('where updates are closed, upstream is not asked, whatever a person asks for', async () => {
      repository.push('main', { 'packages/zlib.yaml': specOf('zlib', '1.2.13', 1, 'update:\n  enabled: false\n', web.url) }, 'off');
      const { update } = await activities().assess({ package: 'zlib', upstream: true, version: '1.3.1' });
      expect(update).toEqual({ reason: 'updates are not enabled', trace: [] });
      expect(web.requests).toEqual([]);
    });

    test('a failing upstream is a problem beside what is known', async () => {
      const port = await closedPort();
      repository.push('main', { 'packages/zlib.yaml': specOf('zlib', '1.2.13', 1, undefined, `http://127.0.0.1:${port}`) }, 'moved');
      const found = await activities().assess({ package: 'zlib', upstream: true });
      expect(found).toMatchObject({ spec: { version: '1.2.13' }, problem: expect.stringContaining(`127.0.0.1:${port}`) });
      expect(found.update).toBeUndefined();
    });

    test('a missing spec, an unreadable one, and a name that is none', async () => {
      await publish('lz4', '1.9.4');
      repository.push('main', { 'packages/lz4.yaml': null, 'packages/zlib.yaml': 'package:\n  nam: zlib\n' }, 'broken');
      expect(await activities().assess({ package: 'lz4', upstream: true })).toMatchObject({
        package: 'lz4',
        published: { version: '1.9.4-r0' },
      });
      expect((await activities().assess({ package: 'lz4', upstream: true })).problem).toBeUndefined();
      const broken = await activities().assess({ package: 'zlib', upstream: true });
      expect(broken.spec).toBeUndefined();
      expect(broken.problem).toContain('packages/zlib.yaml:2:3');
      expect(await activities().assess({ package: '../zlib', upstream: true })).toEqual({ package: '../zlib' });
    });

    test('stays small when upstream has thousands of versions', async () => {
      listed.zlib = Array.from({ length: 5000 }, (_, n) => `1.3.${n}`);
      const found = await activities().assess({ package: 'zlib', upstream: true });
      expect(found.update?.chosen?.version).toBe('1.3.4999');
      expect(JSON.stringify(found).length).toBeLessThan(20_000);
    });
  });

  describe('of all', () => {
    const sweep = () => activities().sweep();

    test('hints what differs, by ids that stay, and nothing else', async () => {
      await publish('lz4', '1.9.4');
      const { hints, ...rest } = await sweep();
      expect(rest).toEqual({ looked: 2, problems: [] });
      expect(hints).toEqual([
        {
          package: 'zlib',
          cause: {
            id: 'upstream:zlib:1.3.1',
            kind: 'upstream-release',
            text: 'zlib 1.3.1 was released',
            at: NOW,
            link: `${web.url}/zlib/zlib-1.3.1.tar.gz`,
          },
        },
        {
          package: 'zlib',
          cause: { id: 'spec:zlib:1.2.13-r1', kind: 'spec-change', text: 'zlib 1.2.13-r1 is on main and not published', at: NOW },
        },
      ]);
      expect((await sweep()).hints).toEqual(hints);
    });

    test('nothing to do is no hint', async () => {
      listed = { zlib: ['1.2.13'], lz4: ['1.9.4'] };
      await publish('lz4', '1.9.4');
      await publish('zlib', '1.2.13', 1);
      expect(await sweep()).toEqual({ looked: 2, hints: [], problems: [] });
    });

    test('one upstream that fails and one spec that is broken stop nothing, and are named', async () => {
      delete listed.lz4;
      repository.push('main', { 'packages/broken.yaml': 'a: [\n' }, 'broken');
      const { looked, hints, problems } = await sweep();
      expect(looked).toBe(3);
      expect(hints.map((hint) => hint.cause.id)).toEqual(['spec:lz4:1.9.4-r0', 'upstream:zlib:1.3.1', 'spec:zlib:1.2.13-r1']);
      expect(problems).toHaveLength(2);
      expect(problems[0]).toContain('packages/broken.yaml:');
      expect(problems[1]).toMatch(/^lz4: .*404/);
    });

    test('an edit without a new epoch is a problem, no hint; also of a patch', async () => {
      listed = { zlib: ['1.2.13'], lz4: ['1.9.4'] };
      await publish('lz4', '1.9.4');
      await publish('zlib', '1.2.13', 1);
      repository.push('main', { 'packages/zlib/fix.patch': 'other\n' }, 'edit');
      const { hints, problems } = await sweep();
      expect(hints).toEqual([]);
      expect(problems).toEqual([
        'zlib: packages/zlib/fix.patch changed on main since 1.2.13-r1 was published: raise the epoch of the spec',
      ]);
    });

    test('a published commit that main no longer contains is no edit and no failure', async () => {
      listed = { zlib: ['1.2.13'], lz4: ['1.9.4'] };
      await publish('lz4', '1.9.4');
      await publish('zlib', '1.2.13', 1, 'f'.repeat(40));
      expect(await sweep()).toEqual({ looked: 2, hints: [], problems: [] });
      expect((await activities().assess({ package: 'zlib', upstream: false })).published).toEqual({ version: '1.2.13-r1' });
    });

    test('the same process sees what was edited between two sweeps', async () => {
      listed = { zlib: ['1.2.13'], lz4: ['1.9.4'] };
      await publish('lz4', '1.9.4');
      await publish('zlib', '1.2.13', 1);
      const same = activities();
      expect((await same.sweep()).problems).toEqual([]);
      repository.push('main', { 'packages/zlib/fix.patch': 'other\n' }, 'edit');
      expect((await same.sweep()).problems).toHaveLength(1);
    });

    test('a removed spec is hinted once', async () => {
      await sweep();
      const commit = repository.push('main', { 'packages/lz4.yaml': null }, 'gone');
      const first = await sweep();
      expect(first.hints.filter((hint) => hint.package === 'lz4').map((hint) => hint.cause.id)).toEqual([`removed:lz4:${commit}`]);
      expect((await sweep()).hints.filter((hint) => hint.package === 'lz4')).toEqual([]);
    });

    test('of many, those that one sweep left out come with the next', async () => {
      const names = Array.from({ length: 320 }, (_, n) => `p${String(n).padStart(3, '0')}`);
      const files = names.map((name) => [`packages/${name}.yaml`, specOf(name, '1', 0, '')] as const);
      repository.push('main', { ...Object.fromEntries(files), 'packages/zlib.yaml': null, 'packages/lz4.yaml': null }, 'many');
      const first = await sweep();
      expect(first).toMatchObject({ looked: 320, problems: [] });
      expect(first.hints).toHaveLength(300);
      expect(JSON.stringify(first).length).toBeLessThan(100_000);
      const second = await sweep();
      expect(new Set([...first.hints, ...second.hints].map((hint) => hint.package))).toEqual(new Set(names));
    });
  });
});
