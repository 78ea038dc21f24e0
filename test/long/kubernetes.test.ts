import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster, type ClusterClient } from '../../src/activities/kubernetes/cluster-client';
import { createKubernetesRunner, type KubernetesRunner } from '../../src/activities/kubernetes/runner';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Store } from '../../src/activities/store/store';
import { startCluster, stopCluster } from '../../src/cluster/cluster';
import { programFile } from '../../src/config/tools';
import type { KubernetesRun } from '../../src/domain/kubernetes/run';
import { takeClusterTurn } from './cluster-turn';

jest.setTimeout(200_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-kubernetes-'));
const found = programFile('kubernetes');
const quiet = { say: () => undefined };
let cluster: ClusterClient;
let store: Store;
let runner: KubernetesRunner;
let giveTurn: () => Promise<void>;

const IMAGE = 'localhost/millrace-sandbox:1';
let counted = 0;
const runOf = (script: string, more: Partial<KubernetesRun> = {}): KubernetesRun => ({
  key: {
    digest: `sha256:${'0'.repeat(64)}`,
    suite: 'suite',
    content: 'suite',
    test: `test-${++counted}`,
    architecture: 'x86_64',
    attempt: 0,
    try: 1,
  },
  image: IMAGE,
  job: { program: ['/bin/busybox', 'sh', '-c', script], command: [] },
  manifests: [],
  ports: [],
  http: [],
  keepSeconds: 0,
  timeoutSeconds: 60,
  level: { name: 'baseline', reason: 'the busybox of the test has no user' },
  memory: '64Mi',
  cpu: '100m',
  ...more,
});

beforeAll(async () => {
  if ('remedy' in found) throw new Error(found.remedy);
  giveTurn = await takeClusterTurn();
  const { kubeconfig } = await startCluster({
    folder: join(folder, 'cluster'),
    kubernetes: found.file,
    registries: [],
    onProgress: quiet.say,
  });
  cluster = await connectCluster(kubeconfig);
  store = createFolderStore(join(folder, 'store'));
  runner = createKubernetesRunner({ cluster, store, now: () => new Date() });
}, 900_000);

afterAll(async () => {
  await stopCluster(join(folder, 'cluster'), { wipe: true });
  await giveTurn();
  rmSync(folder, { recursive: true, force: true });
});

const logOf = async (name: string) => readFileSync(await store.log(name), 'utf8');

describe('a test on a real cluster', () => {
  it('passes, with its whole log', async () => {
    const run = runOf('i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo line $i; /bin/busybox sleep 0.1; done');
    const report = await runner.run(run, 'passes.log', quiet);
    expect(report).toMatchObject({ outcome: 'ended', exit: 0 });
    const lines = (await logOf('passes.log')).trim().split('\n');
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 1}`));
    await runner.discard(run);
  });

  it('fails with its code, and is found as it ended when it is asked for again', async () => {
    const run = runOf('echo no; exit 3');
    const report = await runner.run(run, 'fails.log', quiet);
    expect(report).toMatchObject({ outcome: 'ended', exit: 3 });
    expect(await runner.run(run, 'fails.log', quiet)).toMatchObject({ outcome: 'ended', exit: 3, pod: report.pod });
    expect((await logOf('fails.log')).split('\n').filter((line) => line.endsWith(' no'))).toHaveLength(1);
    await runner.discard(run);
  });

  it('says that an image is not there', async () => {
    const run = runOf('true', { image: '127.0.0.1:1/none:1', timeoutSeconds: 5 });
    const said: string[] = [];
    const stop = new AbortController();
    const ended = runner.run(run, 'missing.log', {
      signal: stop.signal,
      say: (line) => {
        said.push(line);
        if (line.includes('ErrImagePull') || line.includes('ImagePullBackOff')) stop.abort(new Error('seen'));
      },
    });
    await expect(ended).rejects.toThrow();
    expect(said.some((line) => /ErrImagePull|ImagePullBackOff/.test(line))).toBe(true);
    await runner.discard(run);
  });

  it('is ended by its deadline, with its log', async () => {
    const run = runOf('echo begun; exec /bin/busybox sleep 3600', { timeoutSeconds: 3 });
    const report = await runner.run(run, 'deadline.log', quiet);
    expect(report).toMatchObject({ outcome: 'failed', reason: 'it ran for longer than it may' });
    expect(await logOf('deadline.log')).toMatch(/ begun\n/);
    await runner.discard(run);
  });

  it('is ended by its memory, and the report says so', async () => {
    const run = runOf('x=$(/bin/busybox head -c 200000000 /dev/zero | /bin/busybox tr "\\0" x); echo ${#x}');
    expect(await runner.run(run, 'memory.log', quiet)).toMatchObject({ outcome: 'ended', exit: 137, reason: 'OOMKilled' });
    await runner.discard(run);
  });

  it('reaches the server under test at its address', async () => {
    const server = {
      program: ['/bin/busybox', 'sh', '-c'],
      command: ['while true; do echo hello | /bin/busybox nc -l -p 8080; done'],
      port: 8080,
    };
    const run = runOf('/bin/busybox nc -w 5 ${SERVER%:*} ${SERVER#*:} < /dev/null | /bin/busybox grep hello', { server });
    expect(await runner.run(run, 'server.log', quiet)).toMatchObject({ outcome: 'ended', exit: 0 });
    await runner.discard(run);
  });

  it('leaves nothing: what was discarded is gone, and what nobody discarded is collected when its time is over', async () => {
    const run = runOf('true');
    await runner.run(run, 'left.log', quiet);
    const later = createKubernetesRunner({ cluster, store, now: () => new Date(Date.now() + 24 * 3600 * 1000) });
    expect(await runner.collect()).toEqual([]);
    expect((await later.collect()).length).toBeGreaterThan(0);
    while ((await cluster.namespaces({ 'app.kubernetes.io/managed-by': 'millrace' })).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 200));
  });
});
