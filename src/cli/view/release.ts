import { summaryLine } from '../../domain/check/gate';
import type { Verdict, Waiver } from '../../domain/check/verdict';
import type { BuildResult, Change, DecisionRecord, ReleaseInput } from '../../domain/release/release';
import { shortName } from './overview';
import { safe } from './safe';
import { duration, outcomeColour, paint, table, type Style } from './style';

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
  return `  ${at} ${kind}: ${safe(text)}${by ? ` (${safe(by)})` : ''}${link ? `\n    ${safe(link)}` : ''}`;
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
  const shown = new Set<string>();
  const logLines = (log: string | undefined) => {
    const lines = log === undefined || shown.has(log) ? [] : (story.logs[log] ?? []);
    if (log === undefined || lines.length === 0) return [];
    shown.add(log);
    return [`  last ${lines.length} lines of ${safe(log)}:`, ...lines.map((line) => `  | ${safe(line)}`)];
  };
  const failed = story.verdicts.filter((verdict) => verdict.outcome === 'failed' && !waived.has(verdict.check));
  const reports = failed.map((verdict) =>
    [
      bold(`Failed: ${safe(verdict.check)}${verdict.failure ? ` (${verdict.failure.class})` : ''}`),
      ...verdict.details.map((line) => `  ${safe(line)}`),
      ...(verdict.failure?.differenceToLastGood ?? []).map((line) => `  changed since the last good build: ${safe(line)}`),
      ...(verdict.failure?.alike ?? []).map(
        (alike) => `  alike: ${safe(alike.release)} ${safe(alike.check)}, answered by ${safe(alike.answer)}`,
      ),
      ...logLines(verdict.failure?.log),
    ].join('\n'),
  );
  const builds = story.builds
    .filter((build) => build.outcome === 'failed' && !shown.has(build.log))
    .map((build) =>
      [
        bold(`Failed build for ${safe(build.architecture)}${build.failure ? ` (${build.failure.class})` : ''}`),
        ...(build.failure ? [`  ${safe(build.failure.summary)}`] : []),
        ...logLines(build.log),
      ].join('\n'),
    );
  return [...reports, ...builds];
}
