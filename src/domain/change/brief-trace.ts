import type { CandidateVerdict } from '../update/candidate';
import { compareVersionTexts } from '../version/version';

/** At most `most` lines of an explanation: what was chosen, then the newest versions, and in the other half what a rule dropped, as late as upstream lists it. */
export function briefTrace(trace: readonly CandidateVerdict[], most: number): readonly CandidateVerdict[] {
  if (trace.length <= most) return trace;
  const versions = trace.filter((line) => line.version !== undefined).sort(newestFirst);
  const dropped = trace.filter((line) => line.version === undefined);
  const half = Math.floor(most / 2);
  const told = Math.max(half, most - dropped.length);
  return [...versions.slice(0, told), ...dropped.slice(-(most - Math.min(told, versions.length)))];
}

function newestFirst(a: CandidateVerdict, b: CandidateVerdict): number {
  if (a.kept !== b.kept) return a.kept ? -1 : 1;
  const order = compareVersionTexts(b.version!, a.version!);
  return order.ok ? order.value : 0;
}
