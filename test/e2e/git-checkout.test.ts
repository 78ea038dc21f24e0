import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChangeActivities } from '../../src/activities/change/change';
import { createLocalGitForge } from '../../src/activities/forge/local-git';
import { createBuilderActivities } from '../../src/activities/melange/builder';
import { createFetcher } from '../../src/activities/sources/fetch';
import { patchState } from '../../src/activities/sources/patch';
import { createUpstreamSources } from '../../src/activities/sources/upstreams';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Store } from '../../src/activities/store/store';
import type { BuildResult, Change, ReleaseInput } from '../../src/domain/release/release';
import { readSpec } from '../../src/domain/spec/read';
import type { Spec } from '../../src/domain/spec/spec';
import { chooseVersion } from '../../src/domain/update/choose';
import { upstreamOf } from '../../src/domain/update/upstream';
import { makeStage0 } from '../../src/stage0/stage0';
import { createTestRepository } from '../activities/forge/repository';
import type { TestRepository } from '../activities/forge/repository';
import { startGitServer } from '../activities/sources/git-server';
import { commit, createRepository, git } from '../activities/sources/repository';
import type { Web } from '../activities/sources/web';

/** Sources from git: seen, fetched, verified and built, where the build itself reaches no network. */
jest.setTimeout(300_000);

const architecture = 'x86_64';

let root: string;
let web: Web;
let upstream: string;
/** Of version 1.0, tagged, and of what becomes 1.1. */
let first: string;
let second: string;
let specs: TestRepository;
let store: Store;
let activities: {
  readonly change: ReturnType<typeof createChangeActivities>;
  readonly builder: ReturnType<typeof createBuilderActivities>;
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'millrace-git-checkout-'));
  const stage0 = await makeStage0({ architecture, out: join(root, 'stage0') });
  web = await startGitServer(root);
  upstream = createRepository(join(root, 'greet'));
  commit(upstream, { 'greet.sh': '#!/bin/sh\necho hello from before\n' });
  first = commit(upstream, { 'greet.sh': '#!/bin/sh\necho helo\n' });
  git(upstream, 'tag', '-a', '-m', 'one', 'v1.0');
  second = commit(upstream, { 'greet.sh': '#!/bin/sh\necho hello\n' });
  commit(upstream, { 'next.txt': 'next\n' });
  store = createFolderStore(join(root, 'store'));
  specs = createTestRepository({ 'README.md': 'specs\n' });
  const work = join(root, 'work');
  activities = {
    change: createChangeActivities({
      forge: createLocalGitForge({ repository: specs.bare, work, branchPrefix: 'millrace/' }),
      store,
      fetcher: createFetcher({ store, work, limits: { sourceBytes: 1e7, unpackedBytes: 1e7, unpackedFiles: 1000 } }),
      patchState,
      specs: { branch: 'main', directory: 'packages' },
      work,
      clock: () => new Date(),
    }),
    builder: createBuilderActivities({
      store,
      repositories: {
        published: { folder: join(root, 'repository'), key: '' },
        stage0: { folder: join(root, 'stage0'), key: stage0.key },
        others: [],
      },
      work,
      distribution: 'example',
      specs: 'https://git.example.org/specs',
      buildSeconds: 120,
      now: () => new Date(),
    }),
  };
});

afterAll(async () => {
  await web.close();
  specs.remove();
  rmSync(root, { recursive: true, force: true });
});

const url = () => `${web.url}/greet`;
const release = (version: string, commit?: string): ReleaseInput => ({
  distribution: 'example',
  package: 'greet',
  version,
  epoch: 0,
  change: version === '1.0' ? 'none' : 'bump',
  candidate: { name: `v${version}`, ...(commit === undefined ? {} : { commit }) },
  causes: [{ id: 'test', kind: 'upstream-release', text: 'released', at: '2026-02-03T04:05:06.000Z' }],
  architectures: [architecture],
  reminders: { everySeconds: 1, escalateAfterSeconds: 2 },
  floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
});
const prepare = (version: string, commit?: string) => activities.change.prepareChange({ release: release(version, commit) });
const build = ({ snapshot, version, epoch, sources }: Change) =>
  activities.builder.buildPackage({ snapshot, version, epoch, sources, architecture, attempt: 0 });
const built = async (result: BuildResult) => {
  if (result.outcome !== 'built') throw new Error(await readFile(await store.log(result.log), 'utf8'));
  return result;
};
const specOf = async ({ snapshot }: Change): Promise<Spec> => {
  const spec = readSpec(await readFile(await store.object(snapshot.spec), 'utf8'), snapshot.path);
  if (!spec.ok) throw new Error('the spec cannot be read');
  return spec.value;
};
const patch = '--- a/greet.sh\n+++ b/greet.sh\n@@ -1,2 +1,2 @@\n #!/bin/sh\n-echo helo\n+echo hello\n';

