import { Command } from 'commander';
import { print, printJson } from './output';
import { packageStory } from '../views/package-story';
import { findRelease } from './read/release-of';
import { storyOfRecord, storyOfRunning } from './read/story';
import { withSession } from './session';
import { packageText } from './view/package';
import { safe } from '../domain/text/safe';
import { releaseText } from './view/release';
import { terminalStyle } from './view/style';

export function showCommand(): Command {
  return new Command('show')
    .summary('a package or a release: checks, builds, decisions, failures')
    .description(
      'Shows a package (what is published, what is in flight, its releases) and its newest release, or one release: the verdict of every check, builds, decisions, and for each failed step its report with the last 200 lines of its log.',
    )
    .argument('<name>', 'package (zlib) or release (zlib-1.3.1-r0)')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace show zlib\n  millrace show zlib-1.3.1-r0 --json\n\nExit codes: 0 shown, 1 unknown name, 2 usage or configuration',
    )
    .action(async (word: string, options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        const { named, client, running, record } = await findRelease(session, word);
        const release = (running && (await storyOfRunning(session, running))) ?? (record && (await storyOfRecord(session, record)));
        const ofPackage = named.kind === 'package' ? await packageStory(session, client, named.package) : undefined;
        if (options.json) {
          const releases = ofPackage?.releases.map(({ id, outcome, reason, generation, startedAt, finishedAt }) => ({
            release: id,
            outcome,
            reason,
            generation: generation ?? null,
            startedAt,
            finishedAt,
          }));
          return printJson({
            ...(ofPackage ? { ...ofPackage, releases } : {}),
            release: release ?? null,
            trouble: running?.trouble ?? null,
          });
        }
        const style = terminalStyle(Date.now());
        print(
          [
            ...(ofPackage ? [packageText(style, ofPackage)] : []),
            ...(release ? [releaseText(style, release)] : []),
            ...troubleOf(running?.trouble),
          ].join('\n\n'),
        );
      });
    });
}

const troubleOf = (trouble: string | undefined) => (trouble ? [safe(trouble)] : []);
