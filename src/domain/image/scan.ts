import type { ExportedOsv } from '../advisory/osv-export';
import type { Severity } from '../advisory/severity';
import { compareVersionTexts } from '../version/version';

/** A package in an image that the factory published, on one architecture. */
export interface ScannedPackage {
  readonly name: string;
  /** `version-rN`. */
  readonly version: string;
  readonly architecture: string;
  /** As advisories name packages. */
  readonly origin: string;
}

/** A vulnerability that a package of an image has. */
export interface Finding {
  /** The name that it is known by: the first alias, else the advisory's own. */
  readonly id: string;
  readonly origin: string;
  readonly version: string;
  /** `version-rN` that contains the fix, where the advisory names one. */
  readonly fixedIn?: string;
  readonly severity?: Severity;
}

export interface ImageScan {
  /** Fixed in a version that the generation has, and the image has an older one. */
  readonly fixable: readonly Finding[];
  /** All others, which nothing that is published would cure. */
  readonly open: readonly Finding[];
}

/** What a vulnerability counts as of which nothing is known: high. */
const UNKNOWN_SCORE = 7;

/**
 * Holds the packages of an image against the advisories of a generation. `published` gives the versions of a package that the generation has on an architecture. A vulnerability
 * is one finding over all packages of an origin; the worst come first. Versions that cannot be compared count as not fixed.
 */
export function scanImage(
  packages: readonly ScannedPackage[],
  advisories: readonly ExportedOsv[],
  published: (name: string, architecture: string) => readonly string[],
  severityOf: (names: readonly string[]) => Severity | undefined,
): ImageScan {
  const byOrigin = new Map<string, ScannedPackage[]>();
  for (const item of packages) byOrigin.set(item.origin, [...(byOrigin.get(item.origin) ?? []), item]);
  const found = { fixable: new Map<string, Finding>(), open: new Map<string, Finding>() };
  for (const advisory of advisories)
    for (const { package: affected, ranges } of advisory.affected)
      for (const item of byOrigin.get(affected.name) ?? []) {
        const fixedIn = ranges.flatMap(({ events }) => events).find((event) => 'fixed' in event)?.fixed;
        if (fixedIn !== undefined && contains(item.version, fixedIn)) continue;
        const id = advisory.upstream[0] ?? advisory.id;
        const severity = severityOf([advisory.id, ...advisory.upstream]);
        const cured = fixedIn !== undefined && published(item.name, item.architecture).some((version) => contains(version, fixedIn));
        found[cured ? 'fixable' : 'open'].set(`${id} ${item.origin} ${item.version}`, {
          ...{ id, origin: item.origin, version: item.version },
          ...(fixedIn === undefined ? {} : { fixedIn }),
          ...(severity ? { severity } : {}),
        });
      }
  // One that is to be had fixed on any architecture is not open without a cure on another.
  for (const key of found.fixable.keys()) found.open.delete(key);
  return { fixable: worstFirst(found.fixable), open: worstFirst(found.open) };
}

function worstFirst(found: ReadonlyMap<string, Finding>): readonly Finding[] {
  const score = ({ severity }: Finding) => severity?.score ?? UNKNOWN_SCORE;
  return [...found].sort(([a, one], [b, other]) => score(other) - score(one) || (a < b ? -1 : 1)).map(([, finding]) => finding);
}

function contains(version: string, fixedIn: string): boolean {
  const order = compareVersionTexts(version, fixedIn);
  return order.ok && order.value >= 0;
}

const RATINGS = ['critical', 'high', 'medium', 'low', 'none'] as const;

/** "2 critical, 1 of unknown severity": worst first. */
export function countedBySeverity(findings: readonly Finding[]): string {
  const count = (rating: (typeof RATINGS)[number] | undefined) => findings.filter(({ severity }) => severity?.rating === rating).length;
  return [
    ...RATINGS.filter((rating) => count(rating) > 0).map((rating) => `${count(rating)} ${rating}`),
    ...(count(undefined) > 0 ? [`${count(undefined)} of unknown severity`] : []),
  ].join(', ');
}

/** "CVE-2023-45853 in zlib 1.2.13-r0 (critical 9.8)". */
export function findingText({ id, origin, version, severity }: Finding): string {
  return `${id} in ${origin} ${version} (${severity ? `${severity.rating} ${severity.score}` : 'of unknown severity'})`;
}
