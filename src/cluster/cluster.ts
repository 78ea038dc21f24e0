import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, runOrThrow } from '../activities/process';
import { Complaint } from '../config/complaint';
import { ensureCertificates } from './certificates';
import { writeConfiguration } from './configuration';
import { daemonsOf, type Daemon } from './daemons';
import { API_SERVER, clusterPaths, NODE, type ClusterPaths } from './layout';
import { lives, startDaemon, startedDaemons, stopDaemon } from './processes';
import { writeSandboxImage } from './sandbox-image';

export interface ClusterOptions {
  readonly folder: string;
  /** The binary of tools/kubernetes. */
  readonly kubernetes: string;
  /** Registries of plain HTTP, as `host:port`. */
  readonly registries: readonly string[];
  readonly onProgress: (text: string) => void;
}

/** In reverse order of their start: nothing restarts what is being taken down. */
const STOPPED_FIRST = ['kubelet', 'kube-scheduler', 'kube-controller-manager'];
const STOPPED_LAST = ['kube-apiserver', 'etcd', 'containerd'];
const GENTLE = new Set(['etcd', 'containerd']);

/**
 * Starts a Kubernetes of one node on this machine, for tests of images: root, Debian's containerd, runc, CNI plugins, busybox-static and openssl. It listens on 127.0.0.1 and on a bridge of its own,
 * goes on when this process ends, and is found running by a second call. What its pods write is gone with `stopCluster`. Throws a `Complaint` where a part does not come up.
 */
export async function startCluster(options: ClusterOptions): Promise<{ readonly kubeconfig: string }> {
  const paths = clusterPaths(options.folder);
  const say = options.onProgress;
  if (startedDaemons(paths).some((name) => lives(paths, name))) {
    if (await isReady(paths)) return { kubeconfig: paths.kubeconfig };
    throw new Complaint({
      message: `a cluster in ${options.folder} runs and is not ready`,
      remedy: 'millrace cluster down, then up again',
    });
  }
  writeConfiguration(paths, options.registries);
  await ensureCertificates(paths);
  await ensureBridge();
  const daemons = daemonsOf(paths, options.kubernetes);
  const begin = (daemon: Daemon) => startDaemon(paths, daemon);
  const containerd = ctr(paths);
  try {
    for (const daemon of [daemons.etcd, daemons.apiServer, daemons.containerd]) begin(daemon);
    await until(paths, daemons.containerd, 30, async () => (await containerd('version')).code === 0);
    const image = `${paths.configuration}/sandbox.tar`;
    await writeSandboxImage(image);
    await runOrThrow('ctr', ['-a', paths.socket, '-n', 'k8s.io', 'images', 'import', image]);
    say('containerd answers');
    await until(paths, daemons.apiServer, 60, async () => (await ask(paths, '/readyz')) === 'ok');
    say('the API server answers');
    for (const daemon of [daemons.controllers, daemons.scheduler, daemons.kubelet]) begin(daemon);
    await until(paths, daemons.kubelet, 90, () => isReady(paths));
    say('the node is ready');
  } catch (error) {
    await stopCluster(options.folder);
    throw error;
  }
  return { kubeconfig: paths.kubeconfig };
}

/** Stops what `startCluster` started, with every container, mount, cgroup and network of it. The folder stays, with certificates and logs, unless `wipe`. */
export async function stopCluster(folder: string, options: { readonly wipe?: boolean } = {}): Promise<void> {
  const paths = clusterPaths(folder);
  const stop = (name: string) => stopDaemon(paths, name, GENTLE.has(name));
  for (const name of STOPPED_FIRST) await stop(name);
  // Containers outlive containerd: they are ended while it answers.
  const containerd = ctr(paths);
  if (lives(paths, 'containerd')) {
    for (const task of lines((await containerd('tasks', 'ls', '-q')).stdout)) await containerd('tasks', 'rm', '-f', task);
    for (const container of lines((await containerd('containers', 'ls', '-q')).stdout)) await containerd('containers', 'rm', container);
  }
  for (const name of STOPPED_LAST) await stop(name);
  const mounts = lines(readFileSync('/proc/mounts', 'utf8')).map((line) => line.split(' ')[1]!);
  const own = mounts.filter((mount) => mount.startsWith(`${folder}/`)).sort();
  for (const mount of own.reverse()) await run('umount', [mount]);
  const networks = existsSync('/var/run/netns') ? readdirSync('/var/run/netns').filter((name) => name.startsWith('cni-')) : [];
  for (const name of networks) await run('ip', ['netns', 'del', name]);
  removeCgroups();
  await run('ip', ['link', 'del', NODE.bridge]);
  for (const state of [paths.etcd, paths.containerd, paths.kubelet, paths.pods, paths.addresses, paths.run]) {
    if (options.wipe || state !== paths.containerd) rmSync(state, { recursive: true, force: true });
  }
  if (options.wipe) rmSync(folder, { recursive: true, force: true });
}

async function ensureBridge(): Promise<void> {
  if ((await run('ip', ['link', 'show', NODE.bridge])).code !== 0) {
    await runOrThrow('ip', ['link', 'add', NODE.bridge, 'type', 'bridge']);
  }
  await runOrThrow('ip', ['addr', 'replace', `${NODE.address}/24`, 'dev', NODE.bridge]);
  await runOrThrow('ip', ['link', 'set', NODE.bridge, 'up']);
}

const ctr =
  (paths: ClusterPaths) =>
  (...args: readonly string[]) =>
    run('ctr', ['-a', paths.socket, '-n', 'k8s.io', ...args], { timeoutSeconds: 10 });

async function until(paths: ClusterPaths, daemon: Daemon, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    const ended = !lives(paths, daemon.name);
    if (ended || Date.now() > deadline) {
      const log = `${paths.logs}/${daemon.name}.log`;
      const last = existsSync(log) ? lines(readFileSync(log, 'utf8')).at(-1) : undefined;
      throw new Complaint({
        message: `${daemon.name} ${ended ? 'ended' : `is not ready after ${seconds} s`}${last ? `: ${last}` : ''}`,
        remedy: `its log: ${log}`,
      });
    }
    await sleep(100);
  }
}

async function isReady(paths: ClusterPaths): Promise<boolean> {
  const node = await ask(paths, `/api/v1/nodes/${NODE.name}`);
  const account = await ask(paths, '/api/v1/namespaces/default/serviceaccounts/default');
  if (node === undefined || account === undefined) return false;
  const { status, spec } = JSON.parse(node) as {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
    readonly spec?: { readonly taints?: readonly unknown[] };
  };
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready === true && (spec?.taints ?? []).length === 0;
}

/** What the API server answers as admin; undefined for anything but 200. */
async function ask(paths: ClusterPaths, path: string): Promise<string | undefined> {
  const read = (file: string) => readFileSync(`${paths.pki}/${file}`);
  const agent = new Agent({ ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      const request = get(`${API_SERVER}${path}`, { agent, timeout: 5_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : undefined));
        response.on('error', reject);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(undefined));
    });
  } finally {
    agent.destroy();
  }
}

/** Deepest first: a cgroup with children can't be removed. */
function removeCgroups(): void {
  const roots = existsSync('/sys/fs/cgroup')
    ? ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)]
    : [];
  for (const root of roots) removeCgroup(`${root}/kubepods`);
}

function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(`${folder}/${entry.name}`);
    rmdirSync(folder);
  } catch {
    // A process in it is just ending; the next stop removes it.
  }
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
