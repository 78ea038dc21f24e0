import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectCluster, type ClusterClient } from '../../src/activities/kubernetes/cluster-client';
import { createKubernetesRunner, runNamespace } from '../../src/activities/kubernetes/runner';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Store } from '../../src/activities/store/store';
import { startCluster, stopCluster } from '../../src/cluster/cluster';
import { programFile } from '../../src/config/tools';
import { MANAGED, type KubernetesRun } from '../../src/domain/kubernetes/run';
import { takeClusterTurn } from './cluster-turn';
import { expiredKubeconfig } from './expired-kubeconfig';

/** What a cluster is given that it cannot take, and what it gives that nobody can keep: each ends, and says why. */
jest.setTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-kubernetes-bad-'));
const quiet = { say: () => undefined };
let kubeconfig: string;
let cluster: ClusterClient;
let store: Store;
let giveTurn: () => Promise<void>;

const runOf = (test: string, script: string, more: Partial<KubernetesRun> = {}): KubernetesRun => ({
  key: { digest: `sha256:${'0'.repeat(64)}`, suite: 'bad', content: 'bad', test, architecture: 'x86_64', attempt: 0, try: 1 },
  image: 'localhost/millrace-sandbox:1',
  job: { program: ['/bin/busybox', 'sh', '-c', script], command: [] },
  timeoutSeconds: 200,
  level: { name: 'baseline', reason: 'the busybox of the test has no user' },
  memory: '64Mi',
  cpu: '1',
  ports: [],
  http: [],
  manifests: [],
  keepSeconds: 0,
  ...more,
});

beforeAll(async () => {
  const found = programFile('kubernetes');
  if ('remedy' in found) throw new Error(found.remedy);
  giveTurn = await takeClusterTurn();
  ({ kubeconfig } = await startCluster({
    folder: join(folder, 'cluster'),
    kubernetes: found.file,
    registries: [],
    onProgress: quiet.say,
  }));
  cluster = await connectCluster(kubeconfig);
  store = createFolderStore(join(folder, 'store'));
}, 900_000);

afterAll(async () => {
  await stopCluster(join(folder, 'cluster'), { wipe: true });
  rmSync(folder, { recursive: true, force: true });
  await giveTurn();
});

test('a kubeconfig that has expired is refused at once, with its remedy, and nothing is begun', async () => {
  const expired = await connectCluster(expiredKubeconfig(join(folder, 'cluster'), kubeconfig, join(folder, 'expired')));
  const runner = createKubernetesRunner({ cluster: expired, store, now: () => new Date() });
  await expect(runner.run(runOf('expired', 'true'), 'expired.log', quiet)).rejects.toMatchObject({
    type: 'ClusterRefused',
    nonRetryable: true,
    message: expect.stringMatching(
      /^https:\/\/127\.0\.0\.1:6443: cannot read namespace \S+: 401 Unauthorized; the credentials of the kubeconfig .* expired: renew them$/,
    ),
  });
  expect(await cluster.namespaces(MANAGED)).toEqual([]);
});

test('a Job that says 1 GB is kept with its beginning and its end, in little memory', async () => {
  const runner = createKubernetesRunner({ cluster, store, now: () => new Date() });
  const line = 'x'.repeat(99);
  const run = runOf('flood', `/bin/busybox yes ${line} | /bin/busybox head -c 1000000000; echo the end`);
  const before = process.memoryUsage().rss;
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 100);
  const started = Date.now();
  try {
    expect(await runner.run(run, 'flood/flood.log', quiet)).toMatchObject({ outcome: 'ended', exit: 0 });
  } finally {
    clearInterval(sampler);
  }
  const file = await store.log('flood/flood.log');
  const { size } = statSync(file);
  const text = readFileSync(file, 'utf8');
  process.stderr.write(
    `a Job's log of 1 GB: ${((Date.now() - started) / 1000).toFixed(0)} s, ${(size / 2 ** 20).toFixed(1)} MiB kept, memory ${((most - before) / 2 ** 20).toFixed(0)} MiB more\n`,
  );
  expect(size).toBeLessThan(66 * 2 ** 20);
  expect(readdirSync(dirname(file))).toEqual(['flood.log']);
  // The kubelet turns a log over at 10 MiB, in the middle of a line: what was said before anybody read it is gone.
  expect(text.split('\n', 1)[0]).toMatch(/^\S+ x+$/);
  expect(text.slice(-200)).toMatch(/ the end\n$/);
  expect(most - before).toBeLessThan(400 * 2 ** 20);
  await runner.discard(run);
});

test('what the cluster does not admit is refused with what it says, and not tried again', async () => {
  const runner = createKubernetesRunner({ cluster, store, now: () => new Date() });
  const base = runOf('privileged', 'true', { level: { name: 'restricted' } });
  const pod = (namespace: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace },
    spec: { containers: [{ name: 'web', image: base.image, securityContext: { privileged: true } }] },
  });
  await expect(runner.run({ ...base, manifests: [pod(runNamespace(base))] }, 'privileged.log', quiet)).rejects.toMatchObject({
    type: 'ClusterRefused',
    nonRetryable: true,
    message: expect.stringMatching(/web.*violates PodSecurity "restricted:latest": privileged/),
  });
  await runner.discard(base);
});
