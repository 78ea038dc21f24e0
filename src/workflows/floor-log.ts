import { ActivityFailure } from '@temporalio/workflow';
import { floorJournal } from './activities';

/** An activity's input stays far below 256 KiB. */
const PART = 60_000;
const LINES = 100;
const SECONDS = 60;

/**
 * The journal of one run: first the state that it began with, then what was decided, a line each; a long one goes on in lines that begin with a plus. It is written in batches behind the work, and never
 * holds it up: where it cannot be written, the run goes on without one.
 */
export function openFloorLog(run: string, began: unknown) {
  const pending = [...partsOf(JSON.stringify(began))];
  let written = 0;
  let since = Date.now();
  let writing: Promise<void> | undefined;
  let lost: string | undefined;

  const write = async () => {
    while (pending.length > 0 && lost === undefined) {
      const lines = batchOf(pending);
      try {
        await floorJournal.recordDecisions({ run, lines, from: written });
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        lost = `the journal of this run ends at line ${written}: ${error.cause?.message ?? error.message}`;
      }
      written += lines.length;
      pending.splice(0, lines.length);
    }
    since = Date.now();
    writing = undefined;
  };

  return {
    note(line: string) {
      if (lost === undefined) pending.push(...partsOf(line));
    },
    /** Begins to write when enough waits; of a floor that rests, whatever waits. */
    keepUp(rests: boolean) {
      const late = rests || pending.length >= LINES || Date.now() - since >= SECONDS * 1000;
      if (late && pending.length > 0) writing ??= write();
    },
    /** Writes all, before the run ends. */
    async end() {
      await writing;
      await (writing = write());
    },
    problem: () => lost,
  };
}

function batchOf(lines: readonly string[]): readonly string[] {
  let characters = 0;
  const first = lines.findIndex((line, index) => (characters += line.length) > 2 * PART && index > 0);
  return first === -1 ? [...lines] : lines.slice(0, first);
}

function partsOf(text: string): readonly string[] {
  return Array.from(
    { length: Math.ceil(text.length / PART) },
    (_, part) => `${part > 0 ? '+' : ''}${text.slice(part * PART, (part + 1) * PART)}`,
  );
}
