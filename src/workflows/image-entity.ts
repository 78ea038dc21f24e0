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
import { imageLooks, imagePublisher } from './image-activities';
import { orderRefusal } from '../domain/image/order';
import {
  imageHeldSignal,
  imageHoldSignal,
  imageOrderSignal,
  imageOrderUpdate,
  imageHintSignal,
  imageHintUpdate,
  imageQuery,
  imageSettledSignal,
  QUEUES,
  SEARCH,
  supersedeSignal,
} from './messages';
import { imageView } from './image-view';
import type { ImageEntityInput } from './messages';
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
    showHold();
    return step.text;
  };
  let shown = false;
  const showHold = () => {
    if (shown === (state.hold !== undefined)) return;
    shown = !shown;
    upsertSearchAttributes([{ key: SEARCH.stage, value: shown ? 'hold' : null }]);
  };
  setHandler(imageQuery, () => imageView(state));
  setHandler(imageHintSignal, (hint) => void apply({ kind: 'hint', hint }));
  setHandler(imageHintUpdate, (hint) => ({ accepted: true, text: apply({ kind: 'hint', hint }) }));
  setHandler(imageSettledSignal, (settled) => void apply({ kind: 'settled', settled }));
  setHandler(imageOrderSignal, (order) => void apply({ kind: 'order', order, at: Date.now() }));
  setHandler(imageOrderUpdate, (order) => apply({ kind: 'order', order, at: Date.now() }), {
    validator(order) {
      const refused = orderRefusal(order, state);
      if (refused !== undefined) throw new Error(refused);
    },
  });
  setHandler(imageHeldSignal, ({ release }) => void apply({ kind: 'held', release }));
  upsertSearchAttributes([{ key: SEARCH.image, value: input.image }]);
  showHold();

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
  const rollBack = async ({ rollback }: Extract<ImageCommand, { kind: 'rollback' }>) => {
    const result = await imagePublisher
      .rollBackTags({ image: input.image, rollback })
      .catch((error: unknown) => ({ problem: reasonOf(error) }));
    apply({ kind: 'rolled-back', id: rollback.id, result });
  };
  const execute = async (command: ImageCommand) => {
    if (command.kind === 'look') return look(command);
    if (command.kind === 'start') return start(command);
    if (command.kind === 'rollback') return rollBack(command);
    const handle = getExternalWorkflowHandle(command.release);
    const { hold } = command.kind === 'hold' ? command : {};
    // A release that is gone without a word holds up no rollback.
    if (command.kind === 'hold') return handle.signal(imageHoldSignal, hold ? { hold } : {}).catch(noticeVanished);
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
