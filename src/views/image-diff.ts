import type { RepositoryReader } from '../activities/repository/reader';
import { diffLocks, type LockDiff, type SetPair, type VulnerabilityDiff } from '../domain/image/diff';
import type { LockSet } from '../domain/image/lock';
import { vulnerabilityDiff, type PushedLock } from './locked-image';

/** One side of a comparison, as it was named and as it was found. */
export interface Side {
  readonly named: string;
  readonly digest?: string;
  readonly release?: string;
  readonly generation?: number;
  readonly sets: readonly LockSet[];
}

/** Two sets and what differs; one that has no counterpart has no difference either. */
export type Compared = SetPair & { readonly diff?: LockDiff; readonly vulnerabilities?: VulnerabilityDiff };

/** The side that a tag or digest is. */
export function pushedSide(named: string, { digest, release, generation, packages }: PushedLock): Side {
  return { named, digest, release, generation, sets: [{ image: '', variant: '', packages }] };
}

/** What differs in a pair; without a published repository nothing is said of vulnerabilities. */
export async function comparedOf(
  pair: SetPair,
  published: Pick<RepositoryReader, 'readIndex' | 'location'> | undefined,
): Promise<Compared> {
  const { before, after } = pair;
  if (!before || !after) return pair;
  const diff = diffLocks(before.packages, after.packages);
  const vulnerabilities = published && (await vulnerabilityDiff(published, [...before.packages, ...after.packages], diff.changed));
  return { ...pair, diff, ...(vulnerabilities ? { vulnerabilities } : {}) };
}

/** A comparison as JSON, for the command and for programs that ask the gateway. `null` where an image has no counterpart, and where nothing is known of vulnerabilities. */
export function diffJson(before: Side, after: Side, compared: readonly Compared[]) {
  const side = ({ sets: _sets, ...rest }: Side) => rest;
  const called = (set: LockSet | undefined) => (set ? { image: set.image, variant: set.variant } : null);
  return {
    a: side(before),
    b: side(after),
    images: compared.map(({ before: from, after: to, diff, vulnerabilities }) => ({
      a: called(from),
      b: called(to),
      ...(diff ? { ...diff, vulnerabilities: vulnerabilities ?? null } : {}),
    })),
  };
}
