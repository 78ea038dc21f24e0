import { CancellationScope } from '@temporalio/workflow';
import type { Digest } from '../domain/digest';
import type { ImageGateRecord, ImageOutcome, ImageRecord, TagMove } from '../domain/image/image';
import type { SettledImage } from '../domain/image/reduce';
import { control } from './activities';
import { imageControl, imagePublisher, imageSigner } from './image-activities';
import type { ImageDesk } from './image-desk';
import { imageId } from './messages';
import { brief } from './release-line';

/** How a release of an image ended, why in one line, and the tags that moved. */
export interface ImageEnded {
  readonly outcome: ImageOutcome;
  readonly reason: string;
  readonly tags: readonly TagMove[];
}

/** What signer and publisher will read: these digests passed these checks. */
export async function openImageGate(desk: ImageDesk): Promise<Digest> {
  const { state, input, release } = desk;
  const { lock } = input;
  const record: ImageGateRecord = {
    ...{ release, image: lock.image, repository: lock.repository, lock },
    ...{ variants: state.built, verdicts: state.verdicts.map(brief), accepted: state.accepted },
    openedAt: new Date().toISOString(),
  };
  return imageControl.writeImageGate(record);
}

/** Signs, and moves the tags: the last thing that happens. From here on nothing is cancelled. */
export async function tagImage(desk: ImageDesk, gate: Digest): Promise<ImageEnded> {
  return CancellationScope.nonCancellable(async () => {
    desk.enter('passed the gate: signs', 'sign');
    const { signatures } = await imageSigner.signImages({ gate });
    desk.enter('signed: moves its tags', 'tags');
    const tags = await imagePublisher.moveTags({ lock: desk.input.lock, gate, signatures });
    const moved = tags.map(({ tag }) => tag).join(', ');
    return { outcome: 'tagged', reason: moved === '' ? 'no tag had to move' : `moved ${moved}`, tags };
  });
}

/** The record, and the word to the image. */
export async function closeImage(desk: ImageDesk, ended: ImageEnded): Promise<void> {
  const { state, input, release: id } = desk;
  const { lock, causes } = input;
  const { outcome, reason, tags } = ended;
  desk.enter(`${outcome}: ${reason}`, outcome);
  const { startedAt, verdicts, decisions, built: variants } = state;
  const record: ImageRecord = {
    ...{ id, image: lock.image, repository: lock.repository, lock, outcome, reason, causes },
    ...{ variants, verdicts, decisions, tags, startedAt, finishedAt: new Date().toISOString() },
  };
  await imageControl.writeImageRecord(record);
  const settled: SettledImage = { id: `${id}@${startedAt}`, release: id, lock, outcome, reason, tags };
  await control.announce({ messages: [{ workflowId: imageId(lock.image), signal: 'settled', argument: settled }] });
}
