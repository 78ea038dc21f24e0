import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import { imageStandings } from '../domain/image/gate';
import type { ImageDecision, ImageReleaseInput } from '../domain/image/image';
import type { Cause } from '../domain/release/release';
import { control } from './activities';
import { openImageDesk } from './image-desk';
import type { ImageDesk } from './image-desk';
import { attemptImage } from './image-line';
import { imageId } from './messages';
import { closeImage, heedHolds, replaced, tagImage } from './image-tags';
import type { ImageEnded } from './image-tags';
import { reasonOf } from './release-line';

/** `image-release:<name>-<key of the lock>`: one lock from build to tags. Reads top to bottom like the story it tells. */
export async function imageRelease(input: ImageReleaseInput): Promise<Pick<ImageEnded, 'outcome' | 'reason'>> {
  const desk = openImageDesk(input);
  heedHolds(desk);
  let ended: ImageEnded;
  try {
    const passed = await untilTheGateOpens(desk);
    ended = passed === 'passed' ? await tagImage(desk) : passed;
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof ActivityFailure)) throw error;
    ended = { outcome: 'failed', reason: isCancellation(error) ? 'cancelled by a person' : reasonOf(error), tags: [] };
  }
  await CancellationScope.nonCancellable(() => closeImage(desk, ended));
  const { outcome, reason } = ended;
  if (outcome === 'failed') throw ApplicationFailure.create({ type: 'ImageReleaseFailed', message: reason, nonRetryable: true });
  return { outcome, reason };
}

/** Build, push and test, again and again, until every check is fulfilled or the lock is given up. */
async function untilTheGateOpens(desk: ImageDesk): Promise<'passed' | ImageEnded> {
  const { state, input } = desk;
  for (;;) {
    const blocked = await attemptImage(desk);
    if (blocked.length === 0) return 'passed';
    if (state.supersededBy) return replaced(desk);
    const failed = imageStandings({ ...state, lock: input.lock }).filter(({ is }) => is === 'failed');
    const answer = await desk.ask(
      blocked,
      failed.map(({ check }) => check),
    );
    if (answer === 'superseded') return replaced(desk);
    if (answer.kind === 'reject') return { outcome: 'rejected', reason: `${answer.by}: ${answer.reason}`, tags: [] };
    await follow(desk, answer);
  }
}

/** Only what did not pass is done again; what a person accepted stays accepted. */
async function follow(desk: ImageDesk, decision: Exclude<ImageDecision, { kind: 'reject' }>): Promise<void> {
  const { state } = desk;
  if (decision.kind === 'waive') {
    const { check, by, reason } = decision;
    state.accepted = [...state.accepted, { check, by, reason, at: new Date().toISOString() }];
    return;
  }
  state.attempt += 1;
  state.verdicts = state.verdicts.filter(
    ({ check, outcome }) => outcome !== 'failed' || state.accepted.some((accepted) => accepted.check === check),
  );
  if (patched('a-retry-looks-again')) await lookAgain(desk, decision.by);
}

/** Who asks for a retry may have mended image.yaml, a suite or a package: what main says now takes the place of this lock. */
async function lookAgain({ input, release, state }: ImageDesk, by: string): Promise<void> {
  const id = `${release}:retry:${state.attempt}`;
  const cause: Cause = { id, kind: 'person', text: `${by} asked for it again`, at: new Date().toISOString(), by };
  const { image } = input.lock;
  await control.announce({ messages: [{ workflowId: imageId(image), signal: 'hint', argument: { id, cause } }] });
}
