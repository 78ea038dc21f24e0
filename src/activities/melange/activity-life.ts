import { Context } from '@temporalio/activity';

export interface Progress {
  /** The last line of the log. */
  readonly line: string;
  /** Name of the log in the store. */
  readonly log: string;
}

const HEARTBEAT_MILLISECONDS = 2000;

/** Runs `work` with heartbeats, also while it is silent, and the signal of the activity's cancellation. Outside of an activity, without. */
export async function underHeartbeat<T>(
  log: string,
  work: (life: { readonly signal?: AbortSignal; say(line: string): void }) => Promise<T>,
): Promise<T> {
  const context = currentContext();
  let line = '';
  const say = (text: string) => {
    if (text.trim() !== '') line = text.slice(0, 400);
  };
  if (!context) return await work({ say });
  const beat = () => context.heartbeat({ line, log } satisfies Progress);
  const timer = setInterval(beat, HEARTBEAT_MILLISECONDS);
  beat();
  try {
    return await work({ signal: context.cancellationSignal, say });
  } finally {
    clearInterval(timer);
  }
}

/** Which try of the activity this is, from 1. */
export function activityAttempt(): number {
  return currentContext()?.info.attempt ?? 1;
}

function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
