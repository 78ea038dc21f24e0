import { Command } from 'commander';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { imageKeyFiles } from '../activities/signing/image-key';
import { Complaint } from '../config/complaint';
import { statePaths, type Config } from '../config/config';
import { didYouMean } from '../config/nearest';
import { packageDefaults } from '../config/package-defaults';
import { safeLines } from '../domain/text/safe';
import { inFlightImages, imageStandings, imageStory, type ImageInFlight } from '../views/images';
import type { ImageHint } from '../domain/image/reduce';
import { imageHintUpdate, imageQuery, type ImageView } from '../workflows/messages';
import { imageHintMessage } from '../workflows/start';
import { diffCommand } from './image/diff';
import { holdCommand, resumeCommand } from './image/hold';
import { lockCommand } from './image/lock';
import { requireImage } from './image/require';
import { rollbackCommand } from './image/rollback';
import { print, printJson } from './output';
import { byOption } from './person';
import { withSession, type Session } from './session';
import { imageListText, imageTagsText, imageText, type Maker } from './view/image';
import { terminalStyle } from './view/style';

const ANSWER_SECONDS = 10;
const LOOK_SECONDS = 60;
const ANSWERED = '\nExit codes: 0 shown, 1 unknown image, 2 usage or configuration';

export function imageCommand(): Command {
  const image = new Command('image')
    .summary('images: what their tags point to, and building them')
    .description('Images follow their packages by themselves. `millrace decide image:NAME …` answers one that waits.');
  for (const command of [
    listCommand(),
    showCommand(),
    tagsCommand(),
    buildCommand(),
    holdCommand(),
    resumeCommand(),
    rollbackCommand(),
    diffCommand(),
    lockCommand(),
  ])
    image.addCommand(command);
  return image;
}

function listCommand(): Command {
  return new Command('list')
    .summary('every image: version, tags, what is under way')
    .description('Lists every image that was ever looked at: the version and generation of its last lock, its tags, and what it waits for.')
    .option('--json', 'print as JSON')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        const images = await imageStandings(session.store, await running(session));
        if (options.json) printJson(images);
        else print(imageListText(terminalStyle(Date.now()), images));
      });
    });
}

function showCommand(): Command {
  return new Command('show')
    .summary('an image: tags with their digests, what it waits for, packages, releases')
    .description(
      'Shows one image: what is under way and the commands that answer it, where its tags point, the packages of its last lock, and its releases.',
    )
    .argument('<name>', 'image, as its folder is called')
    .option('--json', 'print as JSON')
    .addHelpText('after', ANSWERED)
    .action(async (name: string, options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        const story = await storyOf(session, name);
        if (options.json) printJson(story);
        else print(imageText(terminalStyle(Date.now()), story, madeBy(session.config)));
      });
    });
}

/** What others need to verify an image; undefined where this factory makes none. */
function madeBy({ images, state, distribution }: Config): Maker | undefined {
  if (!images) return undefined;
  const { host, protocol } = new URL(images.registry);
  return { host, plain: protocol === 'http:', key: imageKeyFiles(statePaths(state).keys, distribution).publicKey };
}

function tagsCommand(): Command {
  return new Command('tags')
    .summary('where the tags of an image point, and every move of them with its reason')
    .description(
      'Shows where the tags of an image point, since when, and the last moves of them: when, to which digest, and what had changed.',
    )
    .argument('<name>', 'image, as its folder is called')
    .option('--json', 'print as JSON')
    .addHelpText('after', ANSWERED)
    .action(async (name: string, options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async (session) => {
        const { tags } = await storyOf(session, name);
        if (options.json) printJson(tags ?? { image: name, tags: {}, moves: [] });
        else print(tags ? imageTagsText(terminalStyle(Date.now()), tags) : `${name}: nothing was tagged yet`);
      });
    });
}

function buildCommand(): Command {
  return new Command('build')
    .summary('look at an image now, and build it if it would be another')
    .description('Locks the image against the newest generation. What differs from what its tags point to is built, tested and tagged.')
    .argument('<name>', 'image, as its folder is called')
    .option('--insist', 'also a lock that was rejected')
    .option('--no-wait', 'do not wait for the outcome of the look')
    .option('--json', 'print the answer as JSON')
    .addOption(byOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 looked (the text says what came of it), 1 refused, or it cannot be locked, 2 usage or configuration',
    )
    .action(async (name: string, options: BuildOptions, command: Command) => {
      await withSession(command, async (session) => {
        await requireImage(session, name);
        const at = new Date().toISOString();
        const id = `person:${options.by}:${name}:${at}`;
        const cause = { id, kind: 'person', text: `${options.by} asked for ${name}`, at, by: options.by } as const;
        const { text, view } = await ask(session, name, { id, cause, ...(options.insist ? { insist: true } : {}) }, options.wait);
        if (options.json) printJson({ image: name, text, problem: view?.problem ?? null, inFlight: view?.inFlight ?? null });
        else print(`${name}: ${safeLines(text).join('\n')}${view?.inFlight ? ` (follow it: millrace image show ${name})` : ''}`);
        if (view?.problem !== undefined) process.exitCode = 1;
      });
    });
}

interface BuildOptions {
  readonly insist?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly by: string;
}

/** Asks for a look; waits for it, a minute at most. */
async function ask(
  session: Session,
  name: string,
  hint: ImageHint,
  wait: boolean,
): Promise<{ readonly text: string; readonly view?: ImageView }> {
  const client = await session.client();
  const { workflowId, start } = imageHintMessage(packageDefaults(session.config), name, hint);
  const { type, taskQueue, input, summary: staticSummary, details: staticDetails } = start!;
  const look = () =>
    client
      .withDeadline(Date.now() + ANSWER_SECONDS * 1000, () => client.workflow.getHandle(workflowId).query(imageQuery))
      .catch(() => undefined);
  const before = await look();
  const answer = await client.withDeadline(Date.now() + ANSWER_SECONDS * 1000, () =>
    client.workflow.executeUpdateWithStart(imageHintUpdate, {
      args: [hint],
      startWorkflowOperation: new WithStartWorkflowOperation(type, {
        ...{ workflowId, taskQueue, staticSummary, staticDetails },
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    }),
  );
  if (!wait || !answer.text.startsWith('looking')) return answer;
  for (const until = Date.now() + LOOK_SECONDS * 1000; Date.now() < until; await sleep(200)) {
    const view = await look();
    if (view?.lastLook && view.lastLook.at !== before?.lastLook?.at) return { text: view.lastLook.text, view };
  }
  return answer;
}

/** Nothing where no Temporal server answers. */
function running(session: Session): Promise<readonly ImageInFlight[]> {
  return session.client().then(inFlightImages, () => []);
}

async function storyOf(session: Session, name: string) {
  const client = await session.client().catch(() => undefined);
  const flying = await running(session);
  const story = await imageStory(session.store, client, name, flying);
  if (story) return story;
  const known = (await imageStandings(session.store, flying)).map(({ image }) => image);
  throw new Complaint({
    message: `nobody has looked at an image ${name}`,
    remedy: didYouMean(name, known) ?? `millrace image build ${name}`,
  });
}
