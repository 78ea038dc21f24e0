import { CancellationScope, condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import type { Digest } from '../domain/digest';
import type { ImageGateRecord, ImageOutcome, ImageRecord, TagMove } from '../domain/image/image';
import type { SettledImage } from '../domain/image/reduce';
import { control } from './activities';
import { imageControl, imagePublisher, imageSigner } from './image-activities';
import type { ImageDesk } from './image-desk';
import { imageHeldSignal, imageHoldSignal, imageId } from './messages';
import { brief } from './release-line';

/** How a release of an image ended, why in one line, and the tags that moved. */
export interface ImageEnded {
  readonly outcome: ImageOutcome;
  readonly reason: string;
  readonly tags: readonly TagMove[];
}

/** Heeds the holds of its image, and answers them unless its tags move already: a rollback waits for the answer, or for the end. */
export function heedHolds({ state, release, input, show }: ImageDesk): void {
  setHandler(imageHoldSignal, ({ hold }) => {
    state.hold = hold;
    show();
    if (!hold || state.tagging) return;
    const image = getExternalWorkflowHandle(imageId(input.lock.image));
    void image.signal(imageHeldSignal, { release }).catch(() => undefined);
  });
}

/** Opens the gate, signs, and moves the tags: the last thing that happens, and what a hold of the image stops. While they move nothing is cancelled. */
export async function tagImage(desk: ImageDesk): Promise<ImageEnded> {
  const { state, input } = desk;
  await untilResumed(desk);
  if (state.hold) return replaced(desk);
  const gate = await openImageGate(desk);
  desk.enter('passed the gate: signs', 'sign');
  const { signatures } = await CancellationScope.nonCancellable(() => imageSigner.signImages({ gate }));
  await untilResumed(desk);
  if (state.hold) return replaced(desk);
  state.tagging = true;
  desk.enter('signed: moves its tags', 'tags');
  const { tags, said } = await CancellationScope.nonCancellable(() => imagePublisher.moveTags({ lock: input.lock, gate, signatures }));
  const moved = tags.length === 0 ? 'no tag had to move' : `moved ${tags.map(({ tag }) => tag).join(', ')}`;
  return { outcome: 'tagged', reason: [moved, ...said].join('; '), tags };
}

/** Another lock took its place. */
export function replaced({ state }: ImageDesk): ImageEnded {
  return { outcome: 'superseded', reason: `replaced by ${state.supersededBy}`, tags: [] };
}

/** Waits durably until its image is resumed, or another lock replaces this one. */
async function untilResumed(desk: ImageDesk): Promise<void> {
  const { state } = desk;
  if (!state.hold) return;
  desk.enter('its image is on hold: stands before its tags', 'hold');
  await condition(() => state.hold === undefined || state.supersededBy !== undefined);
}

/** What signer and publisher will read: these digests passed these checks. */
async function openImageGate(desk: ImageDesk): Promise<Digest> {
  const { state, input, release } = desk;
  const { lock } = input;
  const record: ImageGateRecord = {
    ...{ release, image: lock.image, repository: lock.repository, lock },
    ...{ variants: state.built, verdicts: state.verdicts.map(brief), accepted: state.accepted },
    openedAt: new Date().toISOString(),
  };
  return imageControl.writeImageGate(record);
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
