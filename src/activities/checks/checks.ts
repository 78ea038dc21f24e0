import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { CHECKS } from '../../checks';
import type { Check, CheckContext, Finding } from '../../checks/check';
import { failed } from '../../checks/check';
import type { Verdict } from '../../domain/check/verdict';
import { canonicalJson } from '../../domain/digest';
import { fullVersion } from '../../domain/version/version';
import type { CheckActivities, CheckRequest } from '../contract';
import { underHeartbeat } from '../melange/activity-life';
import type { Store } from '../store/store';
import { createCheckContext } from './context';
import type { CheckDeps } from './context';
import { createReporter } from './report';

const AT_ONCE = 2;
const DETAILS = 40;
const DETAIL_CHARACTERS = 200;
const SUMMARY_CHARACTERS = 300;

/** Everything that a verdict was made from; undefined for a check that asked the world, whose verdict holds only once. */
function keyOf(check: Check, request: CheckRequest, generation: number, policies: CheckDeps['policies']): string | undefined {
  if (check.reads.includes('upstream')) return undefined;
  const { release, change, builds, attempt } = request;
  const from = {
    check: check.name,
    revision: check.revision,
    package: release.package,
    version: change.version,
    epoch: change.epoch,
    previous: release.previous,
    spec: change.snapshot.spec,
    files: change.snapshot.files,
    sources: change.sources.map((source) => source.object),
    // What a change adds depends on what it is based on; a package does not.
    ...(check.stage === 'change' ? { base: change.base, commit: change.commit } : {}),
    builds: builds.map((build) => ({
      architecture: build.architecture,
      packages: build.packages.map(({ file, object }) => ({ file, object })),
    })),
    ...(check.reads.includes('index') ? { generation } : {}),
    ...(check.reads.includes('policy') ? { policies } : {}),
    attempt,
  };
  return createHash('sha256').update(canonicalJson(from)).digest('hex');
}

const clip = (text: string, characters: number) => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
};

/** What does not fit into a history is kept in the store, and the last line says where. */
async function shortened(
  store: Store,
  check: Check,
  request: CheckRequest,
  finding: Finding,
): Promise<Pick<Verdict, 'summary' | 'details'>> {
  const summary = clip(finding.summary, SUMMARY_CHARACTERS);
  const details = finding.details.map((line) => clip(line, DETAIL_CHARACTERS));
  if (details.length <= DETAILS) return { summary, details };
  const { release, change, attempt } = request;
  const log = `checks/${release.package}-${fullVersion(change.version, change.epoch)}/${check.name}-${attempt}.log`;
  await writeFile(await store.log(log), `${finding.details.join('\n')}\n`);
  return { summary, details: [...details.slice(0, DETAILS - 1), `… and ${details.length - DETAILS + 1} more: log ${log}`] };
}

/** The tries after which a machine at fault is shown to a person instead of being tried again. */
const TRIES = 3;

/** Which try of the activity this is; the last one outside of an activity, where nobody would try again. */
function triesSoFar(): number {
  try {
    return activityInfo().attempt;
  } catch {
    return TRIES;
  }
}

async function find(check: Check, context: CheckContext, tries: number, signal: AbortSignal | undefined): Promise<Finding> {
  try {
    return await check.run(context);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ApplicationFailure && error.type === 'Infrastructure' && tries < TRIES) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return failed(`${check.title} could not be checked: ${message}`, [], { class: 'infrastructure' });
  }
}

async function limited<T, U>(items: readonly T[], atOnce: number, each: (item: T) => Promise<U>): Promise<readonly U[]> {
  const results: U[] = [];
  const waiting = items.entries();
  const lane = async () => {
    for (const [index, item] of waiting) results[index] = await each(item);
  };
  // All of them: a lane that goes on after the activity has ended would belong to nobody.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  const broken = lanes.find((settled) => settled.status === 'rejected');
  if (broken) throw broken.reason;
  return results;
}

/**
 * Runs the checks of a stage. A pass is reused while everything that it was made from is the same, the attempt number included. What a check throws becomes
 * a failed verdict of class infrastructure; `Infrastructure` of the tools is thrown on for another try, twice. `explainFailures` gives the verdicts of builds
 * the same reports.
 */
export function createCheckActivities(deps: CheckDeps): CheckActivities {
  const { store, repository } = deps;
  return {
    runChecks: (request) =>
      underHeartbeat('', async ({ signal, say }) => {
        const tries = triesSoFar();
        const generation = await repository.currentGeneration();
        const context = createCheckContext(deps, request, signal);
        const report = createReporter(store, request);
        const running = new Set<string>();
        return limited(
          CHECKS.filter((check) => check.stage === request.stage),
          AT_ONCE,
          async (check): Promise<Verdict> => {
            const key = keyOf(check, request, generation, deps.policies);
            const known = key === undefined ? undefined : await store.readRecord<Verdict>('verdicts', key);
            if (known) return known;
            running.add(check.name);
            say(`checks: ${[...running].join(', ')}`);
            const started = performance.now();
            const finding = await find(check, context, tries, signal);
            const said = { check: check.name, outcome: finding.outcome, ...(await shortened(store, check, request, finding)) };
            const verdict: Verdict = {
              ...said,
              seconds: Math.round(performance.now() - started) / 1000,
              ...(finding.outcome === 'failed' ? { failure: await report({ ...finding, ...said }) } : {}),
            };
            running.delete(check.name);
            if (key !== undefined && verdict.outcome === 'passed') await store.writeRecord('verdicts', key, verdict);
            return verdict;
          },
        );
      }),
    explainFailures: (request) =>
      underHeartbeat('', async () => {
        const report = createReporter(store, request);
        return Promise.all(
          request.verdicts.map(async (verdict) =>
            verdict.outcome === 'failed' ? { ...verdict, failure: await report({ ...verdict.failure, ...verdict }) } : verdict,
          ),
        );
      }),
  };
}
