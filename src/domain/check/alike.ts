import type { DecisionRecord, ReleaseRecord } from '../release/release';
import type { FailureReport, Verdict } from './verdict';

const MOST = 5;

type Alike = FailureReport['alike'][number];

/** A failure without what differs from release to release. */
interface Kind {
  /** One name for the builds of all architectures. */
  readonly check: string;
  readonly step: string | undefined;
  readonly words: string;
}

const STEP = /\bstep "([^"]*)"/;

/**
 * The words of a summary without names of the package, addresses, paths, versions, digests, numbers and architectures: what two failures of one kind
 * have in common.
 */
export function wordsOf(summary: string, name: string): string {
  const own = name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return summary
    .toLowerCase()
    .replace(STEP, 'step')
    .replace(/\b[a-z][a-z+.-]*:\/\/\S+/g, ' ')
    .replace(/[\w.@+~-]*(?:\/[\w.@+~-]*)+/g, ' ')
    .replace(new RegExp(`(?<![a-z0-9])${own}(?![a-z0-9])`, 'g'), ' ')
    .replace(/\S*\d\S*/g, ' ')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}

function kindOf(check: string, summary: string, name: string): Kind {
  return { check: check.replace(/^build-.*/, 'build'), step: STEP.exec(summary)?.[1], words: wordsOf(summary, name) };
}

/** How people answered; `outcome` is what came of the release then. */
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

/** The failures of a release with their answers, the oldest first; last those that it ended with and nobody answered. */
function failuresOf(record: ReleaseRecord): readonly Alike[] {
  const answered = record.decisions.flatMap((made) =>
    made.answered.flatMap((line) => {
      const [check, summary] = split(line);
      // A waiver answers the check that it names and no other.
      if (made.decision.kind === 'waive' && made.decision.check !== check) return [];
      return [{ release: record.id, check, summary, answer: told(made, record.outcome) }];
    }),
  );
  const unanswered = record.verdicts.flatMap(({ check, outcome, summary }) =>
    outcome !== 'failed' || answered.some((failure) => failure.check === check)
      ? []
      : [{ release: record.id, check, summary, answer: `${record.outcome} without an answer: ${record.reason}` }],
  );
  return [...answered, ...unanswered];
}

function split(line: string): readonly [string, string] {
  const colon = line.indexOf(': ');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}

/** 0 for the same failure of the same package, 1 for the same step of it, 2 for the same failure of another package. */
function distance(a: Kind, b: Kind, samePackage: boolean): number | undefined {
  if (a.check !== b.check || a.step !== b.step) return undefined;
  const same = a.words === b.words;
  if (samePackage) return same ? 0 : 1;
  return same ? 2 : undefined;
}

/**
 * Earlier failures that look alike and how people answered them, at most 5 and one of a release: of the same package first, the same words before
 * only the same check and step, the newest first; then those of other packages that say the same. `records` are ended releases, oldest first.
 */
export function alikeFailures(
  failed: Pick<Verdict, 'check' | 'summary'>,
  name: string,
  records: readonly ReleaseRecord[],
): FailureReport['alike'] {
  const kind = kindOf(failed.check, failed.summary, name);
  const found = [...records].reverse().flatMap((record) => {
    const of = record.input.package;
    const near = failuresOf(record).flatMap((failure) => {
      const far = distance(kind, kindOf(failure.check, failure.summary, of), of === name);
      return far === undefined ? [] : [{ far, failure }];
    });
    const nearest = Math.min(...near.map(({ far }) => far));
    return near.filter(({ far }) => far === nearest).slice(-1);
  });
  return found
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ failure }) => failure);
}

/** The newest of the records that was published for the package. */
export function lastGood(name: string, records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return [...records].reverse().find((record) => record.input.package === name && record.outcome === 'published');
}
