import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { print } from './output';
import { overview } from './read/overview';
import type { Overview } from '../views/overview';
import { withSession } from './session';
import { overviewJson } from './status';
import { shortName } from '../views/in-flight';
import { overviewText } from './view/overview';
import { safe } from '../domain/text/safe';
import { terminalStyle } from './view/style';

const CLEAR = '\u001b[H\u001b[2J';

export function watchCommand(): Command {
  return new Command('watch')
    .summary('follow the factory live')
    .description('Shows `millrace status` anew every second on a terminal; elsewhere prints a line for each change. Ends with Ctrl-C.')
    .option('--once', 'show it once')
    .option('--json', 'print a JSON document in one line for each change')
    .addHelpText(
      'after',
      '\nExit codes: 0 shown, 2 usage or configuration. Without a Temporal server it shows what the records tell, and goes on.',
    )
    .action(async (options: { readonly once?: boolean; readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        let last = new Map<string, string>();
        let lastJson = '';
        for (;;) {
          const found = await overview(session);
          if (options.json) {
            const json = JSON.stringify(overviewJson(found));
            if (json !== lastJson) print(json);
            lastJson = json;
          } else if (options.once || process.stdout.isTTY) {
            print(`${options.once ? '' : CLEAR}${overviewText(terminalStyle(Date.now()), found)}`);
          } else {
            const now = standings(found);
            for (const line of changes(last, now)) print(`${new Date().toISOString()} ${line}`);
            last = now;
          }
          if (options.once) return;
          await sleep(1000);
        }
      });
    });
}

/** One line of state by release, for telling what changed. */
export function standings({ inFlight, published, given }: Overview): Map<string, string> {
  const ended = [...published, ...given]
    .sort((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1))
    .map(
      (record) =>
        [
          shortName(record.id),
          record.generation === undefined ? `${record.outcome}: ${record.reason}` : `${record.outcome} in generation ${record.generation}`,
        ] as const,
    );
  const running = (inFlight ?? []).map(
    ({ release, stage, view }) =>
      [shortName(release), view?.waitingFor ? `waits for a person: ${view.waitingFor.because.join('; ')}` : stage] as const,
  );
  // The newest record of a release stands; one that runs again stands before its records.
  return new Map([...ended, ...running]);
}

/** The lines to print when the second follows the first. */
export function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...after].filter(([release, text]) => before.get(release) !== text).map(([release, text]) => `${safe(release)} ${safe(text)}`);
}
