import { ActivityFailure, allHandlersFinished, condition, continueAsNew, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { carryFloor, uncarryFloor, type CarriedFloor } from '../domain/floor/carried';
import { refusalOf } from '../domain/floor/decide';
import type { FloorStep } from '../domain/floor/draft';
import type { FloorCommand, FloorDecision, FloorEvent } from '../domain/floor/floor';
import { journalLine } from '../domain/floor/journal';
import { reduceFloor } from '../domain/floor/reduce';
import { newFloor } from '../domain/floor/state';
import { floorView } from '../domain/floor/view';
import { whyWaiting } from '../domain/floor/why';
import { control, floorPlanner } from './activities';
import { openFloorLog } from './floor-log';
import { brief, orderMessage } from './floor-orders';
import { openFloorSigns } from './floor-signs';
import { floorDecideSignal, floorDecideUpdate, floorQuery, floorSettingsSignal, floorWhyQuery, newsSignal } from './messages';
import type { FloorInput } from './messages';

/** What goes through continue-as-new: also the commands that were not carried out to their end, but for a plan, whose thousands of names are in the state. */
interface Carried {
  readonly floor: CarriedFloor;
  readonly commands: readonly FloorCommand[];
}

/** Events of one run. The server allows many times that, but whoever replays a run reads all of it. */
const EVENTS = 4000;
/** Orders that one activity carries. */
const ORDERS = 20;

/** `floor:<distribution>`: what must be rebuilt, because of what, and in which order. A thin shell around `reduceFloor`; it never fails and its handlers never throw. */
export async function floor(input: FloorInput): Promise<never> {
  const { workflowId, runId } = workflowInfo();
  const carried = input.state as Carried | undefined;
  let state = carried ? uncarryFloor(carried.floor) : newFloor(input.distribution, input.settings);
  let wakeAt: FloorStep['wakeAt'];
  const commands: FloorCommand[] = [...(carried?.commands ?? [])];
  if (state.planning) commands.push({ kind: 'plan', packages: state.planning });
  const underWay = new Set<FloorCommand>();
  let stirred = false;
  const log = openFloorLog(runId, carryFloor(state));
  const signs = openFloorSigns();

  const apply = (event: FloorEvent): string => {
    const step = reduceFloor(state, event);
    state = step.state;
    wakeAt = step.wakeAt;
    stirred = true;
    commands.push(...step.commands.map(brief));
    log.note(journalLine(state.step, event, step.commands));
    return step.text;
  };
  const say = (problem: string): void => {
    signs.problem(problem);
    stirred = true;
  };
  const decide = (decision: FloorDecision) => apply({ kind: 'decision', decision, at: Date.now() });
  setHandler(newsSignal, (news) => void apply({ kind: 'news', news, at: Date.now() }));
  setHandler(floorSettingsSignal, (settings) => void apply({ kind: 'settings', settings, at: Date.now() }));
  setHandler(floorDecideUpdate, decide, {
    validator: (decision: FloorDecision) => {
      const refused = refusalOf(state, decision);
      if (refused) throw new Error(refused);
    },
  });
  setHandler(floorDecideSignal, (decision) => {
    const refused = refusalOf(state, decision);
    if (refused) say(`refused: ${refused}`);
    else decide(decision);
  });
  setHandler(floorQuery, () => floorView(state, Date.now()));
  setHandler(floorWhyQuery, (name) => whyWaiting(state, name, Date.now()));

  const plan = async (packages: readonly string[]): Promise<void> => {
    const made = await floorPlanner.planRebuilds({ packages });
    apply({ kind: 'planned', plan: made, at: Date.now() });
  };
  const tell = ({ text }: Extract<FloorCommand, { kind: 'tell' }>) =>
    control.notify({ event: 'floor-stopped', workflow: workflowId, text, answer: 'millrace floor status' });
  /** What is not an order is done beside the orders: a plan that cannot be made, or a webhook that does not answer, holds up nothing else. */
  const beside = async (command: Exclude<FloorCommand, { kind: 'start' }>): Promise<void> => {
    underWay.add(command);
    for (let done = false; !done;) {
      try {
        await (command.kind === 'plan' ? plan(command.packages) : tell(command));
        done = true;
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        say(error.cause?.message ?? error.message);
        // Without a plan nothing more is started: it is asked for until there is one.
        if (command.kind === 'plan') await sleep('1 minute');
        else done = true;
      }
    }
    underWay.delete(command);
  };
  const carryOut = async (): Promise<void> => {
    const batch = commands.splice(0);
    for (const command of batch) if (command.kind !== 'start') void beside(command);
    const orders = batch.filter((command) => command.kind === 'start').map((order) => orderMessage(input, order, Date.now()));
    for (let from = 0; from < orders.length; from += ORDERS) await control.announce({ messages: orders.slice(from, from + ORDERS) });
  };

  const full = () => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > EVENTS;
  apply({ kind: 'tick', at: Date.now() });
  for (;;) {
    const news = () => stirred || full();
    if (wakeAt === undefined) await condition(news);
    else if (!(await condition(news, Math.max(1, wakeAt - Date.now())))) apply({ kind: 'tick', at: Date.now() });
    stirred = false;
    signs.show(state);
    await carryOut();
    log.keepUp(!state.jobs.some((job) => job && job.status === 'building'));
    if (!full()) continue;
    await log.end();
    await condition(allHandlersFinished);
    const left = [...underWay, ...commands].filter((command) => command.kind !== 'plan');
    await continueAsNew<typeof floor>({ ...input, state: { floor: carryFloor(state), commands: left } satisfies Carried });
  }
}
