import type { Eta } from '../../domain/floor/eta';
import type { CauseView, FloorView, JobView } from '../../domain/floor/view';
import { duration } from '../../domain/text/duration';
import { safe } from '../../domain/text/safe';
import { table, type Style } from './style';

/** Lines of what waits that a person is shown. */
const WAITING = 15;

/** `millrace floor status`: what is stopped first, then the causes, then packages. */
export function floorText(style: Style, floor: FloorView): string {
  const { bold, yellow } = style.colours;
  const { building, waitingCount, failedCount, causes, slots } = floor;
  const rests = building.length + waitingCount + failedCount + causes.length === 0;
  const standing = rests
    ? 'nothing is to be rebuilt'
    : `${building.length} of ${slots} slots build, ${waitingCount} wait, ${failedCount} failed${etaText(floor.eta)}`;
  return [
    `${bold(safe(floor.distribution))}: ${standing}`,
    ...(floor.paused ? [yellow(safe(`The floor is paused, by ${floor.paused.by}: ${floor.paused.reason}`))] : []),
    ...part(style, 'Causes', causesTable(style, causes), causes.length),
    ...part(style, 'Building', jobsTable(style, building), building.length),
    ...part(style, 'Waiting, the first to start first', jobsTable(style, floor.waiting.slice(0, WAITING)), waitingCount, WAITING),
    ...part(style, 'Failed: these hold what depends on them', jobsTable(style, floor.failed), failedCount, floor.failed.length),
    ...part(
      style,
      'On hold',
      table(style, ['package', 'by', 'reason'], floor.held.map((one) => [one.package, one.by, one.reason])), // prettier-ignore
      floor.held.length,
    ),
    ...part(style, 'Ended, the newest first', historyTable(style, floor.history.slice(0, WAITING)), floor.history.length, WAITING),
  ].join('\n\n');
}

function part({ colours }: Style, title: string, body: string, count: number, shown = count): readonly string[] {
  if (count === 0) return [];
  return [`${colours.bold(title)}\n${body}${count > shown ? `\nand ${count - shown} more (--json)` : ''}`];
}

/** ", done in 4 min (p90: 12 min)". */
function etaText(eta: Eta | undefined): string {
  return eta ? `, done in ${duration(eta.p50)} (p90: ${duration(eta.p90)})` : '';
}

function causesTable(style: Style, causes: readonly CauseView[]): string {
  const stage = ({ stage: at, paused }: CauseView) => (paused ? `paused by ${paused.by}: ${paused.reason}` : at);
  return table(
    style,
    ['cause', 'because', 'stage', 'build', 'wait', 'failed', 'published', 'equal', 'p50', 'p90'],
    causes.map((cause) => [
      cause.id,
      cause.text,
      stage(cause),
      ...[cause.building, cause.waiting, cause.failing, cause.published, cause.equal].map(String),
      cause.eta ? duration(cause.eta.p50) : '',
      cause.eta ? duration(cause.eta.p90) : '',
    ]),
  );
}

function jobsTable(style: Style, jobs: readonly JobView[]): string {
  return table(
    style,
    ['package', 'for', 'asked for by', 'causes', ''],
    jobs.map((job) => [
      job.package,
      duration(Math.max(0, style.now - job.since) / 1000),
      job.by,
      job.causes.slice(0, 3).join(', ') + (job.causeCount > 3 ? ` and ${job.causeCount - 3} more` : ''),
      job.text ?? (job.blockers ? `behind ${job.blockers}` : ''),
    ]),
  );
}

function historyTable(style: Style, history: FloorView['history']): string {
  return table(
    style,
    ['cause', 'ended', 'published', 'equal', 'failed at first', ''],
    history.map((one) => [
      one.id,
      `${duration(Math.max(0, style.now - one.ended) / 1000)} ago`,
      ...[one.published, one.equal, one.failed].map(String),
      one.dropped ? `dropped by ${one.dropped.by}: ${one.dropped.reason}` : '',
    ]),
  );
}
