import { Command } from 'commander';
import { version } from './version';

/** The `millrace` command with these subcommands; parsing never ends the process. */
export function millraceProgram(commands: readonly Command[]): Command {
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
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap(({ commands: inner }) => inner)])
    command.exitOverride().showSuggestionAfterError().showHelpAfterError('(--help tells more)').configureHelp({ showGlobalOptions: true });
  return program;
}
