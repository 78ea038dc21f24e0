import type { IndexRecord } from '../apk/apk';
import { printIndexRecord, sortRecords } from '../apk/index-text';
import { fail, ok } from '../result';
import type { Result } from '../result';

/** The index of each architecture. */
export type Indexes = Readonly<Record<string, readonly IndexRecord[]>>;

/** A version of an origin, with all of its subpackages, that was taken back; it never returns. */
export interface Withdrawal {
  readonly package: string;
  /** `version-rN`. */
  readonly version: string;
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Name of a withdrawal's record in the store. */
export function withdrawalName(origin: string, version: string): string {
  return `${origin}-${version}`;
}

/** Name of the gate record in the store that a published version goes back to: the id of its release. */
export function gateName(origin: string, version: string): string {
  return `release:${origin}-${version}`;
}

/**
 * The indexes of the next generation: what was published, plus what is added, minus what is withdrawn, for at least the named architectures; every version
 * stays until it is withdrawn. A name and version that is published with other content is an error: the same file name cannot be two files.
 */
export function nextIndexes(
  previous: Indexes,
  added: Indexes,
  withdrawals: readonly Pick<Withdrawal, 'package' | 'version'>[],
  architectures: readonly string[],
): Result<Indexes> {
  const all = [...new Set([...architectures, ...Object.keys(previous), ...Object.keys(added)])].sort();
  const withdrawn = new Set(withdrawals.map(({ package: origin, version }) => withdrawalName(origin, version)));
  const next: Record<string, readonly IndexRecord[]> = {};
  for (const architecture of all) {
    const records = new Map<string, IndexRecord>();
    for (const record of [...(previous[architecture] ?? []), ...(added[architecture] ?? [])]) {
      const key = `${record.name}-${record.version}`;
      const known = records.get(key);
      if (known && printIndexRecord(known) !== printIndexRecord(record))
        return fail({
          message: `${key} for ${architecture} is published already with other content: ${known.checksum}, not ${record.checksum}`,
          remedy: 'raise the epoch of its spec: a published file is never overwritten',
        });
      records.set(key, record);
    }
    const kept = [...records.values()].filter((record) => !withdrawn.has(withdrawalName(record.origin, record.version)));
    next[architecture] = sortRecords(kept);
  }
  return ok(next);
}

/** The first record in which two sets of indexes differ, said for people; undefined when they are equal by content. */
export function firstDifference(expected: Indexes, actual: Indexes): string | undefined {
  for (const architecture of [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort()) {
    const is = actual[architecture];
    const should = expected[architecture];
    if (!is) return `the index of ${architecture} is missing`;
    if (!should) return `there should be no index of ${architecture}`;
    const difference = differenceOf(should, is);
    if (difference) return `${difference} in the index of ${architecture}`;
  }
  return undefined;
}

function differenceOf(expected: readonly IndexRecord[], actual: readonly IndexRecord[]): string | undefined {
  const byKey = (records: readonly IndexRecord[]) => new Map(records.map((record) => [`${record.name}-${record.version}`, record]));
  const should = byKey(expected);
  const is = byKey(actual);
  if (is.size !== actual.length)
    return `${actual.find((record, index) => isRepeated(actual, record, index))?.name ?? 'a record'} stands twice`;
  for (const key of [...new Set([...should.keys(), ...is.keys()])].sort()) {
    const left = should.get(key);
    const right = is.get(key);
    if (!right) return `${key} is missing`;
    if (!left) return `${key} should not be there`;
    const [leftLines, rightLines] = [printIndexRecord(left).split('\n'), printIndexRecord(right).split('\n')];
    const at = leftLines.findIndex((line, index) => line !== rightLines[index]);
    if (at >= 0 || leftLines.length !== rightLines.length)
      return `${key} differs ("${(rightLines[at] ?? '').slice(0, 120)}" should be "${(leftLines[at] ?? '').slice(0, 120)}")`;
  }
  return undefined;
}

function isRepeated(records: readonly IndexRecord[], record: IndexRecord, index: number): boolean {
  return records.slice(0, index).some((other) => other.name === record.name && other.version === record.version);
}
