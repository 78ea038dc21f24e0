import { Command } from 'commander';
import { statePaths } from '../config/config';
import { Complaint } from '../config/complaint';
import { makeStage0, type Stage0 } from '../stage0/stage0';
import { print, printJson, progress } from './output';
import { configOf } from './session';

/** `millrace bootstrap`: the stage0 repository that builds take their environment from where no other one is named. */
export function bootstrapCommand(): Command {
  return new Command('bootstrap')
    .summary('make the stage0 repository from the packages of this Debian')
    .description(
      'Makes a signed APK repository (stage0) from the packages of the Debian that this machine runs, so that builds need neither internet nor another distribution. ' +
        'It is made once per user, takes about a minute, and is shared by checkouts; a second run only links it.',
    )
    .option('--arch <architecture>', 'x86_64 or aarch64 (default: each of millrace.yaml)')
    .option('--json', 'print the result for programs')
    .action(async (options: { arch?: string; json?: boolean }, command: Command) => {
      const config = configOf(command);
      const made: Stage0[] = [];
      for (const architecture of options.arch ? [options.arch] : config.architectures) {
        made.push(await bootstrap(architecture, statePaths(config.state).stage0));
      }
      if (options.json) return printJson(made);
      for (const { repository, packages, made: fresh } of made) {
        print(`${repository}: ${packages} packages, ${fresh ? 'made now' : 'from the cache of an earlier run'}`);
      }
    });
}

async function bootstrap(architecture: string, out: string): Promise<Stage0> {
  const started = Date.now();
  let shown = 0;
  try {
    return await makeStage0({
      architecture,
      out,
      onProgress: (text) => {
        const seconds = Math.floor((Date.now() - started) / 1000);
        if (seconds < shown + 2) return;
        shown = seconds;
        progress(`stage0 ${architecture}, ${seconds} s: ${text}`);
      },
    });
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint([{ message: `stage0 ${architecture}: ${(error as Error).message}` }]);
  }
}
