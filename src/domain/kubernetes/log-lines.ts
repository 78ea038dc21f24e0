/** What was kept of a log whose lines begin with the cluster's timestamp (RFC 3339, nanoseconds). */
export interface KeptLog {
  /** Timestamp of the last line. */
  readonly last?: string;
  /** The lines of that timestamp, whole: what a reading from that second on repeats. */
  readonly lastLines: readonly string[];
}

export const NOTHING_KEPT: KeptLog = { lastLines: [] };

/**
 * Lines that are new in a reading that begins at the second of the last line kept: a reader that was killed goes on where it was, and no line is there twice.
 * Timestamps of one container never go back.
 */
export function newLines(kept: KeptLog, read: readonly string[]): { readonly fresh: readonly string[]; readonly kept: KeptLog } {
  const fresh: string[] = [];
  let { last, lastLines } = kept;
  for (const line of read) {
    const at = line.slice(0, line.indexOf(' '));
    if (last !== undefined && (at < last || (at === last && lastLines.includes(line)))) continue;
    fresh.push(line);
    lastLines = at === last ? [...lastLines, line] : [line];
    last = at;
  }
  return { fresh, kept: { ...(last === undefined ? {} : { last }), lastLines } };
}
