import { condition, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { accepted, answers, refusal } from '../domain/release/decision';
import type { PersonAsked, Waiting } from '../domain/release/decision';
import type { Decision, DecisionRecord, Reminders } from '../domain/release/release';
import { clamp } from '../domain/text/clamp';
import { control } from './activities';
import { SEARCH, supersedeSignal } from './messages';

/** What a desk changes of a journey's state. */
export interface DeskState {
  stage: string;
  decisions: DecisionRecord[];
  refused: string[];
  waitingFor?: PersonAsked | undefined;
  supersededBy?: string;
}

const REFUSED_KEPT = 10;

/** Where a journey takes people's answers: decisions by update and by signal (same validation), supersession, reminders and escalation by durable timers. */
export function openDecisionDesk<D extends Decision>(
  state: DeskState,
  about: {
    /** What `millrace decide` takes for it. */
    readonly word: string;
    /** As a person knows it, for notes. */
    readonly title: string;
    /** Notes are called `<event>-waits`, `<event>-reminder` and `<event>-escalated`. */
    readonly event: 'release' | 'image';
    readonly reminders: Reminders;
    readonly update: UpdateDefinition<string, [D]>;
    readonly signal: SignalDefinition<[D]>;
    readonly judge: () => Pick<Waiting, 'branch' | 'waivable' | 'kinds'>;
    readonly show: () => void;
    /** Whom else to tell that a person is waited for, before the first note. */
    readonly waits?: (because: readonly string[]) => Promise<void>;
  },
) {
  const { reminders, show } = about;
  const inbox: D[] = [];
  let blocking: readonly string[] = [];
  const waiting = (): Waiting => ({
    waiting: state.waitingFor !== undefined && inbox.length === 0,
    stage: state.stage,
    blocking,
    ...about.judge(),
  });
  const take = (decision: D) => {
    inbox.push(accepted(decision) as D);
    return `${decision.kind} accepted`;
  };
  const validator = (decision: D) => {
    const refused = refusal(decision, waiting());
    if (refused) throw new Error(refused);
  };
  setHandler(about.update, take, { validator });
  setHandler(about.signal, (decision) => {
    const refused = refusal(decision, waiting());
    if (!refused) return void take(decision);
    state.refused = [...state.refused, refused].slice(-REFUSED_KEPT);
    show();
  });
  setHandler(supersedeSignal, ({ by }) => {
    state.supersededBy = by;
  });

  /** Moves to a station: details and search attributes follow. */
  const enter = (stage: string, station: string): void => {
    state.stage = stage;
    upsertSearchAttributes([{ key: SEARCH.stage, value: station }]);
    show();
  };

  /** Waits durably for a decision about these failed checks, or for a newer journey. */
  const ask = async (because: readonly string[], checks: readonly string[]): Promise<D | 'superseded'> => {
    blocking = checks;
    const since = Date.now();
    enter('waits for a decision', 'waiting');
    let remindedTimes = 0;
    const shown = () => {
      state.waitingFor = {
        since: new Date(since).toISOString(),
        because,
        answers: answers(about.word, { ...waiting(), waiting: true }),
        remindedTimes,
      };
      const escalated = Date.now() - since >= reminders.escalateAfterSeconds * 1000;
      upsertSearchAttributes([
        { key: SEARCH.waitingFor, value: escalated ? 'person-escalated' : 'person' },
        { key: SEARCH.deadline, value: new Date(since + reminders.escalateAfterSeconds * 1000) },
      ]);
      show();
      return escalated;
    };
    const notify = async (event: string) => {
      const text = clamp(`${about.title} waits for a decision: ${because.join('; ')}`, 1_000);
      const answer = state.waitingFor!.answers.join('\n');
      await control.notify({ event: `${about.event}-${event}`, workflow: workflowInfo().workflowId, text, answer });
    };
    shown();
    await about.waits?.(because);
    const answeredOrGone = () => inbox.length > 0 || state.supersededBy !== undefined;
    if (!answeredOrGone()) await notify('waits');
    while (!answeredOrGone()) {
      if (await condition(answeredOrGone, reminders.everySeconds * 1000)) break;
      remindedTimes += 1;
      await notify(shown() ? 'escalated' : 'reminder');
    }
    state.waitingFor = undefined;
    upsertSearchAttributes([
      { key: SEARCH.waitingFor, value: null },
      { key: SEARCH.deadline, value: null },
    ]);
    const decision = inbox.shift();
    if (!decision) return 'superseded';
    state.decisions.push({ decision, at: new Date().toISOString(), answered: because });
    return decision;
  };
  return { enter, ask };
}
