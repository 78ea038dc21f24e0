import { Command } from 'commander';
import { bootstrapCommand } from './bootstrap';
import { decideCommand } from './decide';
import { demoCommand } from './demo';
import { doctorCommand } from './doctor';
import { graphCommand } from './graph';
import { logCommand } from './log';
import { releaseCommand } from './release';
import { showCommand } from './show';
import { statusCommand } from './status';
import { upCommand } from './up';
import { updatesCommand } from './updates';
import { watchCommand } from './watch';
import { whyCommand } from './why';
import { withdrawCommand } from './withdraw';
import { version } from './version';

/** The `millrace` command with all its subcommands; parsing never ends the process. */
export function millraceProgram(): Command {
  const program = new Command('millrace')
    .description('Millrace keeps a Linux distribution built from source at the newest release of every upstream.')
    .version(version())
    .option('--config <file>', 'configuration (default: MILLRACE_CONFIG, else the nearest millrace.yaml above)')
    .option('--debug', 'show the stack of an error')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Examples:
  millrace up                              run the factory of ./millrace.yaml
  millrace release zlib                    look at zlib now
  millrace status                          what waits for whom
  millrace decide zlib retry               answer a release that waits

Exit codes: 0 done, 1 refused or failed, 2 usage or configuration.
Results are printed to standard output, progress and errors to standard error.`,
    );
  const commands = [
    upCommand(),
    releaseCommand(),
    decideCommand(),
    statusCommand(),
    showCommand(),
    whyCommand(),
    logCommand(),
    watchCommand(),
    withdrawCommand(),
    graphCommand(),
    updatesCommand(),
    doctorCommand(),
    bootstrapCommand(),
    demoCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap(({ commands: inner }) => inner)])
    command.exitOverride().showSuggestionAfterError().showHelpAfterError('(--help tells more)').configureHelp({ showGlobalOptions: true });
  return program;
}
