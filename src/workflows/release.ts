import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Digest } from '../domain/digest';
import { gate } from '../domain/check/gate';
import { retriedAttempt, staleVerdicts } from '../domain/release/attempts';
import { equalReason } from '../domain/release/comparison';
import type { Decision, ReleaseInput } from '../domain/release/release';
import { control } from './activities';
import { openDesk } from './release-desk';
import type { Desk } from './release-desk';
import { attempt, reasonOf } from './release-line';
import { close, merge, publish } from './release-publication';
import type { Ended } from './release-publication';

/** `release:<name>-<version>-r<epoch>`: one change from spec edit to publication. Reads top to bottom like the story it tells. */
export async function release(input: ReleaseInput): Promise<Ended & { readonly generation?: number }> {
  const desk = openDesk(input);
  let ended: Ended;
  let opened: Digest | undefined;
  try {
    const passed = await untilTheGateOpens(desk);
    if (typeof passed !== 'string') ended = passed;
    else {
      opened = passed;
      ended = await publish(desk, passed);
    }
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof ActivityFailure)) throw error;
    ended = { outcome: 'failed', reason: isCancellation(error) ? 'cancelled by a person' : reasonOf(error) };
  }
  await CancellationScope.nonCancellable(() => close(desk, ended, opened));
  if (ended.outcome === 'failed') throw ApplicationFailure.create({ type: 'ReleaseFailed', message: ended.reason, nonRetryable: true });
  return { ...ended, ...(desk.state.publication?.generation ? { generation: desk.state.publication.generation } : {}) };
}

/** Change, build, checks, gate and merge, again and again, until merged or given up. Returns the gate record's digest. */
async function untilTheGateOpens(desk: Desk): Promise<Digest | Ended> {
  const { state, input } = { state: desk.state, input: desk.state.input };
  for (;;) {
    const blocked = await attempt(desk);
    if (blocked === 'equal') return { outcome: 'equal', reason: equalReason(input) };
    if (blocked.length === 0) {
      const merged = await merge(desk);
      if (merged.merged) return merged.gate;
      if (!state.patched && !state.supersededBy) {
        state.change = undefined;
        continue;
      }
      blocked.push(`merge: ${merged.reason}`);
    }
    if (state.supersededBy) return { outcome: 'superseded', reason: `replaced by ${state.supersededBy}` };
    const judged = gate(state.verdicts, state.waivers, input.architectures);
    const answer = await desk.ask(blocked, state.change ? judged.failed : []);
    if (answer === 'superseded') return { outcome: 'superseded', reason: `replaced by ${state.supersededBy}` };
    if (answer.kind === 'reject') return { outcome: 'rejected', reason: `${answer.by}: ${answer.reason}` };
    await follow(desk, answer);
  }
}

/** Takes up a person's answer. A patch that does not fit is refused and shown; the release waits again. */
async function follow(desk: Desk, decision: Decision): Promise<void> {
  const { state } = desk;
  if (decision.kind === 'waive') {
    state.waivers.push({ check: decision.check, by: decision.by, reason: decision.reason, at: new Date().toISOString() });
    return;
  }
  state.attempt = retriedAttempt(state.attempt, decision);
  if (decision.kind === 'patch' && state.change) {
    try {
      state.change = await control.adoptPatch({ change: state.change, commit: decision.commit });
      state.patched = true;
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      state.refused.push(`patch ${decision.commit.slice(0, 12)}: ${reasonOf(error)}`);
      return;
    }
    state.verdicts = [];
    state.builds = [];
    state.waivers = [];
    return;
  }
  if (!state.change?.branch) state.change = undefined;
  state.verdicts = staleVerdicts(state.verdicts).kept;
}