function spec(expected: string, checkout: string, more = ''): string {
  return `package:
  name: greet
  version: "1.0"
  epoch: 0
  description: greets
  copyright:
    - license: MIT
environment:
  contents:
    packages: [busybox, coreutils, grep]
pipeline:
  - uses: git-checkout
    with:
      repository: ${url()}
      expected-commit: ${expected}
${checkout}${more}  - runs: |
      sh greet.sh | grep -x hello
      install -Dm755 greet.sh "\${{targets.destdir}}/usr/bin/greet"
      echo "built from $(git rev-parse HEAD) of $(git config remote.origin.url)"
update:
  enabled: true
  git:
    strip-prefix: v
`;
}

const TAG = '      tag: v${{package.version}}\n';

test('a release by tags is seen, bumped, fetched and built without network, found again; a tag that moved is refused', async () => {
  specs.push(
    'main',
    {
      'packages/greet.yaml': spec(first, TAG, '  - uses: patch\n    with:\n      patches: fix.patch\n'),
      'packages/greet/fix.patch': patch,
    },
    'greet',
  );
  const change = await prepare('1.0');
  expect(change.sources).toMatchObject([{ uri: url(), commit: first }]);

  git(upstream, 'tag', 'v1.1', second);
  const watched = upstreamOf(await specOf(change));
  if (!watched.ok) throw new Error(watched.error.message);
  const { candidates } = await createUpstreamSources({ store }).candidatesOf(watched.value);
  expect(chooseVersion(await specOf(change), candidates)).toMatchObject({
    chosen: { version: '1.1', candidate: { name: 'v1.1', commit: second } },
  });
  const bumped = await prepare('1.1', second);
  expect(bumped).toMatchObject({ droppedPatches: ['fix.patch'], sources: [{ uri: url(), commit: second }] });

  git(upstream, 'tag', '-f', 'v1.1', first);
  await expect(prepare('1.1', second)).rejects.toMatchObject({ type: 'TagMoved', message: expect.stringContaining(second) });
  git(upstream, 'tag', '-f', 'v1.1', second);

  // Builds ask nobody.
  web.requests.length = 0;
  for (const [release, expected, tag] of [
    [change, first, 'v1.0'],
    [bumped, second, 'v1.1'],
  ] as const) {
    const result = await built(await build(release));
    const log = await readFile(await store.log(result.log), 'utf8');
    expect(log).toContain(`tag ${tag} is ${expected}`);
    expect(log).toContain(`built from ${expected} of ${url()}`);
    expect(await build(release)).toMatchObject({ outcome: 'built', reused: true, key: result.key });
  }
  expect(web.requests).toEqual([]);
});

test('a branch, and what HEAD is, is built at the expected commit although it moved on', async () => {
  for (const checkout of ['      branch: main\n', '']) {
    const commit = specs.push('main', { 'packages/greet.yaml': spec(second, checkout), 'packages/greet/fix.patch': patch }, 'greet');
    const change = await prepare('1.0');
    const log = await readFile(await store.log((await built(await build(change))).log), 'utf8');
    expect(log).toContain(`built from ${second} of ${url()}`);
    expect(change.commit).toBe(commit);
  }
});

test('what a build picks on top, and the history that it asks for, are there', async () => {
  const picks = (commits: readonly string[]) => `      cherry-picks: |\n${commits.map((id) => `        main/${id}: fix\n`).join('')}`;
  const later = commit(upstream, { 'later.txt': 'later\n' });
  specs.push('main', { 'packages/greet.yaml': spec(first, `${TAG}${picks([second, later])}`) }, 'greet');
  const picked = await built(await build(await prepare('1.0')));
  const log = await readFile(await store.log(picked.log), 'utf8');
  for (const id of [second, later]) expect(log).toContain(`Cherry-picked ${id} from main`);

  const count = '  - runs: echo "history of $(git rev-list --count HEAD)"\n';
  const fix = '  - uses: patch\n    with:\n      patches: fix.patch\n';
  specs.push(
    'main',
    { 'packages/greet.yaml': spec(first, `${TAG}      depth: -1\n`, `${fix}${count}`), 'packages/greet/fix.patch': patch },
    'greet',
  );
  const whole = await built(await build(await prepare('1.0')));
  expect(await readFile(await store.log(whole.log), 'utf8')).toContain('history of 2');
});

test('a checkout that is not among the verified sources is refused before the build', async () => {
  specs.push('main', { 'packages/greet.yaml': spec(second, TAG.replace('v$', '$')) }, 'greet');
  git(upstream, 'tag', '1.0', second);
  const { sources, ...change } = await prepare('1.0');
  const elsewhere = git(upstream, 'rev-parse', 'v1.0');
  const other = sources.map((source) => ({ ...source, commit: elsewhere, git: { ...source.git!, refs: { 'refs/tags/1.0': elsewhere } } }));
  for (const unfit of [[], other])
    expect((await build({ ...change, sources: unfit })).failure).toEqual({
      class: 'real',
      summary: expect.stringMatching(/^packages\/greet.yaml clones http.*greet at refs\/tags\/1.0 .* not among its verified sources/),
    });
});
