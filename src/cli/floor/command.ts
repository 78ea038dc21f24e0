import { Command } from 'commander';
import { decisionCommands } from './decisions';
import { replayCommand } from './replay';
import { statusCommand } from './status';
import { whyCommand } from './why';

/** `millrace floor …`: what is built again because something that it needs was released. */
export function floorCommand(): Command {
  const floor = new Command('floor')
    .summary('what is rebuilt, in which order and why; pause it, drop a cause, put a package first')
    .description(
      'The floor rebuilds what needs a package that was released: what is linked with a library whose ABI broke, what a compiler built. These commands show it and tell it what a person wants.',
    )
    .addHelpText(
      'after',
      `
Examples:
  millrace floor status
  millrace floor why openssl
  millrace floor pause --cause glibc@2.42-r1 --reason "wait for the fix of perl"
  millrace floor rebuild zlib pigz --reason "built with the broken compiler"

Exit codes: 0 done, 1 refused or not running, 2 usage or configuration`,
    );
  for (const command of [statusCommand(), whyCommand(), ...decisionCommands(), replayCommand()]) floor.addCommand(command);
  return floor;
}
