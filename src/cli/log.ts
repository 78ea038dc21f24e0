import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import type { BuildResult } from '../domain/release/release';
import { print, progress } from './output';
import { findRelease, type Found } from './read/release-of';
import { releaseView } from '../views/in-flight';
import { withSession, type Session } from './session';
import { safe } from '../domain/text/safe';

const POLL_MILLISECONDS = 500;

interface Options {
  readonly follow?: boolean;
  readonly arch?: string;
}

export function logCommand(): Command {
  return new Command('log')
    .summary('the build log of a release, also while it runs')
    .description('Prints the build log of a release that runs, else of the newest that has ended.')
    .argument('<name>', 'package or release')
    .option('--follow', 'go on printing until the build ends')
    .option('--arch <architecture>', 'whose build (default: the first)')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace log zlib --follow\n  millrace log zlib-1.3.1-r0 --arch aarch64 | less\n\nExit codes: 0 printed, 1 unknown name or no build yet, 2 usage or configuration',
    )
    .action(async (word: string, options: Options, command: Command) => {
      await withSession(command, async (session) => {
        const found = await findRelease(session, word);
        let log = await logOf(found, options);
        while (!log && options.follow && found.client && found.running) {
          progress(`${found.running.release}: no build has started yet`);
          await sleep(2000);
          if (!(await releaseView(found.client, found.running.release))) break;
          log = await logOf({ ...found, running: { ...found.running, ...(await viewOf(found.client, found.running.release)) } }, options);
        }
        if (!log)
          throw new Complaint({
            message: `${word} has no build${options.arch ? ` for ${options.arch}` : ''} yet`,
            remedy: `millrace show ${word}`,
          });
        progress(`log ${safe(log.name)}`);
        await printLog(session, log.name, options.follow === true && log.running ? () => isBuilding(found, log.name) : async () => false);
      });
    });
}

interface Log {
  readonly name: string;
  readonly running: boolean;
}

async function viewOf(client: Client, release: string) {
  const view = await releaseView(client, release);
  return view ? { view } : {};
}

/** The log of the build that runs, else of one that was finished. */
async function logOf({ client, running, record }: Found, { arch }: Options): Promise<Log | undefined> {
  const live = client && running ? await runningLogs(client, running.release) : [];
  const wanted = live.find((log) => arch === undefined || log.includes(arch));
  if (wanted) return { name: wanted, running: true };
  const builds: readonly BuildResult[] = [...(running?.view?.builds ?? []), ...(record?.builds ?? [])];
  const built = builds.find((build) => arch === undefined || build.architecture === arch);
  return built && { name: built.log, running: false };
}

async function isBuilding({ client, running }: Found, log: string): Promise<boolean> {
  if (!client || !running) return false;
  const logs = await runningLogs(client, running.release).catch((): readonly string[] => []);
  return logs.includes(log);
}

/** Logs that the running activities of a release name in their heartbeats. */
async function runningLogs(client: Client, release: string): Promise<readonly string[]> {
  const { raw } = await client.workflow.getHandle(release).describe();
  return (raw.pendingActivities ?? []).flatMap((activity) => {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    const details: unknown = payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : undefined;
    const log = typeof details === 'object' && details !== null && 'log' in details ? details.log : undefined;
    return activity.activityType?.name === 'buildPackage' && typeof log === 'string' ? [log] : [];
  });
}

async function printLog({ store }: Session, name: string, goesOn: () => Promise<boolean>): Promise<void> {
  const file = await open(await store.log(name)).catch(() => {
    throw new Complaint({ message: `the log ${name} is not in the store`, remedy: 'it was deleted; run the release again' });
  });
  const buffer = Buffer.alloc(64 * 1024);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const drain = async () => {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) print(safe(line.replace(/\r$/, '')));
    }
  };
  try {
    for (;;) {
      const last = !(await goesOn());
      await drain();
      if (last) break;
      await sleep(POLL_MILLISECONDS);
    }
    if (rest !== '') print(safe(rest));
  } finally {
    await file.close();
  }
}
