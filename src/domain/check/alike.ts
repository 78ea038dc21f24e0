import type { DecisionRecord, ReleaseRecord } from '../release/release';
import type { FailureReport } from './verdict';

const MOST = 5;

function told({ decision }: DecisionRecord, outcome: string): string {
  const what =
    decision.kind === 'waive'
      ? 'waived'
      : decision.kind === 'patch'
        ? `patched with ${decision.commit.slice(0, 12)}`
        : decision.kind === 'retry'
          ? 'retried'
          : 'rejected';
  const reason = decision.reason ? `: ${decision.reason}` : '';
  return `${what} by ${decision.by}${reason}${decision.kind === 'reject' ? '' : ` (then ${outcome})`}`;
}

/** How a failure of the check was answered in this release; undefined when it did not fail there. */
function answerIn(check: string, record: ReleaseRecord): string | undefined {
  const answered = record.decisions.filter((item) => item.answered.some((line) => line === check || line.startsWith(`${check}:`)));
  const last = answered[answered.length - 1];
  if (last) return told(last, record.outcome);
  const failed = record.verdicts.some((verdict) => verdict.check === check && verdict.outcome === 'failed');
  return failed ? `${record.outcome} without an answer: ${record.reason}` : undefined;
}

/**
 * Earlier failures of the same check and how people answered them, at most 5: those of the same package first, the newest first.
 * `records` are ended releases, oldest first, as the store lists them.
 */
export function alikeFailures(check: string, name: string, records: readonly ReleaseRecord[]): FailureReport['alike'] {
  const found = [...records].reverse().flatMap((record) => {
    const answer = answerIn(check, record);
    return answer === undefined ? [] : [{ same: record.input.package === name, shown: { release: record.id, check, answer } }];
  });
  return [...found.filter(({ same }) => same), ...found.filter(({ same }) => !same)].slice(0, MOST).map(({ shown }) => shown);
}

/** The newest of the records that was published for the package. */
export function lastGood(name: string, records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return [...records].reverse().find((record) => record.input.package === name && record.outcome === 'published');
}
