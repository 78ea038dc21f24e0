import { markdownCell } from '../text/clamp';
import { CHECK_NAMES } from './verdict';
import type { Verdict, Waiver } from './verdict';

/** What the gate says of a release: open only if every required check is fulfilled. */
export interface GateState {
  readonly open: boolean;
  /** Required checks without a verdict, or skipped without a reason: a missing result is not a pass. */
  readonly missing: readonly string[];
  /** Checks that failed and are not waived. */
  readonly failed: readonly string[];
  /** Required checks that passed; skipped and waived ones are not counted as passed. */
  readonly passed: number;
  readonly skipped: number;
  readonly waived: number;
  readonly total: number;
}

/** The verdict names that a release for these architectures needs: `build` stands once for each architecture. */
export function requiredChecks(architectures: readonly string[]): readonly string[] {
  return CHECK_NAMES.flatMap((name) => (name === 'build' ? architectures.map((architecture) => `build-${architecture}`) : [name]));
}

/** Whether a person may waive a check. Not those that stand for what was built and what is kept secret: no reason makes an unbuilt package or a published key right. */
export function waivable(check: string): boolean {
  return check !== 'sources-verified' && check !== 'secrets' && check !== 'build' && !check.startsWith('build-');
}

function newestByCheck(verdicts: readonly Verdict[]): ReadonlyMap<string, Verdict> {
  return new Map(verdicts.map((verdict) => [verdict.check, verdict]));
}

function waiverOf(check: string, waivers: readonly Waiver[]): Waiver | undefined {
  if (!waivable(check)) return undefined;
  return waivers.find((waiver) => waiver.check === check && waiver.by.trim() !== '' && waiver.reason.trim() !== '');
}

type Standing = 'passed' | 'skipped' | 'waived' | 'failed' | 'missing';

function standing(verdict: Verdict | undefined, waivers: readonly Waiver[]): Standing {
  if (!verdict) return 'missing';
  if (verdict.outcome === 'passed') return 'passed';
  if (verdict.outcome === 'skipped') return verdict.summary.trim() === '' ? 'missing' : 'skipped';
  return waiverOf(verdict.check, waivers) ? 'waived' : 'failed';
}

/**
 * Whether a release may go on to the merge. Of two verdicts of one check the later counts. A waiver needs a name and a reason and speaks only
 * for a check that ran and failed; failed verdicts beyond the required ones keep the gate shut as well.
 */
export function gate(verdicts: readonly Verdict[], waivers: readonly Waiver[], architectures: readonly string[]): GateState {
  const known = newestByCheck(verdicts);
  const required = requiredChecks(architectures);
  const standings = required.map((check) => ({ check, is: standing(known.get(check), waivers) }));
  const named = (is: Standing) => standings.filter((item) => item.is === is).map((item) => item.check);
  const beyond = [...known.values()].filter((verdict) => !required.includes(verdict.check) && standing(verdict, waivers) === 'failed');
  const missing = named('missing');
  const failed = [...named('failed'), ...beyond.map((verdict) => verdict.check)];
  return {
    open: required.length > 0 && architectures.length > 0 && missing.length === 0 && failed.length === 0,
    missing,
    failed,
    passed: named('passed').length,
    skipped: named('skipped').length,
    waived: named('waived').length,
    total: required.length,
  };
}

/** "14 of 16 passed, 1 skipped, 1 failed": one line for lists and titles. */
export function summaryLine(verdicts: readonly Verdict[], waivers: readonly Waiver[], architectures: readonly string[]): string {
  const state = gate(verdicts, waivers, architectures);
  const rest = [
    [state.skipped, 'skipped'],
    [state.waived, 'waived'],
    [state.failed.length, 'failed'],
    [state.missing.length, 'missing'],
  ] as const;
  const tail = rest.filter(([count]) => count > 0).map(([count, word]) => `, ${count} ${word}`);
  return `${state.passed} of ${state.total} passed${tail.join('')}`;
}

const MARKS: Readonly<Record<Standing, string>> = { failed: '✗', missing: '✗', waived: '!', skipped: '–', passed: '✓' };
/** The Temporal UI draws neither borders nor space between columns. */
const PADDING = '\u00a0\u00a0';

/** A Markdown table of the verdicts for the Temporal UI, failures first; whatever a tool or a person wrote is escaped. */
export function verdictTable(verdicts: readonly Verdict[], waivers: readonly Waiver[]): string {
  const order: readonly Standing[] = ['failed', 'missing', 'waived', 'skipped', 'passed'];
  const rows = [...newestByCheck(verdicts).values()]
    .map((verdict) => ({ verdict, is: standing(verdict, waivers) }))
    .sort((a, b) => order.indexOf(a.is) - order.indexOf(b.is))
    .map(({ verdict, is }) => {
      const waiver = is === 'waived' ? waiverOf(verdict.check, waivers) : undefined;
      const text = waiver ? `${verdict.summary} (waived by ${waiver.by}: ${waiver.reason})` : verdict.summary;
      const shown = is === 'missing' ? 'skipped without a reason' : is;
      const name = markdownCell(verdict.check);
      const check = is === 'failed' || is === 'missing' ? `**${name}**` : name;
      return `| ${MARKS[is]}\u00a0${shown}${PADDING} | ${check}${PADDING} | ${markdownCell(text)}${PADDING} | ${Math.round(verdict.seconds)}\u00a0s |`;
    });
  if (rows.length === 0) return 'No verdicts yet.';
  return ['| Verdict | Check | What it says | Time |', '| :--- | :--- | :--- | ---: |', ...rows].join('\n');
}
