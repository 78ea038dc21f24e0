import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { Argument, Command } from 'commander';
import { run } from '../activities/process';
import { Complaint } from '../config/complaint';
import { isLocalRepository } from '../config/load';
import type { Decision } from '../domain/release/release';
import { decideUpdate } from '../workflows/messages';
import { print, printJson } from './output';
import { byOption } from './person';
import { inFlightImages } from '../views/images';
import { inFlightReleases, type InFlight } from '../views/in-flight';
import { resolveName } from './read/names';
import { withSession, type Session } from './session';
import { safe } from '../domain/text/safe';

const ANSWER_SECONDS = 10;
const IMAGE = 'image:';
const KINDS = ['retry', 'patch', 'waive', 'reject'] as const;
type Kind = (typeof KINDS)[number];

interface Options {
  readonly check?: string;
  readonly commit?: string;
  readonly reason?: string;
  readonly by: string;
  readonly json?: boolean;
}

export function decideCommand(): Command {
  return new Command('decide')
    .summary('answer a release or an image that waits for a person')
    .description(
      `Answers a release that waits: \`millrace status\` lists them, \`millrace show\` tells why.

  retry    run what failed again
  patch    go on with a commit that you pushed to the release's branch
  waive    a named check need not pass (needs --check and --reason)
  reject   give the release up (needs --reason); only \`release --insist\` brings it back`,
    )
    .argument('<release>', 'release (zlib-1.3.1-r0), package with a release in flight (zlib), or image (image:web)')
    .addArgument(new Argument('<decision>', 'the answer').choices(KINDS))
    .option('--check <name>', 'the check to waive')
    .option('--commit <commit>', "the commit to go on with (default: the head of the release's branch)")
    .option('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      `
Examples:
  millrace decide zlib retry
  millrace decide lz4-1.10.0-r0 patch --commit 5d1c4f0
  millrace decide lz4 waive --check package-tests --reason "the test is wrong for 1.10"
  millrace decide lz4 reject --reason "breaks the frame format"
  millrace decide image:web retry

Exit codes: 0 accepted, 1 refused (the reason is printed), 2 usage or configuration`,
    )
    .action(async (word: string, kind: Kind, options: Options, command: Command) => {
      checkUsage(kind, options);
      await withSession(command, async (session) => {
        const client = await session.client();
        const { release, decision } = word.startsWith(IMAGE)
          ? await imageDecision(client, word.slice(IMAGE.length), kind, options)
          : await releaseDecision(session, client, word, kind, options);
        let text: string;
        try {
          text = await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
            client.workflow.getHandle(release).executeUpdate(decideUpdate, { args: [decision] }),
          );
        } catch (error) {
          if (error instanceof WorkflowUpdateFailedError)
            throw new Complaint({ message: `refused: ${safe(error.cause?.message ?? error.message)}` });
          if (error instanceof WorkflowNotFoundError)
            throw new Complaint({ message: `${release} has ended`, remedy: `${showOf(word)} tells how it stands` });
          throw error;
        }
        if (options.json) printJson({ release, decision, text });
        else print(`${release}: ${safe(text)}`);
      });
    });
}

function checkUsage(kind: Kind, options: Options): void {
  const missing = [
    ...(kind === 'waive' && !options.check ? ['--check'] : []),
    ...((kind === 'waive' || kind === 'reject') && !options.reason?.trim() ? ['--reason'] : []),
  ];
  if (missing.length > 0) throw new Complaint({ message: `${kind} needs ${missing.join(' and ')}`, remedy: 'millrace decide --help' }, 2);
  if (kind !== 'waive' && options.check) throw new Complaint({ message: `--check belongs to waive, not to ${kind}` }, 2);
  if (kind !== 'patch' && options.commit) throw new Complaint({ message: `--commit belongs to patch, not to ${kind}` }, 2);
}

const showOf = (word: string) => (word.startsWith(IMAGE) ? `millrace image show ${word.slice(IMAGE.length)}` : `millrace show ${word}`);

interface Decided {
  /** Id of the workflow that is answered. */
  readonly release: string;
  readonly decision: Decision;
}

async function releaseDecision(session: Session, client: Client, word: string, kind: Kind, options: Options): Promise<Decided> {
  const waiting = await findWaiting(session, word, await inFlightReleases(client));
  return { release: waiting.release, decision: await decisionOf(kind, options, () => patchCommit(session, options.commit, waiting)) };
}

async function imageDecision(client: Client, image: string, kind: Kind, options: Options): Promise<Decided> {
  const found = (await inFlightImages(client)).find((running) => running.image === image);
  if (!found)
    throw new Complaint({
      message: `the image ${image} has no release in flight`,
      remedy: `millrace image show ${image} tells how it stands`,
    });
  const noBranch = () => {
    throw new Complaint(
      { message: 'an image has no branch to patch', remedy: 'commit to main: the image is locked anew, and replaces the one that waits' },
      2,
    );
  };
  return { release: found.release, decision: await decisionOf(kind, options, noBranch) };
}

async function findWaiting(session: Session, word: string, running: readonly InFlight[]): Promise<InFlight> {
  const named = await resolveName(session, word, running);
  const found = running.find((release) =>
    named.kind === 'release' ? release.release === named.release : release.package === named.package,
  );
  if (found) return found;
  const what =
    named.kind === 'release' ? `${named.release.slice('release:'.length)} has ended` : `${named.package} has no release in flight`;
  throw new Complaint({ message: what, remedy: `millrace show ${word} tells how it stands` });
}

async function decisionOf(kind: Kind, options: Options, commit: () => Promise<string>): Promise<Decision> {
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  if (kind === 'waive') return { kind, by: options.by, check: options.check!, reason: options.reason! };
  if (kind === 'reject') return { kind, by: options.by, reason: options.reason! };
  if (kind === 'retry') return { kind, by: options.by, ...reason };
  return { kind, by: options.by, commit: await commit(), ...reason };
}

/** The full commit id that is meant: the one named, else what was pushed to the release's branch. */
async function patchCommit({ config, forge }: Session, named: string | undefined, { release, view }: InFlight): Promise<string> {
  if (named !== undefined && /^[0-9a-f]{40}$/.test(named)) return named;
  if (named !== undefined) {
    const repository = config.specs.repository;
    const found = isLocalRepository(repository)
      ? await run('git', ['-C', repository, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${named}^{commit}`])
      : undefined;
    if (found?.code === 0) return found.stdout.trim();
    throw new Complaint({ message: `${repository} has no commit ${named}`, remedy: 'push it first, or name all 40 digits' });
  }
  const branch = view?.change?.branch;
  if (!branch)
    throw new Complaint({ message: `${release} has no branch to take a commit from`, remedy: 'commit to main, then decide retry' });
  const head = await forge.head(branch);
  if (head !== view.change?.commit) return head;
  throw new Complaint({
    message: `nothing was pushed to ${branch}: it is at ${head.slice(0, 12)}, which was tried`,
    remedy: `git push ${forge.url} HEAD:${branch}`,
  });
}
