import { Command } from 'commander';
import { createFloorJournal } from '../../activities/floor/journal';
import { Complaint } from '../../config/complaint';
import { statePaths } from '../../config/config';
import { safe } from '../../domain/text/safe';
import { replayRun, type ReplayedRun } from '../../views/floor';
import { print, printJson } from '../output';
import { configOf } from '../session';

export function replayCommand(): Command {
  return new Command('replay')
    .summary('what the present rules would have decided otherwise')
    .description(
      'Runs what the floor heard, as its journal has it, against the rules of this version of Millrace, and prints every decision that would now be another: so a change of the rules is judged before it is deployed. Needs no running factory, and changes nothing.',
    )
    .option('--run <run>', 'run of the workflow floor:<distribution> (default: the last one that is recorded)')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
After a first difference the events are still those that followed the old decision: a later difference may be its consequence.
The journal is written in batches: the last decisions of a floor that works may not be in it yet.

Example:
  millrace floor replay

Exit codes: 0 every decision would be the same, 1 some would not, or nothing is recorded, 2 usage or configuration`,
    )
    .action(async (options: { readonly run?: string; readonly json?: boolean }, command: Command) => {
      const { state } = configOf(command);
      const journal = createFloorJournal(statePaths(state).floorJournal);
      const runs = await journal.runs();
      const run = options.run ?? runs.at(-1);
      const replayed = run === undefined ? undefined : await replayRun(journal, run);
      if (!replayed) {
        const known = runs.slice(-10).join(', ');
        throw new Complaint({
          message: options.run ? `nothing is recorded of run ${options.run}` : 'the floor has recorded nothing yet',
          remedy: known ? `recorded: ${known}` : '`millrace up` starts it; its journal follows what it decides',
        });
      }
      if (replayed.differences.length > 0) process.exitCode = 1;
      if (options.json) printJson(replayed);
      else print(replayText(replayed));
    });
}

function replayText({ run, events, differences }: ReplayedRun): string {
  const head = `run ${run}: ${events} events, ${differences.length === 0 ? 'every decision would be the same' : `${differences.length} decided otherwise now`}`;
  const lines = differences.flatMap(({ sequence, event, missing, added }) => [
    `${sequence} ${event}`,
    ...missing.map((text) => `  - ${text}`),
    ...added.map((text) => `  + ${text}`),
  ]);
  return [head, ...lines].map(safe).join('\n');
}
