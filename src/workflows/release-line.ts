import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { buildVerdicts } from '../domain/check/build-verdicts';
import { changeVerdict } from '../domain/check/change-verdict';
import { gate } from '../domain/check/gate';
import type { Verdict } from '../domain/check/verdict';
import { equalReason } from '../domain/release/comparison';
import { checksOf, staleVerdicts } from '../domain/release/attempts';
import { fullVersion } from '../domain/version/version';
import { builder, comparison, control, controlChecks, testerChecks } from './activities';
import type { Desk } from './release-desk';

/** One pass over the line up to the gate; what passed before is kept. Returns why the gate is shut, or that a rebuild changed nothing. */
export async function attempt(desk: Desk): Promise<string[] | 'equal'> {
  const { state } = desk;
  const input = state.input;
  try {
    await prepare(desk);
    if (!state.change) return state.verdicts.map((verdict) => `${verdict.check}: ${verdict.summary}`);
    await build(desk);
    await compare(desk);
    if (isEqual(desk)) {
      const { commit } = state.change;
      await control.reportChange({ commit, state: 'passed', summary: equalReason(input), verdicts: state.verdicts.map(brief) });
      return 'equal';
    }
    await check(desk);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return [reasonOf(error)];
  }
  const judged = gate(state.verdicts, state.waivers, input.architectures);
  await control.reportChange({
    commit: state.change.commit,
    state: judged.open ? 'passed' : 'failed',
    summary: desk.summary(),
    verdicts: state.verdicts.map(brief),
  });
  if (judged.open) return [];
  const failed = state.verdicts.filter((verdict) => judged.failed.includes(verdict.check));
  return [
    ...failed.map((verdict) => `${verdict.check}: ${verdict.summary}`),
    ...(judged.missing.length > 0 ? [`no result yet: ${judged.missing.join(', ')}`] : []),
  ];
}

/** Without a change afterwards it failed, and a verdict says how. */
async function prepare(desk: Desk): Promise<void> {
  const { state } = desk;
  if (state.change) return;
  const leave = desk.enter('edits the spec, fetches and verifies its sources', 'change');
  state.verdicts = [];
  state.builds = [];
  try {
    state.change = await control.prepareChange({ release: state.input });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const type = error.cause instanceof ApplicationFailure ? (error.cause.type ?? undefined) : undefined;
    const explain = { release: state.input, builds: [], verdicts: [changeVerdict(type, reasonOf(error))] };
    state.verdicts = await controlChecks('what failed, and what changed').explainFailures(explain);
  }
  leave();
}

async function build(desk: Desk): Promise<void> {
  const { state } = desk;
  const change = state.change!;
  const leave = desk.enter('builds', 'build');
  const request = { snapshot: change.snapshot, version: change.version, epoch: change.epoch, sources: change.sources };
  const one = (architecture: string) => {
    const attempt = state.builds.some((done) => done.architecture === architecture) ? state.attempt : 0;
    const summary = `${state.input.package} ${change.version}-r${change.epoch} for ${architecture}`;
    return builder(architecture, summary).buildPackage({ ...request, architecture, attempt });
  };
  const built = state.builds.filter((done) => done.outcome === 'built');
  const missing = state.input.architectures.filter((architecture) => !built.some((done) => done.architecture === architecture));
  const early = staleVerdicts(state.verdicts).due('change')
    ? controlChecks(checksOf('change').join(', ')).runChecks(stage(desk, 'change'))
    : Promise.resolve([]);
  const [builds, checked] = await Promise.all([Promise.all(missing.map(one)), early]);
  state.builds = [...built, ...builds];
  const verdicts = buildVerdicts(state.builds, state.input.architectures);
  const failed = verdicts.some((verdict) => verdict.outcome === 'failed');
  const explain = { release: state.input, change, builds: state.builds, verdicts };
  remember(desk, [...checked, ...(failed ? await controlChecks('what failed, and what changed').explainFailures(explain) : verdicts)]);
  leave();
}

/** Anew on each pass: while a release waited, others were published. */
async function compare(desk: Desk): Promise<void> {
  const { state } = desk;
  state.comparison = undefined;
  if (state.builds.some((done) => done.outcome !== 'built')) return;
  const leave = desk.enter('compares with what is published', 'checks');
  const { package: name, previous } = state.input;
  const version = fullVersion(state.change!.version, state.change!.epoch);
  const summary = `${name} ${version} beside ${previous ?? 'nothing'}`;
  state.comparison = await comparison(summary).compareBuilds({ package: name, version, builds: state.builds });
  leave();
}

/** Before checks and tests, so that a rebuild that changed nothing costs none. What main already says, and what a person committed, is published all the same. */
function isEqual({ state }: Desk): boolean {
  return state.input.change === 'rebuild' && state.change?.branch !== undefined && !state.patched && state.comparison?.kind === 'same';
}

async function check(desk: Desk): Promise<void> {
  const { state } = desk;
  if (state.builds.some((done) => done.outcome !== 'built')) return;
  const leave = desk.enter('checks and tests', 'checks');
  const due = (['package', 'test'] as const).filter((name) => staleVerdicts(state.verdicts).due(name));
  const verdicts = await Promise.all(due.map((name) => testerChecks(checksOf(name).join(', ')).runChecks(stage(desk, name))));
  remember(desk, verdicts.flat());
  leave();
}

const stage = (desk: Desk, name: 'change' | 'package' | 'test') => ({
  stage: name,
  release: desk.state.input,
  change: desk.state.change!,
  builds: name === 'change' ? [] : desk.state.builds,
  attempt: desk.state.attempt,
});

function remember(desk: Desk, verdicts: readonly Verdict[]): void {
  const names = new Set(verdicts.map((verdict) => verdict.check));
  desk.state.verdicts = [...desk.state.verdicts.filter((verdict) => !names.has(verdict.check)), ...verdicts];
}

/** Verdicts without their details: enough for a gate and a commit status, small in histories. */
export const brief = (verdict: Verdict): Verdict => ({ ...verdict, details: [] });

/** The innermost message of a failed activity: what a person can use. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.message;
  return cause instanceof Error ? cause.message : String(cause);
}
