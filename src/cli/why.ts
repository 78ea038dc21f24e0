import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import { causeChain } from '../views/cause-chain';
import { print, printJson } from './output';
import { findRelease } from './read/release-of';
import { storyOfRecord, storyOfRunning } from './read/story';
import { withSession } from './session';
import { terminalStyle } from './view/style';
import { whyText } from './view/why';

export function whyCommand(): Command {
  return new Command('why')
    .summary('the chain of causes of a release')
    .description('Tells why a release happens or happened: what set it off, what it changed, who decided what, what came of it.')
    .argument('<name>', 'package (its newest release) or release (zlib-1.3.1-r0)')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace why zlib\n  millrace why zlib-1.2.13-r1 --json\n\nExit codes: 0 told, 1 unknown name or no release yet, 2 usage or configuration',
    )
    .action(async (word: string, options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        const { named, running, record } = await findRelease(session, word);
        const story = (running && (await storyOfRunning(session, running))) ?? (record && (await storyOfRecord(session, record)));
        if (!story) throw new Complaint({ message: `${named.package} has no release yet`, remedy: `millrace release ${named.package}` });
        const chain = await causeChain(session.store, story.input.causes);
        if (!options.json) return print(whyText(terminalStyle(Date.now()), story, chain));
        const { release, standing, outcome, reason, generation, mergedAs, finishedAt, change, decisions, input } = story;
        printJson({
          release,
          standing,
          outcome: outcome ?? null,
          reason: reason ?? null,
          causes: input.causes,
          chain,
          candidate: input.candidate ?? null,
          previous: input.previous ?? null,
          change: change
            ? { summary: change.summary, commit: change.commit, branch: change.branch ?? null, droppedPatches: change.droppedPatches }
            : null,
          decisions,
          mergedAs: mergedAs ?? null,
          generation: generation ?? null,
          finishedAt: finishedAt ?? null,
        });
      });
    });
}
