import type { Message } from '../activities/contract';
import { floorPage } from '../domain/floor/page';
import { packagePage } from '../domain/package/details';
import { repositoryPage } from '../domain/publication/details';
import { packageId, QUEUES } from './messages';
import type { FloorInput, Hint, PackageEntityInput, RepositoryInput } from './messages';

/** What every package entity of an installation is started with. */
export type PackageDefaults = Pick<PackageEntityInput, 'distribution' | 'architectures' | 'reminders' | 'floor'>;

/** The one way in: signal-with-start of `package:<name>`. The command, the gateway and the watch all send this. */
export function hintMessage(defaults: PackageDefaults, name: string, hint: Hint): Message {
  const input: PackageEntityInput = {
    distribution: defaults.distribution,
    architectures: defaults.architectures,
    reminders: defaults.reminders,
    floor: defaults.floor,
    package: name,
  };
  return {
    workflowId: packageId(name),
    signal: 'hint',
    argument: hint,
    start: { type: 'packageEntity', taskQueue: QUEUES.workflows, input, ...packagePage(name) },
  };
}

/** How `repository:<distribution>` is started by whoever needs it first. */
export function repositoryStart(distribution: string): NonNullable<Message['start']> {
  const input: RepositoryInput = { distribution };
  return { type: 'repository', taskQueue: QUEUES.workflows, input, ...repositoryPage(distribution) };
}

/** How `floor:<distribution>` is started by whoever tells it something first. */
export function floorStart(defaults: PackageDefaults): NonNullable<Message['start']> {
  const { distribution, architectures, reminders, floor: settings } = defaults;
  const input: FloorInput = { distribution, settings, architectures, reminders };
  return { type: 'floor', taskQueue: QUEUES.workflows, input, ...floorPage(distribution) };
}
