import type { Message } from '../activities/contract';
import type { FloorNews } from '../domain/floor/floor';
import { floorPage } from '../domain/floor/page';
import { imagePage } from '../domain/image/details';
import { packagePage } from '../domain/package/details';
import { repositoryPage } from '../domain/publication/details';
import type { ImageHint } from '../domain/image/reduce';
import { floorId, imageId, packageId, QUEUES } from './messages';
import type { FloorInput, Hint, ImageEntityInput, PackageEntityInput, RepositoryInput } from './messages';

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

/** News for `floor:<distribution>`, which is started with them where it does not run yet. */
export function floorMessage(defaults: PackageDefaults, news: FloorNews): Message {
  return { workflowId: floorId(defaults.distribution), signal: 'news', argument: news, start: floorStart(defaults) };
}

/** How `image:<name>` is started by whoever says something to it first. */
export function imageStart(defaults: PackageDefaults, image: string): NonNullable<Message['start']> {
  const { distribution, architectures, reminders } = defaults;
  const input: ImageEntityInput = { distribution, image, architectures, reminders };
  return { type: 'imageEntity', taskQueue: QUEUES.workflows, input, ...imagePage(image) };
}

/** A hint is a signal-with-start of `image:<name>`. The command, the watch and every generation send this. */
export function imageHintMessage(defaults: PackageDefaults, image: string, hint: ImageHint): Message {
  return { workflowId: imageId(image), signal: 'hint', argument: hint, start: imageStart(defaults, image) };
}
