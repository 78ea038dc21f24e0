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
import { packageDetails } from '../domain/package/details';
import { newPackage, reducePackage } from '../domain/package/package';
import type { PackageCommand, PackageEvent, PackageState, Target } from '../domain/package/package';
import { releaseOrigin } from '../domain/release/details';
import type { ReleaseInput } from '../domain/release/release';
import { urgencyOf } from '../domain/release/urgency';
import { clamp, DETAILS_BYTES, SUMMARY_BYTES } from '../domain/text/clamp';
import { control, entities, looks } from './activities';
import {
  hintSignal,
  hintUpdate,
  packageQuery,
  QUEUES,
  releaseId,
  SEARCH,
  settledSignal,
  supersedeSignal,
  withdrawnSignal,
} from './messages';
import type { PackageEntityInput, PackageView } from './messages';
import { reasonOf } from './release-line';
import { floorMessage } from './start';

/** `package:<name>`: the one place where releases of a package start. A thin shell around `reducePackage`; it never fails and its handlers never throw. */
export async function packageEntity(input: PackageEntityInput): Promise<string> {
  let state = (input.state as PackageState | undefined) ?? newPackage(input.package);
  const commands: PackageCommand[] = [];

  const apply = (event: PackageEvent): string => {
    const step = reducePackage(state, event);
    state = step.state;
    commands.push(...step.commands);
    setCurrentDetails(clamp(packageDetails(state), DETAILS_BYTES));
    return step.text;
  };
  setHandler(packageQuery, () => viewOf(state));
  setHandler(hintSignal, (hint) => void apply({ kind: 'hint', hint }));
  setHandler(hintUpdate, (hint) => ({ accepted: true, text: apply({ kind: 'hint', hint }) }));
  setHandler(settledSignal, (settled) => void apply({ kind: 'settled', settled }));
  setHandler(withdrawnSignal, ({ version, reason }) => void apply({ kind: 'withdrawn', version, reason }));
  upsertSearchAttributes([{ key: SEARCH.package, value: input.package }]);

  const look = async (command: Extract<PackageCommand, { kind: 'look' }>) => {
    await noticeVanished();
    const asked = { package: input.package, upstream: true, ...(command.version ? { version: command.version } : {}) };
    const because = command.hints.map((hint) => hint.cause.text).join('; ');
    const found = await looks(because)
      .assess(asked)
      .catch((error: unknown) => ({ problem: reasonOf(error) }));
    apply({ kind: 'looked', look: found, hints: command.hints, at: Date.now() });
  };
  const noticeVanished = async () => {
    const flying = state.inFlight?.release;
    if (!flying) return;
    const standing = await entities.standing({ workflowId: flying }).catch(() => 'unknown' as const);
    if (standing === 'closed' && state.inFlight?.release === flying) apply({ kind: 'vanished', release: flying });
  };
  const start = async (target: Target) => {
    const args: [ReleaseInput] = [releaseInput(input, target)];
    const full = `${target.version}-r${target.epoch}`;
    const workflowId = releaseId(input.package, target.version, target.epoch);
    const staticSummary = clamp(
      `${input.package} ${target.previous ?? '(new)'} to ${full}: ${target.causes[0]?.text ?? 'no cause given'}`,
      SUMMARY_BYTES,
    );
    const typedSearchAttributes = [
      { key: SEARCH.package, value: input.package },
      { key: SEARCH.stage, value: 'starting' },
      { key: SEARCH.causes, value: target.causes.map((cause) => cause.id.slice(0, 200)) },
    ];
    try {
      await startChild('release', {
        args,
        workflowId,
        taskQueue: QUEUES.workflows,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary,
        staticDetails: clamp(releaseOrigin(target.causes), DETAILS_BYTES),
        typedSearchAttributes,
        priority: { priorityKey: urgencyOf(target.causes) },
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
  const execute = async (command: PackageCommand) => {
    if (command.kind === 'look') return look(command);
    if (command.kind === 'start') return start(command.target);
    if (command.kind === 'tell') return control.announce({ messages: [floorMessage(input, command.news)] });
    const handle = getExternalWorkflowHandle(command.release);
    return handle.signal(supersedeSignal, { by: command.by }).catch(() => undefined);
  };

  for (;;) {
    await condition(() => commands.length > 0 || workflowInfo().continueAsNewSuggested || state.removed);
    for (let command = commands.shift(); command; command = commands.shift()) await execute(command);
    if (state.removed && !state.inFlight && allHandlersFinished()) return `${input.package} is no longer in the spec repository`;
    if (!workflowInfo().continueAsNewSuggested || state.looking) continue;
    await condition(allHandlersFinished);
    if (commands.length === 0) await continueAsNew<typeof packageEntity>({ ...input, state });
  }
}

function releaseInput(input: PackageEntityInput, target: Target): ReleaseInput {
  const { distribution, architectures, reminders, floor } = input;
  return { ...target, distribution, architectures, reminders, floor, package: input.package };
}

function viewOf(state: PackageState): PackageView {
  return {
    package: state.package,
    ...(state.inFlight
      ? {
          inFlight: {
            release: state.inFlight.release,
            version: state.inFlight.version,
            epoch: state.inFlight.epoch,
            causes: state.inFlight.causes,
          },
        }
      : {}),
    ...(state.next ? { next: { version: state.next.version, epoch: state.next.epoch } } : {}),
    ...(state.lastLook ? { lastLook: { at: new Date(state.lastLook.at).toISOString(), text: state.lastLook.text } } : {}),
    ...(state.stopped ? { stopped: state.stopped } : {}),
    rejected: state.rejected,
    history: state.history,
  };
}
