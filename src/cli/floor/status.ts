import { Command } from 'commander';
import { floorQuery } from '../../workflows/messages';
import { print, printJson } from '../output';
import { withSession } from '../session';
import { floorText } from '../view/floor';
import { terminalStyle } from '../view/style';
import { withFloor } from './running';

export function statusCommand(): Command {
  return new Command('status')
    .summary('what is rebuilt, for which causes, and when it will be done')
    .description(
      'Shows the causes with their counts, what builds, what waits, what failed and what is on hold, and when it will be done: in half of all cases (p50) and in nine of ten (p90).',
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"distribution", "slots", "paused"?, "causes": [{"id", "text", "urgency", "stage", "paused"?, "waiting", "building", "failing", "published", "equal", "overBudget", "eta"?: {"p50", "p90"} (seconds)}],
  "building": [{"package", "causes" (the first 5), "causeCount", "by", "since"}], "waiting" (the first 50), "waitingCount", "failed" (the first 50), "failedCount", "held", "eta"?, "history"}

Exit codes: 0 shown, 1 the floor does not run, 2 usage or configuration`,
    )
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const view = await withSession(command, (session) => withFloor(session, (floor) => floor.query(floorQuery)));
      if (options.json) printJson(view);
      else print(floorText(terminalStyle(Date.now()), view));
    });
}
