import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Complaint } from '../../config/complaint';
import { didYouMean } from '../../config/nearest';
import type { ImageTags } from '../../domain/image/image';
import { namedDigest, rollbackPlan } from '../../domain/image/rollback';
import type { Result } from '../../domain/result';
import { safe } from '../../domain/text/safe';
import { imageId, imageQuery } from '../../workflows/messages';
import { print, printJson } from '../output';
import { byOption } from '../person';
import { withSession, type Session } from '../session';
import { giveOrder } from './order';

const ANSWER_SECONDS = 10;
const OUTCOME_SECONDS = 60;
const REFUSED = 'refused: ';

interface Options {
  readonly to?: string;
  readonly reason: string;
  readonly by: string;
  readonly json?: boolean;
}

/** `millrace image rollback`. */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .summary('move tags of an image back to a digest that they pointed to')
    .description(
      'Moves tags back: those named, else all that the last release moved; to the digest named, else to where each pointed before its last move. Only to digests that the tag pointed to before. The image is put on hold, and the locks gone back over do not come back by themselves.',
    )
    .argument('<name>', 'image, as its folder is called')
    .argument('[tags...]', 'tags (default: all that the last release moved)')
    .option('--to <digest>', 'the digest, or its first digits, to go back to (default: before the last move)')
    .requiredOption('--reason <text>', 'why; kept in the records')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      `
Examples:
  millrace image rollback web --reason "segfaults on start"
  millrace image rollback web latest 2 --to sha256:4be1c2b07a31 --reason "2.9 drops TLS 1.2"

Exit codes: 0 rolled back, or still under way, 1 refused (what is possible is printed), 2 usage or configuration`,
    )
    .action(async (name: string, tags: readonly string[], options: Options, command: Command) => {
      const { reason, by, json } = options;
      if (!reason.trim()) throw new Complaint({ message: '--reason is empty', remedy: 'say why' }, 2);
      await withSession(command, async (session) => {
        const record = await recordOf(session, name);
        const to = options.to === undefined ? undefined : allowed(namedDigest(record, options.to));
        const plan = allowed(rollbackPlan(record, { tags, ...(to === undefined ? {} : { to }) }));
        const text = await giveOrder(session, name, { kind: 'rollback', by, reason, moves: plan.moves });
        const outcome = await outcomeOf(session, name);
        if (json) printJson({ image: name, ...plan, text, outcome: outcome ?? null });
        else {
          plan.stay.forEach(({ tag, why }) => print(`${name}:${tag} stays: it ${why}`));
          print(`${name}: ${safe(text)}`);
          print(outcome === undefined ? `It is still under way: millrace image show ${name}` : `${name}: ${safe(outcome)}`);
        }
        if (outcome?.startsWith(REFUSED)) process.exitCode = 1;
      });
    });
}

async function recordOf({ store }: Session, name: string): Promise<ImageTags> {
  const record = await store.readRecord<ImageTags>('image-tags', name);
  if (record) return record;
  const known = await store.listRecords('image-tags');
  throw new Complaint({
    message: `no image ${name} was ever tagged`,
    remedy: didYouMean(name, known) ?? '`millrace image list` tells the images',
  });
}

function allowed<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Complaint(result.error);
}

/** What came of the rollback; undefined when it is not seen through within a minute. */
async function outcomeOf(session: Session, name: string): Promise<string | undefined> {
  const client = await session.client();
  const look = () =>
    client
      .withDeadline(Date.now() + ANSWER_SECONDS * 1000, () => client.workflow.getHandle(imageId(name)).query(imageQuery))
      .catch(() => undefined);
  for (const until = Date.now() + OUTCOME_SECONDS * 1000; Date.now() < until; await sleep(200)) {
    const view = await look();
    if (view && !view.rollback) return view.orders.findLast(({ kind }) => kind === 'rollback')?.outcome;
  }
  return undefined;
}
