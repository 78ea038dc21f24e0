import { endPauseCommand, standing, type ImageTestView } from '../../domain/image/test-details';
import { duration } from '../../domain/text/duration';
import type { RunningSuite } from '../../views/running-suites';
import { markup, type Html } from './markup';
import { outcome, since, table, workflowLink, type Surroundings } from './parts';

/** The suites that run on an image: which test, for how long yet at most, what it said last, and how a kept sandbox is looked into. */
export function suitesSection(suites: readonly RunningSuite[], around: Surroundings): Html {
  return markup`<section aria-labelledby="suites">
    <h2 id="suites">Tests that run</h2>
    ${suites.map((suite) => suitePart(suite, around))}
  </section>`;
}

function suitePart({ workflow, startedAt, view, progress }: RunningSuite, around: Surroundings): Html {
  if (!view)
    return markup`<p>${workflow}, since ${since(startedAt, around.now)} <span class="bad">(its worker does not answer)</span>. ${workflowLink(workflow, around)}</p>`;
  const { suite, variant, running, outcomes } = view;
  const ended = outcomes.length;
  const all = ended + running.length + view.waiting;
  const name = `${suite}${variant === '' ? '' : ` on ${variant}`}`;
  return markup`<h3>${name}</h3>
    <p>
      ${all > 0 && markup`<progress value="${ended}" max="${all}" aria-label="tests ended of ${name}"></progress>`} ${standing(view)}, since
      ${since(startedAt, around.now)}. ${workflowLink(workflow, around)}
    </p>
    ${running.filter(({ paused }) => paused).map((test) => pausedPart(view, test, around.now))}
    ${all > 0 && table(`Tests of ${name}`, ['Test', 'Architecture', 'State', 'For', 'Left at most', 'Remark'], rowsOf(view, around.now), ['Remark'])}
    ${progress.length > 0 && markup`<pre tabindex="0" aria-label="what the tests of ${name} said last">${progress.map(({ line }) => markup`${line}\n`)}</pre>`}`;
}

function rowsOf({ running, outcomes }: ImageTestView, now: number) {
  return [
    ...running.map(({ test, architecture, since: at, until, paused }) => [
      test,
      architecture,
      paused ? markup`<span class="wait">kept for a person</span>` : 'runs',
      since(at, now),
      duration(Math.max(0, Date.parse(until) - now) / 1000),
      '',
    ]),
    ...outcomes.map(({ test, architecture, passed, tries, seconds, wrong }) => [
      test,
      architecture,
      outcome(passed ? 'passed' : 'failed'),
      duration(seconds),
      '',
      `${tries > 1 ? `on try ${tries}${passed ? ', flaky' : ''}${wrong.length > 0 ? ': ' : ''}` : ''}${wrong.join('; ')}`,
    ]),
  ];
}

function pausedPart(view: ImageTestView, { test, until, paused }: ImageTestView['running'][number], now: number): Html {
  return markup`<div class="waiting">
    <p>The sandbox of ${test} stands for ${duration(Math.max(0, Date.parse(until) - now) / 1000)} yet. Look into it, or let it go:</p>
    <ul class="answers"><li><code>${paused?.look}</code></li><li><code>${endPauseCommand(view)}</code></li></ul>
  </div>`;
}
