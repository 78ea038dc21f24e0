import { clamp, DETAILS_BYTES, markdownCell } from '../text/clamp';
import { duration } from '../text/duration';
import type { FloorJob, FloorState, Stop } from './state';
import { causeViews, type CauseView } from './view';

const LINES = 20;

/** Current details of `floor:<distribution>` in the Temporal UI, in Markdown: what is stopped, what builds, what failed, and how far each cause is. `at` in milliseconds. */
export function floorDetails(state: FloorState, at: number): string {
  const jobs = state.jobs.flatMap((job, node) => (job ? [{ job, name: state.plan!.names[node]! }] : []));
  const of = (status: FloorJob['status']) => jobs.filter(({ job }) => job.status === status);
  const [building, waiting, failed] = [of('building'), of('waiting'), of('failed')];
  const age = (job: FloorJob): string => duration(Math.max(0, at - (job.since ?? job.wanted)) / 1000);
  const text = [
    `### ${markdownCell(state.distribution)}: ${standing(building.length, waiting.length, failed.length)}`,
    ...(state.paused ? [`**The floor is paused**, ${said(state.paused)}`] : []),
    ...section('Waits for a person', [
      ...state.causes.flatMap((cause) => (cause.paused ? [`${markdownCell(cause.text)} is paused, ${said(cause.paused)}`] : [])),
      ...failed.map(({ name, job }) => `${markdownCell(name)}: ${markdownCell(job.text ?? '')}`),
      ...Object.entries(state.held).map(([name, stop]) => `${markdownCell(name)} is on hold, ${said(stop)}`),
    ]),
    ...section('Causes', causeViews(state, state.causes.slice(0, LINES)).map(causeLine), state.causes.length),
    ...section(
      'Building',
      building.map(({ name, job }) => `${markdownCell(name)}, since ${age(job)}, asked for by ${markdownCell(job.by)}`),
    ),
    ...section(
      'Causes that ended, newest first',
      [...state.history].reverse().map((ended) => {
        const end = ended.dropped ? `dropped, ${said(ended.dropped)}` : 'done';
        return `${markdownCell(ended.text)}: ${end}; ${ended.published} published, ${ended.equal} equal, ${ended.failed} failed at first`;
      }),
    ),
  ].join('\n\n');
  return clamp(text, DETAILS_BYTES);
}

function standing(building: number, waiting: number, failed: number): string {
  if (building + waiting + failed === 0) return 'nothing is to be rebuilt';
  return `${building} build, ${waiting} wait, ${failed} failed`;
}

const said = ({ by, reason }: Stop): string => `by ${markdownCell(by)}: ${markdownCell(reason)}`;

function causeLine(cause: CauseView): string {
  const name = markdownCell(cause.text);
  if (cause.stage === 'gathering') return `${name}: waits a moment whether more of its kind follows`;
  if (cause.stage === 'planning') return `${name}: what depends on it is looked up`;
  const over = cause.overBudget > 0 ? `, ${cause.overBudget} not built once more (cycles)` : '';
  return `${name}: ${cause.published} published, ${cause.equal} equal, ${cause.building} build, ${cause.waiting} wait, ${cause.failing} failed${over}`;
}

/** At most `LINES` are shown; `count` is how many there are, where only those are given. */
function section(title: string, lines: readonly string[], count = lines.length): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, LINES).map((line) => `- ${line}`);
  return [`### ${title}\n\n${[...shown, ...(count > LINES ? [`- and ${count - LINES} more`] : [])].join('\n')}`];
}
