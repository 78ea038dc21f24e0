import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client, Connection } from '@temporalio/client';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { connectCluster, type ClusterClient } from '../../src/activities/kubernetes/cluster-client';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Store } from '../../src/activities/store/store';
import { startCluster, stopCluster } from '../../src/cluster/cluster';
import { statePaths } from '../../src/config/config';
import { requireConfig } from '../../src/config/load';
import { programFile } from '../../src/config/tools';
import { freePorts } from '../../src/demo/free-ports';
import { createPerson, makeRepository, type Person } from '../../src/demo/person';
import { startUpstreamServer } from '../../src/demo/upstream-server';
import { makeStage0 } from '../../src/stage0/stage0';
import { connectClient } from '../../src/workers/connection';
import { startFactory, type Factory } from '../../src/workers/supervisor';
import { takeClusterTurn } from './cluster-turn';
import { helloSpec, SOURCE } from './hello-images';

/** A whole factory of one package and its images beside a Kubernetes of one node, a person at a keyboard, and all that is looked at from outside. */
export interface ImageFactory {
  readonly client: Client;
  readonly cluster: ClusterClient;
  readonly kubeconfig: string;
  readonly person: Person;
  /** `http://127.0.0.1:<port>` */
  readonly registry: string;
  readonly store: Store;
  /** Of logs in the store. */
  readonly logs: string;
  /** Of the cluster's own files. */
  readonly clusterFolder: string;
  /** Manifests and tags as the registry's own files have them. */
  readonly registryFiles: string;
  factory(): Factory;
  /** Upstream releases this version of hello. */
  release(version: string): Promise<void>;
  /** SIGKILL to every process of the factory, Temporal and registry too, and waits for their end; each comes back as after any crash. */
  killAll(): Promise<void>;
  /** Stops the factory in order, and starts it again with the same state after these milliseconds. */
  restart(pauseMs: number): Promise<void>;
  stop(): Promise<void>;
}

async function tarball(version: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: `hello-${version}/hello.c`, mtime: new Date(0) }, SOURCE);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** Starts all of it in a folder of its own; whatever was started is stopped again when something fails. */
export async function startImageFactory(imageFiles: Readonly<Record<string, string>>): Promise<ImageFactory> {
  const kubernetes = programFile('kubernetes');
  if ('remedy' in kubernetes) throw new Error(kubernetes.remedy);
  const closing: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    closing.push(await takeClusterTurn());
    const folder = mkdtempSync(join(tmpdir(), 'millrace-images-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const upstream = await startUpstreamServer({ folder: join(folder, 'upstream') });
    closing.push(() => upstream.close());

    const release = async (version: string) => {
      const file = join(folder, 'made', `hello-${version}.tar.gz`);
      mkdirSync(join(folder, 'made'), { recursive: true });
      writeFileSync(file, await tarball(version));
      await upstream.release('hello', file);
    };
    const digest = createHash('sha256')
      .update(await tarball('1.0'))
      .digest('hex');
    const specs = join(folder, 'specs.git');
    await makeRepository(specs, join(folder, 'scratch'), {
      'packages/hello.yaml': helloSpec(upstream.address, digest),
      ...imageFiles,
    });
    await release('1.0');

    const [temporal, ui, gateway, port] = await freePorts(4);
    const clusterFolder = join(folder, 'cluster');
    closing.push(() => stopCluster(clusterFolder, { wipe: true }));
    const { kubeconfig } = await startCluster({
      folder: clusterFolder,
      kubernetes: kubernetes.file,
      registries: [`127.0.0.1:${port}`],
      onProgress: () => undefined,
    });
    const file = join(folder, 'millrace.yaml');
    writeFileSync(
      file,
      `distribution: hello
state: state
specs: {repository: specs.git}
watch: {every: 2s}
images: {port: ${port}}
kubernetes: {kubeconfig: "${kubeconfig}"}
temporal: {address: "127.0.0.1:${temporal}", ui-port: ${ui}}
gateway: {port: ${gateway}}
`,
    );
    const config = requireConfig(file);
    const paths = statePaths(config.state);
    await makeStage0({ architecture: 'x86_64', out: paths.stage0 });
    let factory = await startFactory(config);
    closing.push(() => factory.stop());
    let { client, connection }: { client: Client; connection: Connection } = await connectClient(config);
    closing.push(() => connection.close());

    return {
      get client() {
        return client;
      },
      cluster: await connectCluster(kubeconfig),
      kubeconfig,
      person: createPerson({
        repository: specs,
        clones: join(folder, 'ann'),
        configFile: file,
        command: resolve(__dirname, '../../bin/millrace.js'),
      }),
      registry: config.images!.registry,
      store: createFolderStore(paths.store),
      logs: join(paths.store, 'logs'),
      clusterFolder,
      registryFiles: join(paths.registry, 'data/docker/registry/v2/repositories'),
      factory: () => factory,
      release,
      async killAll() {
        const names = Object.keys(factory.pids);
        await Promise.all(names.map((name) => factory.kill(name, 'SIGKILL')));
      },
      async restart(pauseMs) {
        await connection.close();
        await factory.stop();
        await new Promise((done) => setTimeout(done, pauseMs));
        factory = await startFactory(config);
        ({ client, connection } = await connectClient(config));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Looks again and again; throws after `seconds`, and at once where `look` does. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 150): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
