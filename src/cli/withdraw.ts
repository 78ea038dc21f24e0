import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { Command } from 'commander';
import type { WithdrawRequest } from '../activities/contract';
import { Complaint } from '../config/complaint';
import { didYouMean } from '../config/nearest';
import { repositoryId, withdrawUpdate } from '../workflows/messages';
import { repositoryStart } from '../workflows/start';
import { print, printJson } from './output';
import { byOption } from './person';
import { resolveName } from './read/names';
import { withSession } from './session';
import { safe } from '../domain/text/safe';

const ANSWER_SECONDS = 10;

export function withdrawCommand(): Command {
  return new Command('withdraw')
    .summary('take a published version out of the repository')
    .description(
      'Takes a published version back: the next generation of the repository is made without it, on every architecture. Its files stay in the store. It is never published again: raise the epoch of its spec to bring its content back.',
    )
    .argument('<name>', 'package')
    .argument('<version>', 'published version with its epoch: 1.3.1-r0')
    .requiredOption('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      `
Example:
  millrace withdraw zlib 1.3.1-r0 --reason "corrupts archives over 4 GiB"

Exit codes: 0 accepted, 1 refused (not published), 2 usage or configuration`,
    )
    .action(
      async (
        name: string,
        version: string,
        options: { readonly reason: string; readonly by: string; readonly json?: boolean },
        command: Command,
      ) => {
        if (!options.reason.trim()) throw new Complaint({ message: '--reason is empty', remedy: 'say why' }, 2);
        await withSession(command, async (session) => {
          const published = await session.published.publishedVersions(name);
          if (published.length === 0) await resolveName(session, `package:${name}`, []);
          if (!published.includes(version)) {
            throw new Complaint({
              message: `${name} ${version} is not published`,
              remedy:
                published.length === 0
                  ? 'nothing of it is'
                  : (didYouMean(version, published) ?? `published: ${published.slice(-10).join(', ')}`),
            });
          }
          const client = await session.client();
          const start = repositoryStart(session.config.distribution);
          const request: WithdrawRequest = {
            id: `withdraw:${name}-${version}`,
            package: name,
            version,
            by: options.by,
            reason: options.reason,
          };
          let text: string;
          try {
            text = await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
              client.workflow.executeUpdateWithStart(withdrawUpdate, {
                args: [request],
                startWorkflowOperation: new WithStartWorkflowOperation(start.type, {
                  workflowId: repositoryId(session.config.distribution),
                  taskQueue: start.taskQueue,
                  args: [start.input],
                  staticSummary: start.summary,
                  staticDetails: start.details,
                  workflowIdConflictPolicy: 'USE_EXISTING',
                }),
              }),
            );
          } catch (error) {
            if (error instanceof WorkflowUpdateFailedError)
              throw new Complaint({ message: `refused: ${safe(error.cause?.message ?? error.message)}` });
            throw error;
          }
          if (options.json) printJson({ ...request, text });
          else print(safe(text));
        });
      },
    );
}
