import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { statePaths } from '../config/config';
import type { Config } from '../config/config';
import { requireConfig } from '../config/load';
import { ensureSecret } from '../config/secrets';
import { makeStage0 } from '../stage0/stage0';
import { connectClient } from '../workers/connection';
import { startFactory } from '../workers/supervisor';
import type { Factory } from '../workers/supervisor';
import { fetchDemoReleases, withReleases } from './debian-sources';
import type { DemoReleases } from './debian-sources';
import { freePorts } from './free-ports';
import { packOwnPrograms } from './own-programs';
import { lookFromOutside } from './outside';
import type { Outside } from './outside';
import { createPerson, makeRepository } from './person';
import type { Person } from './person';
import { startUpstreamServer } from './upstream-server';
import type { UpstreamServer } from './upstream-server';

/** A whole factory in a folder of its own: real releases on a real upstream, a spec repository, a person at a keyboard, and a look from outside. */
export interface Stage {
  readonly config: Config;
  readonly factory: Factory;
  readonly client: Client;
  readonly person: Person;
  readonly outside: Outside;
  readonly upstream: UpstreamServer;
  readonly releases: DemoReleases;
  readonly stage0: { readonly folder: string; readonly key: string };
  /** The example specs by name, with this upstream in place of theirs and the digests of the tarballs at hand. */
  readonly specFiles: Readonly<Record<string, string>>;
  /** Makes a release appear upstream. */
  readonly release: (name: string, version: string) => Promise<void>;
  /** The files of the example image, by their path in the spec repository. */
  readonly imageFiles: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Packages with the version that their example spec names. */
  readonly packages: readonly (readonly [name: string, version: string])[];
  /** Whether the factory makes images: that needs more of the machine. */
  readonly images: boolean;
  /** Of a cluster that suites may run on. */
  readonly kubeconfig?: string;
  /** Those whose spec is on main from the start. */
  readonly onMain: readonly string[];
  readonly say: (text: string) => void;
  /** Told when everything is at hand and the factory is about to start. */
  readonly onStart?: () => void;
}

/** Makes `folder` anew and starts a factory in it. Whatever was started is stopped again when something fails. */
export async function prepareStage(folder: string, options: StageOptions): Promise<Stage> {
  const { packages, onMain, say } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const fetched = await fetchDemoReleases(path.join(folder, 'releases'), { onProgress: say });
  const releases = withReleases(fetched, await packOwnPrograms(path.join(folder, 'releases')));
  const upstream = await startUpstreamServer({ folder: path.join(folder, 'upstream') });
  const closing: (() => Promise<void>)[] = [() => upstream.close()];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  const release = (name: string, version: string) => upstream.release(name, releases.find(name, version).file);
  try {
    for (const [name, version] of packages) await release(name, version);
    const config = await writeConfig(folder, options);
    const stage0 = await makeStage0({ architecture: 'x86_64', out: statePaths(config.state).stage0, onProgress: say });
    const specFiles = await specsFor(packages, upstream.address, releases);
    const files = onMain.map((name) => [`packages/${name}.yaml`, specFiles[name]!] as const);
    const scratch = path.join(folder, 'scratch');
    await makeRepository(config.specs.repository, scratch, Object.fromEntries(files));
    await makeRepository(config.advisories!.repository, scratch, await filesIn('advisories', ''));
    await ensureSecret(config, 'webhook');
    options.onStart?.();
    const factory = await startFactory(config, { onProgress: say });
    closing.push(() => factory.stop());
    const { client, connection } = await connectClient(config);
    closing.push(() => connection.close());
    const person = createPerson({
      repository: config.specs.repository,
      clones: path.join(folder, 'ann'),
      configFile: config.file,
      command: path.resolve(__dirname, '../../bin/millrace.js'),
    });
    const environment = { folder: path.dirname(stage0.repository), key: stage0.key };
    return {
      config,
      factory,
      client,
      person,
      outside: lookFromOutside(config),
      upstream,
      releases,
      stage0: environment,
      specFiles,
      imageFiles: await filesIn('images/xml-tools', 'images/xml-tools/'),
      release,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeConfig(folder: string, { images, kubeconfig }: StageOptions): Promise<Config> {
  const [temporal, ui, gateway, registry] = await freePorts(4);
  const file = path.join(folder, 'millrace.yaml');
  await writeFile(
    file,
    `# The demo's factory.
distribution: demo
state: state
architectures: [x86_64]
specs:
  repository: specs.git
environment:
  stage0: true
watch:
  every: 2s
advisories:
  repository: advisories.git
  prefix: MLR
floor:
  slots: 1
  debounce: 1s
${images ? `images:\n  port: ${registry}\n` : ''}${kubeconfig ? `kubernetes:\n  kubeconfig: ${JSON.stringify(kubeconfig)}\n` : ''}gateway:
  port: ${gateway}
temporal:
  address: 127.0.0.1:${temporal}
  ui-port: ${ui}
`,
  );
  return requireConfig(file);
}

const EXAMPLES = path.resolve(__dirname, '../../specs');

/** The files of a folder of the example distribution, under the paths that they have in a repository. */
async function filesIn(folder: string, prefix: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(path.join(EXAMPLES, folder));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [`${prefix}${name}`, await readFile(path.join(EXAMPLES, folder, name), 'utf8')] as const)),
  );
}

async function specsFor(
  packages: StageOptions['packages'],
  upstream: string,
  releases: DemoReleases,
): Promise<Readonly<Record<string, string>>> {
  const entries = packages.map(async ([name, version]) => {
    const spec = await readFile(path.join(EXAMPLES, 'packages', `${name}.yaml`), 'utf8');
    const here = spec.replace(/^ {2}upstream: .*$/m, `  upstream: ${upstream}`);
    return [name, here.replace(/expected-sha256: [0-9a-f]{64}/, `expected-sha256: ${releases.find(name, version).sha256}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
