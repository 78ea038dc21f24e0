import { Command } from 'commander';
import { Complaint } from '../../config/complaint';
import type { FloorDecision } from '../../domain/floor/floor';
import { safe } from '../../domain/text/safe';
import { floorDecideUpdate } from '../../workflows/messages';
import { print, printJson } from '../output';
import { byOption } from '../person';
import { requirePackage } from '../read/names';
import { withSession, type Session } from '../session';
import { withFloor } from './running';

interface Options {
  readonly by: string;
  readonly reason: string;
  readonly cause?: string;
  readonly json?: boolean;
}

/** The commands by which a person tells the floor something. Each is an update: it is refused with a reason, or holds from then on. */
export function decisionCommands(): readonly Command[] {
  const pausing = (kind: 'pause' | 'resume', summary: string, description: string) =>
    decision(
      kind,
      summary,
      description,
      `millrace floor ${kind} --reason "${kind === 'pause' ? 'the disk is nearly full' : 'there is space again'}"`,
    )
      .option('--cause <cause>', 'only what this cause asks for (`millrace floor status` names them)')
      .action((options: Options, command: Command) =>
        tell(command, options, () => ({
          kind,
          by: options.by,
          reason: options.reason,
          ...(options.cause ? { cause: options.cause } : {}),
        })),
      );
  const ofPackage = (kind: 'front' | 'hold' | 'release', summary: string, description: string, example: string) =>
    decision(kind, summary, description, example)
      .argument('<package>', 'package that the floor has to build')
      .action((name: string, options: Options, command: Command) =>
        tell(command, options, async (session) => {
          // What has no spec any more may still be released; a hold of a name that was mistyped would hold nothing.
          if (kind === 'hold') await requirePackage(session, name);
          return { kind, by: options.by, reason: options.reason, package: name };
        }),
      );
  return [
    pausing(
      'pause',
      'start no more rebuilds',
      'Starts no more rebuilds, or none for one cause. What builds goes on; what is asked for meanwhile is remembered.',
    ),
    pausing('resume', 'go on after a pause', 'Goes on with what was paused, or what a breaker stopped.'),
    decision(
      'drop',
      'give a cause up',
      'Forgets a cause: what only it asked for is not rebuilt. What builds for it goes on.',
      'millrace floor drop glibc@2.42-r1 --reason "it is withdrawn"',
    )
      .argument('<cause>', 'cause (`millrace floor status` names them)')
      .action((cause: string, options: Options, command: Command) =>
        tell(command, options, () => ({ kind: 'drop', by: options.by, reason: options.reason, cause })),
      ),
    ofPackage(
      'front',
      'build a package before all others',
      'Builds a package, and what it waits for, before all others.',
      'millrace floor front openssl --reason "the image team waits"',
    ),
    ofPackage(
      'hold',
      'keep a package from being rebuilt',
      'Keeps a package from being rebuilt, and what needs it, until it is released from that.',
      'millrace floor hold perl --reason "its tests hang on this kernel"',
    ),
    ofPackage(
      'release',
      'end a hold, or try a failed rebuild again',
      'Ends the hold of a package; one whose rebuild failed is tried again.',
      'millrace floor release perl --reason "the kernel is replaced"',
    ),
    decision(
      'rebuild',
      'build packages again although nothing changed',
      'Builds these packages again, in the order of what they need of each other, after everything more urgent. What comes out equal is not published.',
      'millrace floor rebuild zlib pigz --reason "built with the broken compiler"',
    )
      .argument('<package...>', 'packages')
      .action((packages: string[], options: Options, command: Command) =>
        tell(command, options, async (session) => {
          for (const name of packages) await requirePackage(session, name);
          return { kind: 'rebuild', id: `${options.by}@${new Date().toISOString()}`, by: options.by, reason: options.reason, packages };
        }),
      ),
  ];
}

function decision(kind: string, summary: string, description: string, example: string): Command {
  return new Command(kind)
    .summary(summary)
    .description(description)
    .requiredOption('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      `\nExample:\n  ${example}\n\nExit codes: 0 accepted, 1 refused (the reason is printed), 2 usage or configuration`,
    );
}

async function tell(command: Command, options: Options, make: (session: Session) => FloorDecision | Promise<FloorDecision>): Promise<void> {
  if (!options.reason.trim()) throw new Complaint({ message: '--reason is empty', remedy: 'say why' }, 2);
  await withSession(command, async (session) => {
    const said = await make(session);
    const text = await withFloor(session, (floor) => floor.executeUpdate(floorDecideUpdate, { args: [said] }));
    if (options.json) printJson({ decision: said, text });
    else print(safe(text));
  });
}
