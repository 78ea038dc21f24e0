import { summaryLine } from '../../domain/check/gate';
import type { FailureClass, FailureReport, Verdict, Waiver } from '../../domain/check/verdict';
import { comparisonLine } from '../../domain/release/comparison';
import type { BuildResult, Change, Comparison, DecisionRecord, ReleaseInput } from '../../domain/release/release';
import { shortName } from '../../views/in-flight';
import { duration } from '../../domain/text/duration';
import { safe } from '../../domain/text/safe';
import { outcomeColour, paint, table, type Style } from './style';

/** A release as people are shown it, whether it runs (a view) or has ended (a record). */
export interface ReleaseStory {
  readonly release: string;
  readonly input: ReleaseInput;
  /** Where it stands, or how it ended. */
  readonly standing: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly generation?: number;
  readonly mergedAs?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly seconds?: Readonly<Record<string, number>>;
  readonly change?: Change;
  readonly builds: readonly BuildResult[];
  readonly comparison?: Comparison;
  readonly verdicts: readonly Verdict[];
  readonly waivers: readonly Waiver[];
  readonly decisions: readonly DecisionRecord[];
  readonly refused: readonly string[];
  readonly waitingFor?: { readonly since: string; readonly because: readonly string[]; readonly answers: readonly string[] };
  /** Last lines of the logs of failed steps, by log name. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
}

/** `millrace show`: where it stands, verdicts, builds, decisions, and for each failed step its report with the end of its log. */
export function releaseText(style: Style, story: ReleaseStory): string {
  const { bold, yellow, dim } = style.colours;
  const from = story.input.previous ? ` (before: ${safe(story.input.previous)})` : ' (first release)';
  const outcome = outcomeColour(style, story.outcome ?? '')(safe(story.standing));
  const generation = story.generation === undefined ? '' : `, generation ${story.generation}`;
  return [
    `${bold(safe(shortName(story.release)))}${from}: ${outcome}${generation}`,
    ...(story.reason && story.outcome !== 'published' ? [safe(story.reason)] : []),
    ...(story.waitingFor
      ? [
          [
            yellow(`Waits for a person since ${story.waitingFor.since}`),
            ...story.waitingFor.because.map((line) => `  ${safe(line)}`),
            ...story.waitingFor.answers.map((answer) => `  ${dim('>')} ${safe(answer)}`),
          ].join('\n'),
        ]
      : []),
    ...section(bold('Because'), story.input.causes.map(causeLine)),
    ...section(bold('Change'), story.change ? changeLines(story.change, story.mergedAs) : []),
    ...(story.verdicts.length > 0
      ? [
          `${bold(`Checks: ${summaryLine(story.verdicts, story.waivers, story.input.architectures)}`)}\n${verdictTable(style, story.verdicts, story.waivers)}`,
        ]
      : []),
    ...(story.builds.length > 0 ? [`${bold('Builds')}\n${buildTable(style, story.builds)}`] : []),
    ...section(bold('Beside what was published before'), story.comparison ? comparisonLines(story.comparison) : []),
    ...section(bold('Decisions'), story.decisions.map(decisionLine)),
    ...section(
      bold('Refused'),
      story.refused.map((line) => `  ${safe(line)}`),
    ),
    ...section(bold('Time'), timeLines(story.seconds ?? {})),
    ...failures(style, story),
  ].join('\n\n');
}

const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [[title, ...lines].join('\n')]);

/** In the order of the line; records are written with sorted keys. */
const STATIONS = ['change', 'build', 'checks', 'waiting', 'merge', 'sign', 'publish'];

function timeLines(seconds: Readonly<Record<string, number>>): readonly string[] {
  const place = (station: string) => (STATIONS.includes(station) ? STATIONS.indexOf(station) : STATIONS.length);
  const stations = Object.keys(seconds).sort((a, b) => place(a) - place(b));
  return stations.length === 0 ? [] : [`  ${stations.map((station) => `${safe(station)} ${duration(seconds[station]!)}`).join(', ')}`];
}

export function causeLine({ kind, text, at, by, link }: ReleaseInput['causes'][number]): string {
  return `  ${at} ${kind}: ${safe(text)}${by && !text.includes(by) ? ` (${safe(by)})` : ''}${link ? `\n    ${safe(link)}` : ''}`;
}

export function decisionLine({ decision, at, answered }: DecisionRecord): string {
  const what =
    decision.kind === 'waive'
      ? `waive ${decision.check}`
      : decision.kind === 'patch'
        ? `patch ${decision.commit.slice(0, 12)}`
        : decision.kind;
  const reason = decision.reason ? `: ${decision.reason}` : '';
  return [`  ${at} ${safe(decision.by)}: ${safe(`${what}${reason}`)}`, ...answered.map((line) => `    answered ${safe(line)}`)].join('\n');
}

