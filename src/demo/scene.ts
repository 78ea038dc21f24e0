import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Factory } from '../workers/supervisor';
import { releaseId, releaseQuery } from '../workflows/messages';
import type { ReleaseView } from '../workflows/messages';
import type { Narrator } from './narrator';
import type { Outside } from './outside';
import type { Person } from './person';

/** Everything that the chapters of the demo act on and look at. */
export interface Scene extends Narrator {
  readonly factory: Factory;
  readonly client: Client;
  readonly person: Person;
  readonly outside: Outside;
  readonly stage0: { readonly folder: string; readonly key: string };
  readonly specFiles: Readonly<Record<string, string>>;
  /** The files of the example image, by their path in the spec repository. */
  readonly imageFiles: Readonly<Record<string, string>>;
  readonly patch: { readonly name: string; readonly content: string };
  readonly webhookSecret: string;
  /** For files that are nobody's. */
  readonly scratch: string;
  readonly roles: readonly string[];
  /** Makes a release appear on the demo's upstream. */
  readonly release: (name: string, version: string) => Promise<void>;
}

export const PATIENCE_MS = 300_000;

/** Looks again and again; a claim that does not hold within five minutes ends the demo. */
export async function until(scene: Scene, what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) scene.verify(what, false, 'not within five minutes');
    await sleep(250);
  }
}

export const published = (scene: Scene, full: string) => until(scene, `${full} is published`, () => scene.outside.has(full));

/** The release of a version, once it waits for a person. */
export async function waits(scene: Scene, name: string, version: string): Promise<ReleaseView> {
  const handle = scene.client.workflow.getHandle(releaseId(name, version, 0));
  let view: ReleaseView | undefined;
  await until(scene, `${name} ${version} waits for a person`, async () => {
    view = await handle.query(releaseQuery).catch(() => undefined);
    return view?.waitingFor !== undefined;
  });
  return view!;
}

/** SIGKILL to every process of the factory but the Temporal server and the registry; they are started again as after any crash. */
export async function killWorkers(scene: Scene): Promise<void> {
  await Promise.all(scene.roles.map((role) => scene.factory.kill(role, 'SIGKILL')));
}
