import { condition, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { summaryLine, waivable } from '../domain/check/gate';
import { accepted, answers, refusal } from '../domain/release/decision';
import type { Waiting } from '../domain/release/decision';
import { releaseDetails } from '../domain/release/details';
import { releaseNews } from '../domain/release/news';
import type { Decision, ReleaseInput } from '../domain/release/release';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { control } from './activities';
import { decideSignal, decideUpdate, publicationSignal, releaseQuery, SEARCH, supersedeSignal } from './messages';
import type { ReleaseView } from './messages';
import { newReleaseState } from './release-state';
import { floorMessage } from './start';

const REFUSED_KEPT = 10;

/** The desk of one release: query, decisions by update and by signal (same validation), supersession, reminders. */
export function openDesk(input: ReleaseInput) {
  const state = newReleaseState(input, new Date().toISOString());
  const release = workflowInfo().workflowId;
  const inbox: Decision[] = [];
  let blocking: readonly string[] = [];

  const waiting = (): Waiting => ({
    waiting: state.waitingFor !== undefined && inbox.length === 0,
    stage: state.stage,
    blocking,
    ...(state.change?.branch ? { branch: state.change.branch } : {}),
    waivable,
  });
  const view = (): ReleaseView => {
    const { stage, builds, verdicts, waivers, decisions, refused, attempt, change, comparison, waitingFor } = state;
    return {
      release,
      input,
      ...{ stage, builds, verdicts, waivers, decisions, refused, attempt },
      ...(change ? { change } : {}),
      ...(comparison ? { comparison } : {}),
      ...(waitingFor ? { waitingFor } : {}),
    };
  };
  const show = () => setCurrentDetails(clamp(releaseDetails(view()), DETAILS_BYTES));
  const take = (decision: Decision) => {
    inbox.push(accepted(decision));
    return `${decision.kind} accepted`;
  };

  setHandler(releaseQuery, view);
  setHandler(decideUpdate, take, {
    validator: (decision) => {
      const refused = refusal(decision, waiting());
      if (refused) throw new Error(refused);
    },
  });
  setHandler(decideSignal, (decision) => {
    const refused = refusal(decision, waiting());
    if (!refused) return void take(decision);
    state.refused = [...state.refused, refused].slice(-REFUSED_KEPT);
    show();
  });
  setHandler(supersedeSignal, ({ by }) => {
    state.supersededBy = by;
  });
  setHandler(publicationSignal, (publication) => {
    if (publication.id === release) state.publication = publication;
  });

  /** Moves to a station: details and search attributes follow. Returns a function that books the seconds spent. */
  const enter = (stage: string, station: string): (() => void) => {
    state.stage = stage;
    const from = Date.now();
    upsertSearchAttributes([{ key: SEARCH.stage, value: station }]);
    show();
    return () => {
      state.seconds[station] = (state.seconds[station] ?? 0) + (Date.now() - from) / 1000;
    };
  };

  /** Waits durably for a decision, or for a newer release; reminds and escalates by timers. */
  const ask = async (because: readonly string[], checks: readonly string[]): Promise<Decision | 'superseded'> => {
    blocking = checks;
    const since = Date.now();
    const leave = enter('waits for a decision', 'waiting');
    let remindedTimes = 0;
    const shown = () => {
      state.waitingFor = {
        since: new Date(since).toISOString(),
        because,
        answers: answers(release, { ...waiting(), waiting: true }),
        remindedTimes,
      };
      const escalated = Date.now() - since >= input.reminders.escalateAfterSeconds * 1000;
      upsertSearchAttributes([
        { key: SEARCH.waitingFor, value: escalated ? 'person-escalated' : 'person' },
        { key: SEARCH.deadline, value: new Date(since + input.reminders.escalateAfterSeconds * 1000) },
      ]);
      show();
      return escalated;
    };
    const notify = async (event: string) => {
      const text = `${input.package} ${input.version}-r${input.epoch} waits for a decision: ${because.join('; ')}`;
      await control.notify({ event, workflow: release, text: clamp(text, 1_000), answer: state.waitingFor!.answers.join('\n') });
    };
    /** Once: what a retry leads to is told when it has ended. */
    const tellFloor = async () => {
      state.toldFloor = true;
      const news = releaseNews({ release, ...state, outcome: 'waits', reason: because.join('; ') });
      await control.announce({ messages: [floorMessage(input, news)] });
    };
    shown();
    if (!state.toldFloor) await tellFloor();
    let told = false;
    const answeredOrGone = () => inbox.length > 0 || state.supersededBy !== undefined;
    while (!answeredOrGone()) {
      if (!told) await notify('release-waits');
      told = true;
      if (await condition(answeredOrGone, input.reminders.everySeconds * 1000)) break;
      remindedTimes += 1;
      const escalated = shown();
      await notify(escalated ? 'release-escalated' : 'release-reminder');
    }
    leave();
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

  const summary = () => summaryLine(state.verdicts, state.waivers, input.architectures);
  return { release, state, enter, ask, show, summary };
}

export type Desk = ReturnType<typeof openDesk>;
