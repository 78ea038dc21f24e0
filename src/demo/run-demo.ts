import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { statePaths } from '../config/config';
import type { Config } from '../config/config';
import { requireConfig } from '../config/load';
import { ensureSecret, webhookSecrets } from '../config/secrets';
import { makeStage0 } from '../stage0/stage0';
import { connectClient } from '../workers/connection';
import { rolesOf } from '../workers/roles';
import { startFactory } from '../workers/supervisor';
import { fetchDemoReleases } from './debian-sources';
import type { DemoReleases } from './debian-sources';
import { freePorts } from './free-ports';
import type { Narrator } from './narrator';
import { lookFromOutside } from './outside';
import { createPerson, makeSpecRepository } from './person';
import { baseLine, rejected, survivesKills, upstreamRelease, waitsForAPerson } from './story';
import type { Scene } from './story';
import { tamperWithPigz } from './tampered';
import { startUpstreamServer } from './upstream-server';

/** What the demo leaves running with `--keep`, until `stop`. */
export interface Running {
  readonly ui: string;
  readonly configFile: string;
  stop(): Promise<void>;
}

const BASE = [
  ['zlib', '1.2.13'],
  ['lz4', '1.9.4'],
  ['pigz', '2.8'],
] as const;

/** Plays the whole story in `folder` (made anew) on real components. Throws at the first thing that does not hold; what runs is stopped then. */
export async function runDemo(folder: string, narrator: Narrator, interrupted: AbortSignal): Promise<Running> {
  narrator.chapter('Set-up: upstream releases, build environment, spec repository');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const onProgress = (text: string) => narrator.say(text);
  const releases = await fetchDemoReleases(path.join(folder, 'releases'), { onProgress });
  const upstream = await startUpstreamServer({ folder: path.join(folder, 'upstream') });
  const closing: (() => Promise<void>)[] = [() => upstream.close()];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  const release = (name: string, version: string) => upstream.release(name, releases.find(name, version).file);
  try {
    for (const [name, version] of BASE) await release(name, version);
    const config = await writeConfig(folder);
    const paths = statePaths(config.state);
    const stage0 = await makeStage0({ architecture: 'x86_64', out: paths.stage0, onProgress });
    const specFiles = await specsFor(upstream.address, releases);
    await makeSpecRepository(config.specs.repository, path.join(folder, 'scratch'), {
      'packages/zlib.yaml': specFiles.zlib!,
      'packages/lz4.yaml': specFiles.lz4!,
    });
    await ensureSecret(config, 'webhook');
    narrator.chapter('The factory starts: Temporal, a process per role, the gateway');
    const factory = await startFactory(config, { onProgress });
    closing.push(() => factory.stop());
    narrator.say(`Temporal UI: ${factory.addresses.ui}`);
    const { client, connection } = await connectClient(config);
    closing.push(() => connection.close());
    const scene: Scene = {
      ...narrator,
      factory,
      client,
      person: createPerson({
        repository: config.specs.repository,
        clone: path.join(folder, 'ann'),
        configFile: config.file,
        command: path.resolve(__dirname, '../../bin/millrace.js'),
      }),
      outside: lookFromOutside(config),
      stage0: { folder: path.dirname(stage0.repository), key: stage0.key },
      specFiles,
      patch: { name: 'CVE-2023-45853.patch', content: await readFile(releases.zlibPatch, 'utf8') },
      webhookSecret: (await webhookSecrets(config))[0]!,
      roles: rolesOf(config),
      release,
    };
    const chapters = [
      baseLine,
      upstreamReleaseWithOthers(release, () => tamperWithPigz(releases.find('pigz', '2.8').file, folder), upstream.release),
      waitsForAPerson,
      rejected,
      survivesKills,
    ];
    for (const chapter of chapters) {
      interrupted.throwIfAborted();
      await Promise.race([chapter(scene), abortOf(interrupted)]);
    }
    return { ui: factory.addresses.ui, configFile: config.file, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** zlib 1.3.1, and beside it the releases of the next chapters: the line carries them side by side. */
function upstreamReleaseWithOthers(
  release: (name: string, version: string) => Promise<void>,
  tamper: () => Promise<string>,
  publish: (name: string, tarball: string) => Promise<void>,
): (scene: Scene) => Promise<void> {
  return async (scene) => {
    const told = upstreamRelease(scene);
    await release('lz4', '1.10.0');
    await publish('pigz', await tamper());
    await told;
  };
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

async function writeConfig(folder: string): Promise<Config> {
  const [temporal, ui, gateway] = await freePorts(3);
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
gateway:
  port: ${gateway}
temporal:
  address: 127.0.0.1:${temporal}
  ui-port: ${ui}
`,
  );
  return requireConfig(file);
}

/** The example specs, with the demo's upstream in place of theirs, and the digests of the tarballs at hand. */
async function specsFor(upstream: string, releases: DemoReleases): Promise<Readonly<Record<string, string>>> {
  const entries = BASE.map(async ([name, version]) => {
    const spec = await readFile(path.resolve(__dirname, '../../specs/packages', `${name}.yaml`), 'utf8');
    const here = spec.replace(/^ {2}upstream: .*$/m, `  upstream: ${upstream}`);
    return [name, here.replace(/expected-sha256: [0-9a-f]{64}/, `expected-sha256: ${releases.find(name, version).sha256}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
