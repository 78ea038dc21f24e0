import { setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { summaryLine, waivable } from '../domain/check/gate';
import { releaseDetails } from '../domain/release/details';
import { releaseNews } from '../domain/release/news';
import type { Decision, ReleaseInput } from '../domain/release/release';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { control } from './activities';
import { openDecisionDesk } from './decision-desk';
import { decideSignal, decideUpdate, publicationSignal, releaseQuery } from './messages';
import type { ReleaseView } from './messages';
import { newReleaseState } from './release-state';
import { floorMessage } from './start';

/** The desk of one release: query, decisions, supersession, reminders, and the seconds spent at each station. */
export function openDesk(input: ReleaseInput) {
  const state = newReleaseState(input, new Date().toISOString());
  const release = workflowInfo().workflowId;
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
  setHandler(releaseQuery, view);
  setHandler(publicationSignal, (publication) => {
    if (publication.id === release) state.publication = publication;
  });
  const desk = openDecisionDesk<Decision>(state, {
    word: release.replace(/^release:/, ''),
    title: `${input.package} ${input.version}-r${input.epoch}`,
    event: 'release',
    reminders: input.reminders,
    update: decideUpdate,
    signal: decideSignal,
    judge: () => ({ waivable, ...(state.change?.branch ? { branch: state.change.branch } : {}) }),
    show,
    /** Once: what a retry leads to is told when it has ended. */
    waits: async (because) => {
      if (state.toldFloor) return;
      state.toldFloor = true;
      const news = releaseNews({ release, ...state, outcome: 'waits', reason: because.join('; ') });
      await control.announce({ messages: [floorMessage(input, news)] });
    },
  });
  const since = (station: string, from: number) => {
    state.seconds[station] = (state.seconds[station] ?? 0) + (Date.now() - from) / 1000;
  };

  /** Moves to a station. Returns a function that books the seconds spent. */
  const enter = (stage: string, station: string): (() => void) => {
    const from = Date.now();
    desk.enter(stage, station);
    return () => since(station, from);
  };
  /** As `ask` of the decision desk; the time is booked. */
  const ask = async (because: readonly string[], checks: readonly string[]): Promise<Decision | 'superseded'> => {
    const from = Date.now();
    const answer = await desk.ask(because, checks);
    since('waiting', from);
    return answer;
  };

  const summary = () => summaryLine(state.verdicts, state.waivers, input.architectures);
  return { release, state, enter, ask, show, summary };
}

export type Desk = ReturnType<typeof openDesk>;
