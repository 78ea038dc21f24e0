import { Command } from 'commander';
import { Complaint } from '../../config/complaint';
import { safe } from '../../domain/text/safe';
import { print, printJson } from '../output';
import { byOption } from '../person';
import { withSession } from '../session';
import { giveOrder } from './order';
import { requireImage } from './require';

const CODES = '\nExit codes: 0 done, 1 refused (the reason is printed), 2 usage or configuration';

/** `millrace image hold`. */
export function holdCommand(): Command {
  return new Command('hold')
    .summary('start nothing of an image, and leave its tags where they are')
    .description(
      'Puts an image on hold: no release of it is started, and one that is under way stops before its tags. Looks go on, and say what would be. `millrace image resume` ends it.',
    )
    .argument('<name>', 'image, as its folder is called')
    .requiredOption('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText('after', CODES)
    .action(async (name: string, { reason, by, json }: Options & { readonly reason: string }, command: Command) => {
      if (!reason.trim()) throw new Complaint({ message: '--reason is empty', remedy: 'say why' }, 2);
      await withSession(command, async (session) => {
        await requireImage(session, name);
        const text = await giveOrder(session, name, { kind: 'hold', by, reason });
        if (json) printJson({ image: name, text });
        else print(`${name}: ${safe(text)} (millrace image resume ${name} ends it)`);
      });
    });
}

/** `millrace image resume`. */
export function resumeCommand(): Command {
  return new Command('resume')
    .summary('end the hold of an image')
    .description('Ends a hold: a release that stands before its tags goes on, and what came meanwhile is looked at.')
    .argument('<name>', 'image, as its folder is called')
    .option('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText('after', CODES)
    .action(async (name: string, { reason, by, json }: Options & { readonly reason?: string }, command: Command) => {
      await withSession(command, async (session) => {
        await requireImage(session, name);
        const text = await giveOrder(session, name, { kind: 'resume', by, ...(reason ? { reason } : {}) });
        if (json) printJson({ image: name, text });
        else print(`${name}: ${safe(text)} (follow it: millrace image show ${name})`);
      });
    });
}

interface Options {
  readonly by: string;
  readonly json?: boolean;
}
