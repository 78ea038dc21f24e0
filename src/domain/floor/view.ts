import { etaOf, type Eta } from './eta';
import type { Urgency } from './floor';
import { peekStanding } from './ready';
import type { EndedCause, FloorCause, FloorJob, FloorState, Stop } from './state';

export interface CauseView {
  readonly id: string;
  readonly text: string;
  readonly urgency: Urgency;
  /** Milliseconds. */
  readonly at: number;
  /** `gathering`: it is waited whether more follows; `planning`: what depends on it is looked up. */
  readonly stage: 'gathering' | 'planning' | 'running';
  readonly paused?: Stop;
  readonly waiting: number;
  readonly building: number;
  readonly failing: number;
  /** Rebuilds that ended. */
  readonly published: number;
  readonly equal: number;
  readonly overBudget: number;
  readonly overBudgetNames: readonly string[];
  readonly eta?: Eta;
}

export interface JobView {
  readonly package: string;
  /** Ids of the first of its causes, and how many there are. */
  readonly causes: readonly string[];
  readonly causeCount: number;
  readonly by: string;
  /** Milliseconds; since when it waits, builds or has failed. */
  readonly since: number;
  /** Why it failed. */
  readonly text?: string;
  /** Of one that waits: how many of what it needs are not done. */
  readonly blockers?: number;
}

/** What `floor:<distribution>` answers when it is asked. Plain JSON. */
export interface FloorView {
  readonly distribution: string;
  readonly slots: number;
  readonly paused?: Stop;
  readonly causes: readonly CauseView[];
  readonly building: readonly JobView[];
  /** The first of them: what may start first. */
  readonly waiting: readonly JobView[];
  readonly waitingCount: number;
  readonly failed: readonly JobView[];
  readonly failedCount: number;
  readonly held: readonly (Stop & { readonly package: string })[];
  /** Of what goes on by itself. */
  readonly eta?: Eta;
  /** Newest first. */
  readonly history: readonly EndedCause[];
}

const SHOWN = 50;
/** Of a job: what is shown of all jobs stays far below what a query may answer. */
const CAUSES = 5;

/** Linear in the jobs, and the draws of the ETA. */
export function floorView(state: FloorState, at: number): FloorView {
  const ids = new Map(state.causes.map((cause) => [cause.number, cause.id]));
  const names = state.plan?.names ?? [];
  const rank = state.plan?.rank ?? [];
  const { blockers } = peekStanding(state);
  const jobs = state.jobs.flatMap((job, node) => (job ? [{ job, node }] : []));
  const view = ({ job, node }: { readonly job: FloorJob; readonly node: number }): JobView => ({
    package: names[node]!,
    causes: job.roots.slice(0, CAUSES).map((root) => ids.get(root)!),
    causeCount: job.roots.length,
    by: job.by,
    since: job.since ?? job.wanted,
    ...(job.text !== undefined ? { text: job.text } : {}),
    ...(job.status === 'waiting' ? { blockers: blockers[node]! } : {}),
  });
  const of = (status: FloorJob['status']) => jobs.filter(({ job }) => job.status === status);
  const waiting = of('waiting').sort((a, b) => blockers[a.node]! - blockers[b.node]! || rank[b.node]! - rank[a.node]! || a.node - b.node);
  const failed = of('failed').sort((a, b) => b.job.since! - a.job.since! || a.node - b.node);
  const eta = etaOf(state, at);
  return {
    distribution: state.distribution,
    slots: state.settings.slots,
    ...(state.paused ? { paused: state.paused } : {}),
    causes: causeViews(state, state.causes).map((cause, place) => {
      const its = eta.causes.get(state.causes[place]!.number);
      return { ...cause, ...(its ? { eta: its } : {}) };
    }),
    building: of('building').map(view),
    waiting: waiting.slice(0, SHOWN).map(view),
    waitingCount: waiting.length,
    failed: failed.slice(0, SHOWN).map(view),
    failedCount: failed.length,
    held: Object.entries(state.held).map(([name, stop]) => ({ package: name, ...stop })),
    ...(eta.all ? { eta: eta.all } : {}),
    history: [...state.history].reverse(),
  };
}

/** These causes, in their order, and how many packages each wants now: one look at the jobs for all of them. */
export function causeViews(state: FloorState, causes: readonly FloorCause[]): readonly CauseView[] {
  const counts = new Map(causes.map(({ number }) => [number, { waiting: 0, building: 0, failed: 0 }]));
  for (const job of state.jobs) {
    if (job === 0) continue;
    for (const root of job.roots) {
      const count = counts.get(root);
      if (count) count[job.status] += 1;
    }
  }
  return causes.map((cause) => {
    const { number, id, text, urgency, at, paused, published, equal, overBudget, overBudgetNames } = cause;
    const { waiting, building, failed } = counts.get(number)!;
    const ask = state.asks.find((one) => one.roots.includes(number));
    return {
      id,
      text,
      urgency,
      at,
      stage: waiting + building + failed > 0 || !ask ? 'running' : ask.sent ? 'planning' : 'gathering',
      ...(paused ? { paused } : {}),
      waiting,
      building,
      failing: failed,
      published,
      equal,
      overBudget,
      overBudgetNames,
    };
  });
}
