import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import { packageDefaults } from '../config/package-defaults';
import { hintUpdate, packageQuery, type Hint, type HintAnswer, type PackageView } from '../workflows/messages';
import { hintMessage } from '../workflows/start';
import { print, printJson, progress } from './output';
import { byOption } from './person';
import { requirePackage } from './read/names';
import { withSession } from './session';
import { safe } from '../domain/text/safe';

const LOOK_SECONDS = 60;
const ANSWER_SECONDS = 10;

interface Options {
  readonly insist?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly by: string;
}

export function releaseCommand(): Command {
  return new Command('release')
    .summary('look at a package now, and release it if something is newer')
    .description(
      'Asks the factory to look at a package: at its spec, at what is published and at its upstream. What is newer is released; what is not is explained. Nothing is started twice.',
    )
    .argument('<name>', 'package, as its spec is called')
    .argument('[version]', 'upstream version to release, if it is newer (default: the newest that the update rules allow)')
    .option('--insist', 'also what was rejected or stopped by the loop breaker')
    .option('--no-wait', 'do not wait for the outcome of the look')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      `
Examples:
  millrace release zlib                    look whether zlib has something newer
  millrace release zlib 1.3.1              that version, if it is newer
  millrace release zlib 1.3.1 --insist     although it was rejected before

Exit codes: 0 looked (the text says what came of it), 1 refused or the version named was not started, 2 usage or configuration`,
    )
    .action(async (name: string, version: string | undefined, options: Options, command: Command) => {
      await withSession(command, async (session) => {
        if (version !== undefined && !/^[0-9a-z][0-9a-z._+~-]*$/i.test(version)) {
          throw new Complaint({ message: `${version} is no version`, remedy: 'write it as upstream does, without -rN: 1.3.1' }, 2);
        }
        await requirePackage(session, name);
        const at = new Date().toISOString();
        const hint: Hint = {
          id: `person:${options.by}:${name}:${version ?? 'newest'}:${at}`,
          cause: {
            id: `person:${options.by}:${name}:${version ?? 'newest'}:${at}`,
            kind: 'person',
            text: `${options.by} asked for ${name}${version ? ` ${version}` : ''}`,
            at,
            by: options.by,
          },
          ...(version ? { version } : {}),
          ...(options.insist ? { insist: true } : {}),
        };
        const client = await session.client();
        const message = hintMessage(packageDefaults(session.config), name, hint);
        const before = await lookOf(client, message.workflowId);
        const answer = await ask(client, message, hint);
        if (!answer.accepted) throw new Complaint({ message: `${name}: ${answer.text}` });
        const view =
          options.wait && answer.text.startsWith('looking')
            ? await outcome(client, message.workflowId, before, () => progress(`${name}: ${answer.text}`))
            : undefined;
        const text = view?.lastLook?.text ?? answer.text;
        if (options.json)
          printJson({ package: name, accepted: answer.accepted, text, inFlight: view?.inFlight ?? null, next: view?.next ?? null });
        else print(`${name}: ${safe(text)}${view?.inFlight ? ` (follow it: millrace watch, millrace log ${name} --follow)` : ''}`);
        if (version && view && view.inFlight?.version !== version && view.next?.version !== version) process.exitCode = 1;
      });
    });
}

async function ask(client: Client, message: ReturnType<typeof hintMessage>, hint: Hint): Promise<HintAnswer> {
  const start = message.start!;
  return client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
    client.workflow.executeUpdateWithStart(hintUpdate, {
      args: [hint],
      startWorkflowOperation: new WithStartWorkflowOperation(start.type, {
        workflowId: message.workflowId,
        taskQueue: start.taskQueue,
        args: [start.input],
        staticSummary: start.summary,
        staticDetails: start.details,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    }),
  );
}

async function lookOf(client: Client, workflowId: string): Promise<PackageView | undefined> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () => client.workflow.getHandle(workflowId).query(packageQuery));
  } catch {
    return undefined;
  }
}

/** The entity's view once it has looked again; undefined when that takes longer than a minute. */
async function outcome(
  client: Client,
  workflowId: string,
  before: PackageView | undefined,
  onSlow: () => void,
): Promise<PackageView | undefined> {
  const started = Date.now();
  let told = false;
  for (;;) {
    const view = await lookOf(client, workflowId);
    if (view?.lastLook && view.lastLook.at !== before?.lastLook?.at) return view;
    const seconds = (Date.now() - started) / 1000;
    if (seconds > LOOK_SECONDS) return undefined;
    if (seconds > 2 && !told) {
      told = true;
      onSlow();
    }
    await sleep(200);
  }
}
