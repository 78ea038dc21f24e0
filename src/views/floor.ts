import type { Client } from '@temporalio/client';
import type { FloorJournal } from '../activities/floor/journal';
import { uncarryFloor, type CarriedFloor } from '../domain/floor/carried';
import { replayJournal, type JournalDifference } from '../domain/floor/journal';
import type { FloorState } from '../domain/floor/state';
import type { FloorView } from '../domain/floor/view';
import { floorId, floorQuery } from '../workflows/messages';

const QUERY_SECONDS = 5;

/** What the floor says of itself; undefined when it does not run, or nothing answers within 5 s. */
export async function floorStanding(client: Client, distribution: string): Promise<FloorView | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_SECONDS * 1000, () =>
      client.workflow.getHandle(floorId(distribution)).query(floorQuery),
    );
  } catch {
    return undefined;
  }
}

/** A run of the floor, judged by the present rules. */
export interface ReplayedRun {
  readonly run: string;
  readonly events: number;
  readonly differences: readonly JournalDifference[];
}

/** Runs the recorded events of one run against the present rules. Undefined where nothing of it is recorded. Throws on a journal that cannot be read, naming the line. */
export async function replayRun(journal: Pick<FloorJournal, 'read'>, run: string): Promise<ReplayedRun | undefined> {
  const [began, ...entries] = linesOf((await journal.read(run)) ?? []);
  if (began === undefined) return undefined;
  let snapshot: FloorState;
  try {
    snapshot = uncarryFloor(JSON.parse(began) as CarriedFloor);
  } catch {
    throw new Error(
      `the journal of run ${run} does not begin with a state: it was cut, or is being written for the first time; try another run`,
    );
  }
  return { run, events: entries.length, differences: replayJournal(snapshot, entries) };
}

/** Long lines were written in parts that begin with a plus. A last one may not be there to its end: a run that goes on writes more. */
function linesOf(written: readonly string[]): readonly string[] {
  const lines: string[][] = [];
  for (const line of written) {
    if (line.startsWith('+')) lines.at(-1)?.push(line.slice(1));
    else lines.push([line]);
  }
  const whole = lines.map((parts) => parts.join(''));
  return isJson(whole.at(-1)) ? whole : whole.slice(0, -1);
}

function isJson(text: string | undefined): boolean {
  try {
    return text !== undefined && JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}
