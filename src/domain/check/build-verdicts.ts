import type { BuildResult } from '../release/release';
import type { FailureReport, Verdict } from './verdict';

function reportOf(build: BuildResult): FailureReport {
  return { class: build.failure?.class ?? 'real', log: build.log, differenceToLastGood: [], alike: [] };
}

/** Names the step, where it is known. */
function summaryOf({ failure }: BuildResult): string {
  const summary = failure?.summary ?? 'the build failed';
  return failure?.step === undefined || summary.includes(failure.step) ? summary : `${summary} in step "${failure.step}"`;
}

function buildVerdict(build: BuildResult): Verdict {
  const check = `build-${build.architecture}`;
  const details = build.packages.map((built) => `${built.file} (${built.bytes} bytes)`).slice(0, 40);
  if (build.outcome === 'failed') {
    return {
      check,
      outcome: 'failed',
      summary: summaryOf(build),
      details: [`log: ${build.log}`],
      seconds: build.seconds,
      failure: reportOf(build),
    };
  }
  if (build.packages.length === 0) {
    return {
      check,
      outcome: 'failed',
      summary: 'the build ended well but made no package',
      details: [`log: ${build.log}`],
      seconds: build.seconds,
      failure: reportOf(build),
    };
  }
  const count = build.packages.length === 1 ? '1 package' : `${build.packages.length} packages`;
  return {
    check,
    outcome: 'passed',
    summary: `${count}${build.reused ? ', found from an earlier build' : ''}`,
    details,
    seconds: build.seconds,
  };
}

/** The verdict on the upstream's own tests over all architectures; undefined while a build is missing or failed before it came to them. */
function upstreamTestsVerdict(builds: readonly BuildResult[]): Verdict | undefined {
  const check = 'upstream-tests';
  const failed = builds.filter(
    (build) => build.outcome === 'failed' && build.failure?.step !== undefined && build.failure.step === build.upstreamTests,
  );
  const [first] = failed;
  if (first) {
    return {
      check,
      outcome: 'failed',
      summary: `on ${failed.map((build) => build.architecture).join(', ')}: ${summaryOf(first)}`,
      details: failed.map((build) => `${build.architecture}: ${summaryOf(build)} (log: ${build.log})`),
      seconds: 0,
      failure: reportOf(first),
    };
  }
  if (builds.some((build) => build.outcome === 'failed')) return undefined;
  const ran = builds.filter((build) => build.upstreamTests !== undefined);
  if (ran.length === 0)
    return { check, outcome: 'skipped', summary: "the spec runs no test suite of its upstream's", details: [], seconds: 0 };
  const on = ran.map((build) => build.architecture).join(', ');
  const without = builds.filter((build) => build.upstreamTests === undefined).map((build) => build.architecture);
  return {
    check,
    outcome: 'passed',
    summary: without.length > 0 ? `ran on ${on}; the spec leaves them out on ${without.join(', ')}` : `ran on ${on}`,
    details: ran.map((build) => `${build.architecture}: ${build.upstreamTests}`),
    seconds: 0,
  };
}

/**
 * The verdicts that follow from the builds alone: `build-<architecture>` and `upstream-tests`. An architecture without a result gets no verdict
 * (the gate then names it as missing), and neither do upstream's tests where a build did not come as far as them.
 */
export function buildVerdicts(builds: readonly BuildResult[], architectures: readonly string[]): readonly Verdict[] {
  const found = architectures.flatMap((architecture) => builds.filter((build) => build.architecture === architecture).slice(-1));
  const tests = found.length === architectures.length && found.length > 0 ? upstreamTestsVerdict(found) : undefined;
  return [...found.map(buildVerdict), ...(tests ? [tests] : [])];
}