function changeLines(change: Change, mergedAs: string | undefined): readonly string[] {
  return [
    `  ${safe(change.summary)}`,
    `  commit ${change.commit.slice(0, 12)}${change.branch ? ` on ${safe(change.branch)}` : ' (main as it is)'}${mergedAs ? `, merged as ${mergedAs.slice(0, 12)}` : ''}`,
    ...change.droppedPatches.map((patch) => `  dropped patch ${safe(patch)}: the new source contains it`),
    ...change.sources.map(
      (source) => `  source ${safe(source.uri)} sha256:${source.sha256.slice(0, 12)}… ${Math.ceil(source.bytes / 1024)} KiB`,
    ),
  ];
}

function comparisonLines(comparison: Comparison): readonly string[] {
  return [`  ${safe(comparisonLine(comparison))}`, ...comparison.changes.map((line) => `    ${safe(line)}`)];
}

/** Failures first, waived ones named as such. */
export function verdictTable(style: Style, verdicts: readonly Verdict[], waivers: readonly Waiver[]): string {
  const standing = (verdict: Verdict) =>
    verdict.outcome === 'failed' && waivers.some((waiver) => waiver.check === verdict.check) ? 'waived' : verdict.outcome;
  const order = ['failed', 'waived', 'skipped', 'passed'];
  const sorted = [...verdicts].sort((a, b) => order.indexOf(standing(a)) - order.indexOf(standing(b)));
  return table(
    style,
    ['check', 'verdict', 'what it says', 'time'],
    sorted.map((verdict) => {
      const is = standing(verdict);
      const waiver = is === 'waived' ? waivers.find((candidate) => candidate.check === verdict.check) : undefined;
      return [
        verdict.check,
        paint(is, outcomeColour(style, is)),
        waiver ? `${verdict.summary} (waived by ${waiver.by}: ${waiver.reason})` : verdict.summary,
        duration(verdict.seconds),
      ];
    }),
  );
}

function buildTable(style: Style, builds: readonly BuildResult[]): string {
  return table(
    style,
    ['architecture', 'outcome', 'time', 'packages', 'log'],
    builds.map((build) => [
      build.architecture,
      paint(build.reused ? `${build.outcome} (found)` : build.outcome, outcomeColour(style, build.outcome)),
      duration(build.seconds),
      build.packages.map((built) => built.name).join(' '),
      build.log,
    ]),
  );
}

function failures(style: Style, story: ReleaseStory): readonly string[] {
  const { bold } = style.colours;
  const waived = new Set(story.waivers.map((waiver) => waiver.check));
  const failed = story.verdicts.filter((verdict) => verdict.outcome === 'failed' && !waived.has(verdict.check));
  const seen = new Set<string>();
  /** What several failures share is shown once. */
  const once = (lines: readonly string[]) => {
    const key = lines.join('\n');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
  const logLines = (log: string | undefined): readonly string[] => {
    const lines = log === undefined ? [] : (story.logs[log] ?? []);
    if (log === undefined || lines.length === 0) return [];
    if (!once([log])) return [`  log ${safe(log)}: see above`];
    return [
      `  last ${lines.length === 1 ? 'line' : `${lines.length} lines`} of ${safe(log)}:`,
      ...lines.map((line) => `  | ${safe(line)}`),
    ];
  };
  const reports = failed.map(({ check, summary, details, failure }) =>
    [
      bold(`Failed: ${safe(check)}${failure ? ` (${CLASSES[failure.class]})` : ''}`),
      `  ${safe(summary)}`,
      ...details.filter((line) => line !== summary && line !== `log: ${failure?.log}`).map((line) => `  ${safe(line)}`),
      ...differenceLines(failure, once),
      ...alikeLines(failure),
      ...logLines(failure?.log),
    ].join('\n'),
  );
  const builds = story.builds
    .filter((build) => build.outcome === 'failed' && !seen.has(build.log))
    .map((build) =>
      [
        bold(`Failed build for ${safe(build.architecture)}${build.failure ? ` (${CLASSES[build.failure.class]})` : ''}`),
        ...(build.failure ? [`  ${safe(build.failure.summary)}`] : []),
        ...logLines(build.log),
      ].join('\n'),
    );
  return [...reports, ...builds];
}

/** Whose turn it is. */
const CLASSES: Readonly<Record<FailureClass, string>> = {
  infrastructure: 'infrastructure: the machine is at fault',
  flaky: 'flaky: a retry may pass',
  real: 'real: a person must change something',
};

function differenceLines(failure: FailureReport | undefined, once: (lines: readonly string[]) => boolean): readonly string[] {
  const lines = failure?.differenceToLastGood ?? [];
  if (lines.length === 0) return [];
  const title = '  changed since the last good build:';
  return once(lines) ? [title, ...lines.map((line) => `    ${safe(line)}`)] : [`${title} as above`];
}

function alikeLines(failure: FailureReport | undefined): readonly string[] {
  const alike = failure?.alike ?? [];
  if (alike.length === 0) return [];
  return [
    '  earlier failures that look alike:',
    ...alike.flatMap(({ release, check, summary, answer }) => [
      `    ${safe(shortName(release))} ${safe(check)}: ${safe(summary)}`,
      `      ${safe(answer)}`,
    ]),
  ];
}
