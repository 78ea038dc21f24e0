import { tail } from '../../activities/store/tail';
import type { BuildResult, ReleaseRecord } from '../../domain/release/release';
import type { Verdict } from '../../domain/check/verdict';
import type { Session } from '../session';
import type { ReleaseStory } from '../view/release';
import type { InFlight } from '../../views/in-flight';

const LOG_LINES = 200;

/** A release that ended, with the ends of the logs of what failed in it. */
export async function storyOfRecord(session: Session, record: ReleaseRecord): Promise<ReleaseStory> {
  const { id, attempts: _attempts, gate: _gate, ...rest } = record;
  return { ...rest, release: id, standing: record.outcome, refused: [], logs: await failedLogs(session, record) };
}

/** A release that runs. Undefined when it did not answer. */
export async function storyOfRunning(session: Session, running: InFlight): Promise<ReleaseStory | undefined> {
  const { view } = running;
  if (!view) return undefined;
  const { stage, attempt: _attempt, ...rest } = view;
  return { ...rest, standing: stage, startedAt: running.startedAt, logs: await failedLogs(session, view) };
}

async function failedLogs({ store }: Session, of: { readonly builds: readonly BuildResult[]; readonly verdicts: readonly Verdict[] }) {
  const names = [
    ...of.verdicts.flatMap((verdict) => (verdict.outcome === 'failed' && verdict.failure?.log ? [verdict.failure.log] : [])),
    ...of.builds.flatMap((build) => (build.outcome === 'failed' ? [build.log] : [])),
  ];
  return Object.fromEntries(
    await Promise.all([...new Set(names)].map(async (name) => [name, await tail(await store.log(name), LOG_LINES)] as const)),
  );
}
