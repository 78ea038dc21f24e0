import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../src/domain/check/verdict';
import type { ImageGateRecord, ImageRecord, ImageTags } from '../../src/domain/image/image';
import { MANAGED } from '../../src/domain/kubernetes/run';
import { imageReleaseQuery, type ImageReleaseView } from '../../src/workflows/messages';
import { expiredKubeconfig } from './expired-kubeconfig';
import { IMAGE_FILES, counts } from './hello-images';
import { startImageFactory, until, type ImageFactory } from './image-factory';
import { watchTags, watchTests, type SeenTag, type SeenTest, type Watch } from './watchers';

/** One package flows into two images, tested in containers and on a real Kubernetes, while processes are killed. A watcher reads the tags all the while. */
jest.setTimeout(240_000);

const IMAGES = ['hello', 'hello-web'];
const LINES = 600;
let place: ImageFactory;
let tags: Watch<SeenTag>;
let tests: Watch<SeenTest>;
const began = Date.now();
const figures: string[] = [];
const figure = (text: string) => figures.push(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

beforeAll(async () => {
  place = await startImageFactory(IMAGE_FILES);
  figure('factory and cluster are ready');
  tags = watchTags(place.registry, IMAGES);
  tests = watchTests(place.cluster);
}, 600_000);

afterAll(async () => {
  await tags?.stop();
  await tests?.stop();
  await place?.stop();
  process.stderr.write(`${figures.join('\n')}\n`);
});

/** Releases of an image that run, with what they show. */
async function running(image: string): Promise<readonly ImageReleaseView[]> {
  const found: ImageReleaseView[] = [];
  for await (const { workflowId } of place.client.workflow.list({
    query: `WorkflowType = 'imageRelease' AND ExecutionStatus = 'Running'`,
  })) {
    if (!new RegExp(`^image-release:${image}-[0-9a-f]+$`).test(workflowId)) continue;
    const view = await place.client.workflow
      .getHandle(workflowId)
      .query(imageReleaseQuery)
      .catch(() => undefined);
    if (view) found.push(view);
  }
  return found;
}

/** The release of an image that waits for a person because of this. */
const waits = (image: string, because: RegExp) =>
  until(`${image} waits for a person: ${String(because)}`, async () =>
    (await running(image)).find(({ waitingFor }) => waitingFor?.because.some((reason) => because.test(reason))),
  );

const recordOf = async (image: string) => await place.store.readRecord<ImageTags>('image-tags', image);

/** Until the tag is there and points elsewhere than before; throws where the image waits for a person instead. */
const moved = (image: string, tag: string, before?: string) =>
  until(`${image}:${tag} moves`, async () => {
    const digest = (await recordOf(image))?.tags[tag];
    if (digest !== undefined && digest !== before) return digest;
    const stuck = (await running(image)).find(({ waitingFor }) => waitingFor);
    if (stuck) throw new Error(`${image} waits for a person: ${stuck.waitingFor!.because.join('\n')}`);
    return undefined;
  });

/** What was mended on main may have been found by a sweep before the person says so. */
const retry = async (image: string) => {
  const answer = await place.person.millrace('decide', `image:${image}`, 'retry', '--by', 'ann');
  if (answer.code !== 0 && !/no release in flight|nothing waits/.test(answer.text)) throw new Error(answer.text);
};

/** The logs of a test on the cluster, by what stands in them. */
function logsWith(text: string): readonly string[] {
  const files = readdirSync(join(place.logs, 'images'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).filter((log) => log.includes(text));
}

/** How often each line of the count stands in the longest log of it. */
function counted(): readonly number[] {
  const logs = logsWith(` of ${LINES}\n`).map((log) =>
    [...log.matchAll(new RegExp(` line (\\d+) of ${LINES}\\n`, 'g'))].map(([, line]) => Number(line)),
  );
  return [...logs].sort((a, b) => b.length - a.length)[0] ?? [];
}

const CLUSTER_SUITE = 'images/hello/cluster.test.yaml';

test('one release of a package flows into two images; containers, a Job, a server with a client, and HTTP through the API server pass', async () => {
  await Promise.all(IMAGES.map((image) => moved(image, 'latest')));
  figure('hello 1.0 is built, published, and both images have their tags');
  for (const image of IMAGES) expect(Object.keys((await recordOf(image))!.tags).sort()).toEqual(['1', '1.0', 'latest']);
  const names = [...tests.seen.values()].map(({ test }) => test.replace(/,.*$/, '')).sort();
  expect(names).toEqual([
    'cluster/a client reads the page',
    'cluster/answers over HTTP',
    'cluster/behind a service of its manifest',
    'cluster/says its version',
  ]);
});

test('a Job that fails: the tags stay, and a person is asked; the other image goes on to its tags', async () => {
  const before = (await recordOf('hello'))!.tags;
  const web = (await recordOf('hello-web'))!.tags['latest'];
  await place.release('1.1');
  const view = await waits('hello', /suite-cluster.*does not contain "hello 1\.0"/);
  figure('hello 1.1 waits at its suite, which still expects 1.0');
  expect(view.verdicts.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check)).toEqual(['suite-cluster']);
  await moved('hello-web', 'latest', web);
  figure('hello-web has its tags');
  expect((await recordOf('hello'))!.tags).toEqual(before);
});

test('a Job past its deadline is ended there, and says so', async () => {
  await place.person.commit('main', 'hello counts, and has no time', { [CLUSTER_SUITE]: counts(LINES + 1, '3s') });
  await retry('hello');
  await waits('hello', /suite-cluster.*(longer|more than 3 s)/);
  figure(`a Job of ${LINES / 10} s was ended at its deadline of 3 s`);
});

test('the tester is killed in the middle of a Job, then every process: the Job goes on, its pod ran once, its log has every line once', async () => {
  const before = (await recordOf('hello'))!.tags['latest'];
  await place.person.commit('main', 'hello has time', { [CLUSTER_SUITE]: counts(LINES, '5m') });
  await retry('hello');
  await until('the Job counts', () => (counted().length > 20 && counted().length < LINES / 2 ? true : undefined));
  await place.factory().kill('tester', 'SIGKILL');
  const atKill = counted().length;
  figure(`tester killed at line ${atKill}`);
  const again = await until('the log goes on', () => (counted().length > atKill ? counted().length : undefined));
  expect(again).toBeLessThan(LINES);
  figure(`re-attached at line ${again}`);
  await place.killAll();
  figure(`every process killed at line ${counted().length}`);
  const after = await moved('hello', 'latest', before);
  figure('hello 1.1 has its tags');
  expect((await recordOf('hello'))!.tags['1.1']).toBe(after);
  expect(counted()).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
});

test('a kubeconfig that has expired: a person is told, the tags stay; with a new one and a retry it passes', async () => {
  const before = (await recordOf('hello-web'))!.tags;
  const good = readFileSync(place.kubeconfig);
  writeFileSync(
    place.kubeconfig,
    readFileSync(expiredKubeconfig(place.clusterFolder, place.kubeconfig, join(place.clusterFolder, 'expired'))),
  );
  await place.person.commit('main', 'hello-web works in /tmp', {
    'images/hello-web/apko.yaml': (text) => `${text}work-dir: /tmp\n`,
  });
  await waits('hello-web', /suite-cluster.*have expired: renew them/);
  expect((await recordOf('hello-web'))!.tags).toEqual(before);
  writeFileSync(place.kubeconfig, good);
  await retry('hello-web');
  await moved('hello-web', 'latest', before['latest']);
  figure('an expired kubeconfig was renewed, hello-web has its tags');
});

test('a cancelled release leaves nothing in the cluster, and its tags where they were', async () => {
  const before = (await recordOf('hello-web'))!.tags;
  const suite = `tests:\n  - name: sleeps\n    kind: kubernetes\n    entrypoint: [/usr/bin/busybox, sleep]\n    command: ["900"]\n    timeout: 20m\n`;
  await place.person.commit('main', 'hello-web sleeps, in another time zone', {
    'images/hello-web/cluster.test.yaml': suite,
    'images/hello-web/apko.yaml': (text) => `${text}environment: { TZ: UTC }\n`,
  });
  await until('the Job sleeps', () => [...tests.seen.values()].find((seen) => seen.test.includes('sleeps') && seen.running));
  const [view] = await running('hello-web');
  const handle = place.client.workflow.getHandle(view!.release);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  await until('no namespace is left', async () => ((await place.cluster.namespaces(MANAGED)).length === 0 ? true : undefined));
  figure('a Job that sleeps was cancelled, its namespace is gone');
  expect((await recordOf('hello-web'))!.tags).toEqual(before);
});

test('every pod of a test ran once', () => {
  expect(tests.seen.size).toBeGreaterThan(8);
  const seen = [...tests.seen.values()];
  // No test of this story is asked for again by the same name: a second namespace of one would be a second run.
  expect(new Set(seen.map(({ test, image }) => `${image} ${test}`)).size).toBe(seen.length);
  for (const { test, job, tested } of seen) {
    const served = /a client|over HTTP|behind a service/.test(test);
    const asked = /over HTTP|behind a service/.test(test);
    expect({ test, job: job.size, tested: tested.size }).toEqual({ test, job: asked ? 0 : 1, tested: served ? 1 : 0 });
  }
});

test('no tag ever pointed to a digest before its suites had passed; registry and records agree', async () => {
  await tags.stop();
  const passes = new Map<string, number>();
  for await (const { workflowId, closeTime, status } of place.client.workflow.list({ query: `WorkflowType = 'imageTest'` })) {
    if (status.name !== 'COMPLETED') continue;
    const verdict = (await place.client.workflow.getHandle(workflowId).result()) as Verdict;
    const key = workflowId.replace(/:\d+$/, '');
    if (verdict.outcome === 'passed') passes.set(key, Math.min(passes.get(key) ?? Infinity, closeTime!.getTime()));
  }
  const gates = await Promise.all(
    (await place.store.listRecords('image-gate')).map(async (name) => (await place.store.readRecord<ImageGateRecord>('image-gate', name))!),
  );
  for (const { repository, tag, digest, at } of tags.seen.values()) {
    const gate = gates.find(({ image, variants }) => image === repository && variants.some((variant) => variant.digest === digest));
    expect({ tag, gated: gate !== undefined && Date.parse(gate.openedAt) <= at }).toEqual({ tag, gated: true });
    for (const { name } of gate!.lock.suites) {
      const passed = passes.get(`image-test:${repository}:${digest.slice('sha256:'.length).slice(0, 16)}:${name}`);
      expect({ repository, tag, suite: name, before: passed !== undefined && passed <= at }).toEqual({
        repository,
        tag,
        suite: name,
        before: true,
      });
    }
  }
  for (const image of IMAGES) {
    const record = (await recordOf(image))!;
    const now = Object.fromEntries(
      [...tags.seen.values()].filter(({ repository }) => repository === image).map(({ tag, digest }) => [tag, digest]),
    );
    expect(now).toEqual(record.tags);
    for (const tag of Object.keys(record.tags)) {
      const pointedTo = readdirSync(join(place.registryFiles, image, '_manifests/tags', tag, 'index/sha256')).map((hex) => `sha256:${hex}`);
      expect(pointedTo.sort()).toEqual(
        record.moves
          .filter((move) => move.tag === tag)
          .map(({ to }) => to)
          .sort(),
      );
    }
  }
  const records = await Promise.all(
    (await place.store.listRecords('image')).map(async (name) => (await place.store.readRecord<ImageRecord>('image', name))!),
  );
  expect(records.filter(({ outcome }) => outcome === 'tagged').length).toBe(5);
  figure(
    `${tags.looks.answered} looks at the tags (${tags.looks.failed} without an answer), ${tags.seen.size} positions of tags, ${tests.seen.size} tests on the cluster`,
  );
});
