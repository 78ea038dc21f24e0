import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { imageDetails } from '../domain/image/details';
import type { ImageReleaseInput } from '../domain/image/image';
import { newImage, reduceImage } from '../domain/image/reduce';
import type { ImageCommand, ImageEvent, ImageState } from '../domain/image/reduce';
import { releaseOrigin } from '../domain/release/details';
import { clamp, DETAILS_BYTES, SUMMARY_BYTES } from '../domain/text/clamp';
import { entities } from './activities';
import { imageLooks } from './image-activities';
import { imageHintSignal, imageHintUpdate, imageQuery, imageSettledSignal, QUEUES, SEARCH, supersedeSignal } from './messages';
import type { ImageEntityInput, ImageView } from './messages';
import { reasonOf } from './release-line';

/** Before mass rebuilds, beside releases. */
const PRIORITY = 3;

/** `image:<name>`: the one place where releases of an image start. A thin shell around `reduceImage`; it never fails and its handlers never throw. */
export async function imageEntity(input: ImageEntityInput): Promise<string> {
  let state = (input.state as ImageState | undefined) ?? newImage(input.image);
  const commands: ImageCommand[] = [];

  const apply = (event: ImageEvent): string => {
    const step = reduceImage(state, event);
    state = step.state;
    commands.push(...step.commands);
    setCurrentDetails(clamp(imageDetails(state), DETAILS_BYTES));
    return step.text;
  };
  setHandler(imageQuery, () => viewOf(state));
  setHandler(imageHintSignal, (hint) => void apply({ kind: 'hint', hint }));
  setHandler(imageHintUpdate, (hint) => ({ accepted: true, text: apply({ kind: 'hint', hint }) }));
  setHandler(imageSettledSignal, (settled) => void apply({ kind: 'settled', settled }));
  upsertSearchAttributes([{ key: SEARCH.image, value: input.image }]);

  const look = async ({ hints, previous }: Extract<ImageCommand, { kind: 'look' }>) => {
    await noticeVanished();
    const because = hints.map(({ cause }) => cause.text).join('; ');
    const found = await imageLooks(because)
      .lockImage({ image: input.image, ...(previous ? { previous } : {}) })
      .catch((error: unknown) => ({ problem: reasonOf(error) }));
    apply({ kind: 'looked', look: found, hints, at: Date.now() });
  };
  const noticeVanished = async () => {
    const flying = state.inFlight?.release;
    if (!flying) return;
    const standing = await entities.standing({ workflowId: flying }).catch(() => 'unknown' as const);
    if (standing === 'closed' && state.inFlight?.release === flying) apply({ kind: 'vanished', release: flying });
  };
  const start = async ({ release, target }: Extract<ImageCommand, { kind: 'start' }>) => {
    const { distribution, architectures, reminders } = input;
    const args: [ImageReleaseInput] = [{ ...target, distribution, architectures, reminders }];
    const { generation, variants } = target.lock;
    const summary = `${input.image} ${variants[0]?.version ?? ''} from generation ${generation}: ${target.causes[0]?.text ?? 'no cause given'}`;
    try {
      await startChild('imageRelease', {
        args,
        workflowId: release,
        taskQueue: QUEUES.workflows,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: clamp(summary, SUMMARY_BYTES),
        staticDetails: clamp(releaseOrigin(target.causes), DETAILS_BYTES),
        priority: { priorityKey: PRIORITY },
        typedSearchAttributes: [
          { key: SEARCH.image, value: input.image },
          { key: SEARCH.stage, value: 'starting' },
          { key: SEARCH.causes, value: target.causes.map((cause) => cause.id.slice(0, 200)) },
        ],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
  const execute = async (command: ImageCommand) => {
    if (command.kind === 'look') return look(command);
    if (command.kind === 'start') return start(command);
    const handle = getExternalWorkflowHandle(command.release);
    return handle.signal(supersedeSignal, { by: command.by }).catch(() => undefined);
  };

  for (;;) {
    await condition(() => commands.length > 0 || workflowInfo().continueAsNewSuggested || state.removed);
    for (let command = commands.shift(); command; command = commands.shift()) await execute(command);
    if (state.removed && !state.inFlight && allHandlersFinished()) return `${input.image} is no longer in the spec repository`;
    if (!workflowInfo().continueAsNewSuggested || state.looking) continue;
    await condition(allHandlersFinished);
    if (commands.length === 0) await continueAsNew<typeof imageEntity>({ ...input, state });
  }
}

function viewOf({ image, inFlight, next, tagged, lastLook, problem, rejected, history }: ImageState): ImageView {
  return {
    image,
    ...(inFlight ? { inFlight: { release: inFlight.release, generation: inFlight.lock.generation, causes: inFlight.causes } } : {}),
    ...(next ? { next: { generation: next.lock.generation } } : {}),
    ...(tagged ? { tagged: { key: tagged.key, generation: tagged.generation, version: tagged.variants[0]?.version ?? '' } } : {}),
    ...(lastLook ? { lastLook: { at: new Date(lastLook.at).toISOString(), text: lastLook.text } } : {}),
    ...(problem === undefined ? {} : { problem }),
    rejected,
    history,
  };
}
