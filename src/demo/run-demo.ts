import { readFile } from 'node:fs/promises';
import { webhookSecrets } from '../config/secrets';
import { rolesOf } from '../workers/roles';
import type { Narrator } from './narrator';
import { prepareStage } from './stage';
import type { Stage } from './stage';
import type { Scene } from './scene';
import { baseLine, rejected, survivesKills, upstreamRelease, waitsForAPerson } from './story';
import { advisories } from './story-advisories';
import { cascade } from './story-cascade';
import { imageOnCluster, imageSurvivesKill, imageWaits } from './story-image';
import { tamperWithPigz } from './tampered';

/** What the demo leaves running with `--keep`, until `stop`. */
export interface Running {
  readonly ui: string;
  readonly configFile: string;
  stop(): Promise<void>;
}

/** Plays the whole story in `folder` (made anew) on real components; the chapter on Kubernetes where `kubeconfig` names a cluster. Throws at the first thing that does not hold; what runs is stopped then. */
export async function runDemo(
  folder: string,
  narrator: Narrator,
  interrupted: AbortSignal,
  kubeconfig: string | undefined,
): Promise<Running> {
  narrator.chapter('Set-up: upstream releases, build environment, spec repository');
  const stage = await prepareStage(folder, {
    packages: [
      ['zlib', '1.2.13'],
      ['lz4', '1.9.4'],
      ['pigz', '2.8'],
      ['libxml2', '2.9.14'],
      ['xmlcheck', '1.0'],
      ['xmlcount', '1.0'],
    ],
    images: true,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    onMain: ['zlib', 'lz4', 'libxml2'],
    say: (text) => narrator.say(text),
    onStart: () => narrator.chapter('The factory starts: Temporal, a process per role, the gateway'),
  });
  try {
    narrator.say(`Temporal UI: ${stage.factory.addresses.ui}`);
    const scene: Scene = {
      ...narrator,
      ...stage,
      patch: { name: 'CVE-2023-45853.patch', content: await readFile(stage.releases.zlibPatch, 'utf8') },
      webhookSecret: (await webhookSecrets(stage.config))[0]!,
      roles: rolesOf(stage.config),
      scratch: folder,
    };
    const first = [baseLine, severalAtOnce(stage, folder), waitsForAPerson, rejected, survivesKills];
    const last = kubeconfig === undefined ? [] : [imageOnCluster];
    for (const chapter of [...first, advisories, cascade, imageWaits, imageSurvivesKill, ...last]) {
      interrupted.throwIfAborted();
      await Promise.race([chapter(scene), abortOf(interrupted)]);
    }
    return { ui: stage.factory.addresses.ui, configFile: stage.config.file, stop: () => stage.stop() };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

/** zlib 1.3.1, and beside it the releases of the next chapters: the line carries them side by side. */
function severalAtOnce(stage: Stage, folder: string): (scene: Scene) => Promise<void> {
  return async (scene) => {
    const told = upstreamRelease(scene);
    await stage.release('lz4', '1.10.0');
    await stage.upstream.release('pigz', await tamperWithPigz(stage.releases.find('pigz', '2.8').file, folder));
    await told;
  };
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
