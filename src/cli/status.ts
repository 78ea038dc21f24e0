import { Command } from 'commander';
import { print, printJson } from './output';
import type { InFlight } from '../views/in-flight';
import { overview } from './read/overview';
import type { Overview } from '../views/overview';
import { withSession } from './session';
import { overviewText } from './view/overview';
import { terminalStyle } from './view/style';

export function statusCommand(): Command {
  return new Command('status')
    .summary('what is in flight, what waits for a person, what was published')
    .description(
      'Shows what waits for a person (with the commands that answer it), what is in flight, what ended last, and the share of releases that needed no person.',
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 the factory runs, 1 no Temporal server answers (what the records tell is shown), 2 usage or configuration',
    )
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const found = await withSession(command, overview);
      if (options.json) printJson(overviewJson(found));
      else print(overviewText(terminalStyle(Date.now()), found));
      if (!found.inFlight) process.exitCode = 1;
    });
}

/** The form of `status --json`: stable, without what only makes sense on a screen. */
export function overviewJson(found: Overview) {
  const recent = (records: Overview['published']) =>
    records.slice(0, 20).map(({ id, outcome, reason, generation, startedAt, finishedAt, decisions }) => ({
      release: id,
      outcome,
      reason,
      generation: generation ?? null,
      startedAt,
      finishedAt,
      decisions: decisions.length,
    }));
  return {
    distribution: found.distribution,
    running: found.inFlight !== undefined,
    generation: found.generation,
    inFlight: found.inFlight?.map(inFlightJson) ?? null,
    waiting: found.inFlight?.filter((release) => release.view?.waitingFor).map(inFlightJson) ?? null,
    images:
      found.images?.map(({ release, image, stage, startedAt, view }) => ({
        ...{ release, image, stage, startedAt },
        waitingFor: view?.waitingFor ?? null,
      })) ?? null,
    published: recent(found.published),
    notPublished: recent(found.given),
    share: found.share,
  };
}

function inFlightJson({ release, package: name, stage, startedAt, view, trouble }: InFlight) {
  const outcomes = view?.verdicts.map(({ check, outcome, summary }) => ({ check, outcome, summary }));
  return {
    release,
    package: name,
    stage,
    startedAt,
    answers: view !== undefined,
    verdicts: outcomes ?? [],
    waitingFor: view?.waitingFor ?? null,
    trouble: trouble ?? null,
  };
}
