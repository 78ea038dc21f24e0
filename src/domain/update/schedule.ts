import { fail, ok, type Result } from '../result';
import type { UpdateBlock } from '../spec/spec';

/** When a choice is made. Milliseconds since 1970; without `lastUpdate` there was none. */
export interface Timing {
  readonly now: number;
  readonly lastUpdate?: number;
}

const DAY = 86_400_000;
/** A month is 30 days: equal steps, whatever the calendar says. */
const PERIODS: Readonly<Record<string, number>> = { daily: DAY, weekly: 7 * DAY, monthly: 30 * DAY };

/**
 * Until when a schedule holds new versions back, or undefined where it does not (docs/updates.md): a whole period must have passed since the last update.
 * A period of another name is an error: to guess one could mean never.
 */
export function heldUntil(schedule: NonNullable<UpdateBlock['schedule']>, timing: Timing): Result<number | undefined> {
  const period = Object.hasOwn(PERIODS, schedule.period) ? PERIODS[schedule.period]! : undefined;
  if (period === undefined) {
    return fail({
      message: `update.schedule.period ${JSON.stringify(schedule.period)} is no period`,
      remedy: `write ${Object.keys(PERIODS).join(', ')}`,
    });
  }
  if (timing.lastUpdate === undefined) return ok(undefined);
  const until = timing.lastUpdate + period;
  return ok(until > timing.now ? until : undefined);
}
