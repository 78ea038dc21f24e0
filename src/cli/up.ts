import { Command } from 'commander';
import { startFactory } from '../workers/supervisor';
import { print, printJson, progress } from './output';
import { configOf } from './session';

export function upCommand(): Command {
  return new Command('up')
    .summary('run the factory on this machine')
    .description(
      'Starts the factory and runs until Ctrl-C: Temporal (its development server, unless temporal.address is elsewhere), a process for each role, and the gateway. Crashed processes are started again; logs are in <state>/logs.',
    )
    .option('--json', 'print the addresses as JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 stopped by Ctrl-C or SIGTERM, 1 could not start (nothing is left running), 2 usage or configuration',
    )
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const config = configOf(command);
      const factory = await startFactory(config, { onProgress: progress });
      const { temporal, ui, gateway } = factory.addresses;
      if (options.json) printJson({ temporal, ui, gateway, pids: factory.pids });
      else
        print(
          `The factory of ${config.distribution} runs.\n  page         ${gateway}\n  Temporal UI  ${ui}\n  webhooks     ${gateway}/webhooks/github\n  status       millrace status\nCtrl-C stops it.`,
        );
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      progress('stopping');
      await factory.stop();
    });
}
