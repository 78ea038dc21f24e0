import type { CHECK_NAMES } from '../check/verdict';
import type { Verdict } from '../check/verdict';
import type { Decision } from './release';

type Stage = 'change' | 'package' | 'test';

/** Which stage gives which verdicts; `build-…` and `upstream-tests` come from the builds. */
const STAGE_CHECKS: Readonly<Record<Stage, readonly (typeof CHECK_NAMES)[number][]>> = {
  change: ['spec-lint', 'update-config', 'sources-verified', 'licence', 'secrets'],
  package: ['installable', 'file-diff', 'abi', 'sbom', 'linters', 'dangerous-files', 'capability-diff'],
  test: ['package-tests', 'sniff-tests'],
};

/** The checks of a stage. */
export function checksOf(stage: Stage): readonly string[] {
  return STAGE_CHECKS[stage];
}

/** A retry and a patch each begin a new attempt; a waiver does not. */
export function retriedAttempt(attempt: number, decision: Decision): number {
  return decision.kind === 'retry' || decision.kind === 'patch' ? attempt + 1 : attempt;
}

/** Only what did not pass is due again: a stage is due when one of its verdicts is missing; `kept` drops the failed ones. */
export function staleVerdicts(verdicts: readonly Verdict[]): {
  readonly kept: readonly Verdict[];
  readonly due: (stage: Stage) => boolean;
} {
  const named = new Set(verdicts.map((verdict) => verdict.check));
  return {
    kept: verdicts.filter((verdict) => verdict.outcome !== 'failed'),
    due: (stage) => STAGE_CHECKS[stage].some((check) => !named.has(check)),
  };
}
