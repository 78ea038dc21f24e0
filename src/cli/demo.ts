import path from 'node:path';
import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import { createNarrator, DemoFailed } from '../demo/narrator';
import { runDemo } from '../demo/run-demo';
import { printJson, progress } from './output';

/** `millrace demo`: the whole line on real components, verified from outside. */
export function demoCommand(): Command {
  return new Command('demo')
    .summary('carry real upstream releases through the whole line, and verify it from outside')
    .description(
      'Makes a factory of its own in a folder, carries releases of zlib, lz4, pigz and libxml2 through it, to the packages and the image that depend on them, breaks it, kills it, and verifies from the published repository, the registry and git that everything is as it must be. Ends by itself.',
    )
    .option('--keep', 'leave the factory running afterwards, with its Temporal UI, until Ctrl-C')
    .option('--json', 'print a summary for programs on standard output')
    .option('--folder <folder>', 'where to work; made anew', '.millrace/demo')
    .option('--kubeconfig <file>', 'of a cluster (`millrace cluster up`): also runs a suite of the image there')
    .addHelpText('after', '\nExit codes: 0 everything was verified, 1 something did not hold, 2 usage or set-up, 130 interrupted')
    .action(async (options: { keep?: boolean; json?: boolean; folder: string; kubeconfig?: string }) => {
      const interruption = new AbortController();
      const interrupt = () => interruption.abort(new Error('interrupted'));
      process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
      const narrator = createNarrator(progress, () => performance.now());
      const folder = path.resolve(options.folder);
      const summary = (outcome: 'verified' | 'failed', problem?: string) => ({
        outcome,
        ...(problem ? { problem } : {}),
        seconds: Math.round(performance.now() / 1000),
        verified: narrator.verified,
        chapters: narrator.chapters,
      });
      try {
        const running = await runDemo(folder, narrator, interruption.signal, options.kubeconfig && path.resolve(options.kubeconfig));
        narrator.chapter(`Verified: ${narrator.verified.length} claims, all from outside`);
        if (options.json) printJson(summary('verified'));
        if (options.keep) await keep(running.ui, running.configFile, interruption.signal);
        await running.stop();
      } catch (error) {
        if (interruption.signal.aborted) {
          progress('interrupted; everything was stopped');
          // The chapter that was cut off still waits for what no longer comes, for minutes.
          process.exit(130);
        }
        if (options.json) printJson(summary('failed', (error as Error).message));
        if (error instanceof DemoFailed) {
          throw new Complaint({ message: error.message, remedy: `logs are in ${path.join(folder, 'state/logs')}` });
        }
        throw error;
      }
    });
}

async function keep(ui: string, configFile: string, interrupted: AbortSignal): Promise<void> {
  progress(`\nThe factory runs on. Temporal UI: ${ui}\nTry: npx millrace --config ${configFile} status\nCtrl-C ends it.`);
  if (interrupted.aborted) return;
  await new Promise<void>((resolve) => interrupted.addEventListener('abort', () => resolve(), { once: true }));
}
