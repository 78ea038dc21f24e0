import type { Decision } from './release';

/** That a person is waited for, as it is shown. */
export interface PersonAsked {
  /** ISO 8601. */
  readonly since: string;
  readonly because: readonly string[];
  /** Commands that answer. */
  readonly answers: readonly string[];
  readonly remindedTimes: number;
}

/** What a decision is judged against. */
export interface Waiting {
  /** Whether the release waits for a person at all. */
  readonly waiting: boolean;
  readonly stage: string;
  /** Checks that failed: those a waiver can name. A missing result cannot be waived. */
  readonly blocking: readonly string[];
  /** Whether there is a branch that a person can commit to. */
  readonly branch?: string;
  readonly waivable: (check: string) => boolean;
  /** Absent: all. */
  readonly kinds?: readonly Decision['kind'][];
}

const COMMIT = /^[0-9a-f]{40}$/;
const KINDS: readonly Decision['kind'][] = ['retry', 'patch', 'waive', 'reject'];
const TEXT_LIMIT = 2_000;

/** Why a decision does not fit, or undefined when it does. Takes anything: signals come unchecked from the Temporal UI. */
export function refusal(decision: unknown, at: Waiting): string | undefined {
  if (typeof decision !== 'object' || decision === null) return 'a decision is an object such as {"kind":"retry","by":"you"}';
  const { kind, by, reason, check, commit } = decision as Record<string, unknown>;
  const kinds = at.kinds ?? KINDS;
  if (!kinds.some((known) => known === kind)) return `"kind" is one of ${kinds.join(', ')}`;
  if (typeof by !== 'string' || by.trim() === '' || by.length > 200) return '"by" names the person who decides';
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > TEXT_LIMIT))
    return `"reason" is text of at most ${TEXT_LIMIT} characters`;
  if ((kind === 'waive' || kind === 'reject') && (typeof reason !== 'string' || ['', '…'].includes(reason.trim())))
    return `${kind} needs a "reason"`;
  if (!at.waiting) return `nothing waits for a decision: the release is at "${at.stage}"`;
  if (kind === 'waive') return waiverRefusal(check, at);
  if (kind === 'patch') return patchRefusal(commit, at);
  return undefined;
}

function waiverRefusal(check: unknown, at: Waiting): string | undefined {
  if (typeof check !== 'string') return 'waive names the "check"';
  if (!at.blocking.includes(check))
    return `the check "${check}" does not block this release; blocking: ${at.blocking.join(', ') || 'none'}`;
  if (!at.waivable(check))
    return `the check "${check}" cannot be waived: ${(at.kinds ?? KINDS).filter((kind) => kind !== 'waive').join(' or ')}`;
  return undefined;
}

function patchRefusal(commit: unknown, at: Waiting): string | undefined {
  if (!at.branch) return 'there is no branch to patch: this release takes the spec as main has it; commit to main, then retry';
  if (typeof commit !== 'string' || !COMMIT.test(commit))
    return `patch names the "commit" (40 hexadecimal digits) that you pushed to ${at.branch}`;
  return undefined;
}

/** A decision that `refusal` accepted, with nothing but its own members. */
export function accepted(decision: Decision): Decision {
  const { by, reason } = decision;
  if (decision.kind === 'waive') return { kind: 'waive', by, check: decision.check, reason: decision.reason };
  if (decision.kind === 'reject') return { kind: 'reject', by, reason: decision.reason };
  if (decision.kind === 'patch') return { kind: 'patch', by, commit: decision.commit, ...(reason ? { reason } : {}) };
  return { kind: 'retry', by, ...(reason ? { reason } : {}) };
}

/** The exact commands that answer a waiting release, or an image (`image:<name>`), for people. */
export function answers(release: string, at: Waiting): readonly string[] {
  const command = `millrace decide ${release.replace(/^release:/, '')}`;
  const waivable = at.blocking.filter((check) => at.waivable(check));
  return [
    `${command} retry`,
    ...(at.branch ? [`${command} patch    # pushed to ${at.branch}`] : []),
    ...waivable.slice(0, 3).map((check) => `${command} waive --check ${check} --reason "…"`),
    `${command} reject --reason "…"`,
  ];
}
