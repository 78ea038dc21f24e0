import { compareVersionTexts } from '../version/version';
import type { LockPackage, LockSet } from './lock';

/** A package that is in one of two locks, or in both and not the same. */
export interface PackageChange {
  readonly name: string;
  /** `version-rN` before; absent where it was added. */
  readonly from?: string;
  /** `version-rN` after; absent where it was removed. Equal to `from` where only what is in it is other. */
  readonly to?: string;
  /** On which this holds, sorted. */
  readonly architectures: readonly string[];
  /** By which its .apk grew, on each of these architectures where both sizes are known; the whole size of what was added, negative of what was removed. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** What differs between two locks of one image. Each list is sorted by name. */
export interface LockDiff {
  readonly added: readonly PackageChange[];
  readonly removed: readonly PackageChange[];
  readonly changed: readonly PackageChange[];
}

/** Two sets that are compared, or one that has no counterpart. */
export interface SetPair {
  readonly before?: LockSet;
  readonly after?: LockSet;
}

/** What differs, package by package; the same change on several architectures is one. */
export function diffLocks(before: readonly LockPackage[], after: readonly LockPackage[]): LockDiff {
  const changes = new Map<
    string,
    Omit<PackageChange, 'architectures' | 'bytes'> & { architectures: string[]; bytes: [string, number][] }
  >();
  const [old, present] = [byKey(before), byKey(after)];
  for (const key of [...new Set([...old.keys(), ...present.keys()])].sort()) {
    const [from, to] = [old.get(key), present.get(key)];
    if (from && to && isSame(from, to)) continue;
    const { name, architecture } = (to ?? from)!;
    const id = [name, from?.version ?? '', to?.version ?? ''].join(' ');
    const made = changes.get(id) ?? {
      name,
      ...(from ? { from: from.version } : {}),
      ...(to ? { to: to.version } : {}),
      architectures: [],
      bytes: [],
    };
    changes.set(id, made);
    made.architectures.push(architecture);
    const grown = growth(from, to);
    if (grown !== undefined) made.bytes.push([architecture, grown]);
  }
  const all = [...changes.values()].map(({ bytes, ...change }): PackageChange => ({ ...change, bytes: Object.fromEntries(bytes) }));
  return {
    added: all.filter(({ from }) => from === undefined),
    removed: all.filter(({ to }) => to === undefined),
    changed: all.filter(({ from, to }) => from !== undefined && to !== undefined),
  };
}

/** Sets of the same image and variant belong together; of what is left over on both sides, those of a variant that each side has once: two images that are called otherwise can be compared. */
export function pairSets(before: readonly LockSet[], after: readonly LockSet[]): readonly SetPair[] {
  const named = before.flatMap((one) => {
    const other = after.find(({ image, variant }) => image === one.image && variant === one.variant);
    return other ? [{ before: one, after: other }] : [];
  });
  const restBefore = before.filter((one) => !named.some((pair) => pair.before === one));
  const restAfter = after.filter((one) => !named.some((pair) => pair.after === one));
  const only = (sets: readonly LockSet[], variant: string) => {
    const found = sets.filter((one) => one.variant === variant);
    return found.length === 1 ? found[0] : undefined;
  };
  const alike = restBefore.flatMap((one) => {
    const other = only(restAfter, one.variant);
    return other && only(restBefore, one.variant) === one ? [{ before: one, after: other }] : [];
  });
  return [
    ...named,
    ...alike,
    ...restBefore.filter((one) => !alike.some((pair) => pair.before === one)).map((one) => ({ before: one })),
    ...restAfter.filter((one) => !alike.some((pair) => pair.after === one)).map((one) => ({ after: one })),
  ];
}

/** A vulnerability that one side has and the other has not. */
export interface VulnerabilityChange {
  /** Origin, as advisories name packages. */
  readonly package: string;
  /** A name of the vulnerability: `CVE-…`. */
  readonly id: string;
  /** `version-rN` that contains the fix. */
  readonly fixedIn: string;
}

/** What a change of packages does to vulnerabilities: gone, and back again where it goes to an older version. */
export interface VulnerabilityDiff {
  readonly fixed: readonly VulnerabilityChange[];
  readonly back: readonly VulnerabilityChange[];
}

/** By origin: the versions that fixed something, with the names of what they fixed. `0` means that no version was ever affected (secdb, as Alpine and Wolfi publish it). */
export type SecurityFixes = ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>;

/**
 * Vulnerabilities that differ between the two sides of changed packages: a fix in V is there from V on, by the order of apk. `originOf` gives the origin of a package,
 * or undefined for one that the advisories do not speak of. Versions that cannot be compared tell nothing. Sorted by package and name.
 */
export function diffVulnerabilities(
  changed: readonly PackageChange[],
  originOf: (name: string, version: string) => string | undefined,
  fixes: SecurityFixes,
): VulnerabilityDiff {
  const found = { fixed: new Map<string, VulnerabilityChange>(), back: new Map<string, VulnerabilityChange>() };
  for (const { name, from, to } of changed) {
    if (from === undefined || to === undefined) continue;
    const origin = originOf(name, to) ?? originOf(name, from);
    if (origin === undefined) continue;
    for (const [fixedIn, ids] of Object.entries(fixes.get(origin) ?? {})) {
      const [before, after] = [holds(from, fixedIn), holds(to, fixedIn)];
      if (before === undefined || after === undefined || before === after) continue;
      for (const id of ids) found[after ? 'fixed' : 'back'].set(`${origin} ${id}`, { package: origin, id, fixedIn });
    }
  }
  const sorted = (all: ReadonlyMap<string, VulnerabilityChange>) => [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return { fixed: sorted(found.fixed), back: sorted(found.back) };
}

/** Whether a version contains what another one fixed. */
function holds(version: string, fixedIn: string): boolean | undefined {
  const order = compareVersionTexts(version, fixedIn);
  return order.ok ? order.value >= 0 : undefined;
}

function byKey(packages: readonly LockPackage[]): ReadonlyMap<string, LockPackage> {
  return new Map(packages.map((item) => [`${item.name} ${item.architecture}`, item]));
}

function isSame(from: LockPackage, to: LockPackage): boolean {
  if (from.version !== to.version) return false;
  return from.checksum === undefined || to.checksum === undefined || from.checksum === to.checksum;
}

function growth(from: LockPackage | undefined, to: LockPackage | undefined): number | undefined {
  if ((from && from.bytes === undefined) || (to && to.bytes === undefined)) return undefined;
  return (to?.bytes ?? 0) - (from?.bytes ?? 0);
}
