import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { floorDetails } from '../domain/floor/details';
import type { FloorState } from '../domain/floor/state';
import { clamp, DETAILS_BYTES, markdownCell } from '../domain/text/clamp';
import { SEARCH } from './messages';

const PROBLEMS = 10;
/** A list of the server's index has its limits. */
const CAUSES = 20;

/** What the Temporal UI shows of the floor: details, causes, and whether a person is waited for. */
export function openFloorSigns() {
  let problems: readonly string[] = [];
  let shown = '';
  return {
    problem(text: string) {
      problems = [...problems, text].slice(-PROBLEMS);
    },
    show(state: FloorState) {
      const details = [floorDetails(state, Date.now()), ...problems.map((text) => `- ${markdownCell(text)}`)].join('\n\n');
      setCurrentDetails(clamp(details, DETAILS_BYTES));
      const causes = state.causes.slice(0, CAUSES).map((cause) => cause.id.slice(0, 200));
      const waits =
        state.causes.some((cause) => cause.paused?.by === 'breaker') || state.jobs.some((job) => job && job.status === 'failed');
      const now = JSON.stringify([causes, waits]);
      if (now === shown) return;
      shown = now;
      upsertSearchAttributes([
        { key: SEARCH.causes, value: causes.length > 0 ? causes : null },
        { key: SEARCH.waitingFor, value: waits ? 'person' : null },
      ]);
    },
  };
}
