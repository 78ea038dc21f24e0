import { Command } from 'commander';
import { safe } from '../../domain/text/safe';
import { floorWhyQuery } from '../../workflows/messages';
import { print, printJson } from '../output';
import { requirePackage } from '../read/names';
import { withSession } from '../session';
import { withFloor } from './running';

export function whyCommand(): Command {
  return new Command('why')
    .summary('why a package is where it is: what it waits for, and who asked for it')
    .description(
      'Tells of one package why it waits, builds, failed or is held, and what asked for it. `millrace why` tells of a release that was started.',
    )
    .argument('<package>', 'package')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  millrace floor why openssl\n\nExit codes: 0 told, 1 unknown name, or the floor does not run, 2 usage or configuration',
    )
    .action(async (name: string, options: { readonly json?: boolean }, command: Command) => {
      const lines = await withSession(command, async (session) => {
        await requirePackage(session, name);
        return withFloor(session, (floor) => floor.query(floorWhyQuery, name));
      });
      if (options.json) return printJson({ package: name, why: lines });
      for (const line of lines) print(safe(line));
    });
}
