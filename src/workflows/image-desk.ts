import { setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Verdict } from '../domain/check/verdict';
import { imageReleaseDetails } from '../domain/image/details';
import { imageWaivable } from '../domain/image/gate';
import type { BuiltVariant, ImageDecision, ImageGateRecord, ImageReleaseInput } from '../domain/image/image';
import type { ImageHold } from '../domain/image/order';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { openDecisionDesk } from './decision-desk';
import type { DeskState } from './decision-desk';
import { imageDecideSignal, imageDecideUpdate, imageId, imageReleaseQuery } from './messages';
import type { ImageReleaseView } from './messages';

/** What a running release of an image knows. */
export interface ImageReleaseState extends DeskState {
  readonly startedAt: string;
  built: readonly BuiltVariant[];
  /** Digests that are in the registry. */
  readonly pushed: Set<string>;
  verdicts: readonly Verdict[];
  accepted: ImageGateRecord['accepted'];
  attempt: number;
  /** Its image is on hold: it stops before its tags. */
  hold?: ImageHold | undefined;
  /** Its tags move: a hold comes too late. */
  tagging: boolean;
}

/** The desk of one release of an image: query, decisions, supersession, reminders. */
export function openImageDesk(input: ImageReleaseInput) {
  const release = workflowInfo().workflowId;
  const { image, generation, variants } = input.lock;
  const state: ImageReleaseState = {
    ...{ startedAt: new Date().toISOString(), stage: 'starting', attempt: 0, tagging: false },
    ...{ built: [], pushed: new Set(), verdicts: [], accepted: [], decisions: [], refused: [] },
  };
  const view = (): ImageReleaseView => {
    const { stage, built, verdicts, accepted, decisions, refused, attempt, waitingFor, hold } = state;
    const shown = { release, input, stage, built, verdicts, accepted, decisions, refused, attempt, ...(hold ? { hold } : {}) };
    return waitingFor ? { ...shown, waitingFor } : shown;
  };
  const show = () => setCurrentDetails(clamp(imageReleaseDetails(view()), DETAILS_BYTES));
  setHandler(imageReleaseQuery, view);
  const { enter, ask } = openDecisionDesk<ImageDecision>(state, {
    word: imageId(image),
    title: `the image ${image} ${variants[0]?.version ?? ''} of generation ${generation}`,
    event: 'image',
    reminders: input.reminders,
    update: imageDecideUpdate,
    signal: imageDecideSignal,
    judge: () => ({ waivable: imageWaivable, kinds: ['retry', 'waive', 'reject'] }),
    show,
  });
  return { release, input, state, enter, ask, show };
}

export type ImageDesk = ReturnType<typeof openImageDesk>;
