import type { Digest } from '../digest';
import type { LockedPackage } from '../release/release';

/** What a release was made from, as far as a failure may be explained by it. */
export interface Made {
  /** `version-rN`. */
  readonly version: string;
  /** Digest of the spec and of each file of its folder, by path in the spec repository. */
  readonly files: Readonly<Record<string, Digest>>;
  /** Digests of the sources by uri. */
  readonly sources: Readonly<Record<string, string>>;
  /** The build environment of each architecture that was built; undefined where none is known, as when it did not resolve. */
  readonly environments: Readonly<Record<string, readonly LockedPackage[] | undefined>>;
}

const LINES = 40;

function changes(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>, what: string): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const was = before[name];
    const is = after[name];
    if (was === is) return [];
    if (was === undefined) return [`${what} added: ${name}`];
    return is === undefined ? [`${what} removed: ${name}`] : [`${what} changed: ${name}`];
  });
}

function environmentChanges(architecture: string, before: readonly LockedPackage[], after: readonly LockedPackage[]): readonly string[] {
  const was = new Map(before.map((locked) => [locked.name, locked]));
  const is = new Map(after.map((locked) => [locked.name, locked]));
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((name) => {
    const old = was.get(name);
    const now = is.get(name);
    if (old?.checksum === now?.checksum) return [];
    if (!old) return [`${architecture}: environment gained ${name} ${now?.version ?? ''}`.trimEnd()];
    if (!now) return [`${architecture}: environment lost ${name} ${old.version}`];
    return [
      `${architecture}: ${name} ${old.version === now.version ? `${now.version} was built anew` : `${old.version} → ${now.version}`}`,
    ];
  });
}

/** What is different from the last good release: the first place to look for the reason of a failure. At most 40 lines. */
export function differenceToLastGood(now: Made, last: Made | undefined): readonly string[] {
  if (!last) return ['there is no earlier good release'];
  const lines = [
    ...(last.version === now.version ? [] : [`version ${last.version} → ${now.version}`]),
    ...changes(last.files, now.files, 'file'),
    ...changes(last.sources, now.sources, 'source'),
    ...Object.entries(now.environments).flatMap(([architecture, environment]) => {
      if (!(architecture in last.environments)) return [`${architecture}: not built in ${last.version}`];
      const before = last.environments[architecture];
      if (!environment) return [`${architecture}: no build environment`];
      return before
        ? environmentChanges(architecture, before, environment)
        : [`${architecture}: the environment of ${last.version} is lost`];
    }),
  ];
  const same = Object.keys(now.environments).length > 0 ? 'spec, sources and environment' : 'spec and sources';
  if (lines.length === 0) return [`nothing: the same ${same} made ${last.version}`];
  return lines.length > LINES ? [...lines.slice(0, LINES - 1), `… and ${lines.length - LINES + 1} more`] : lines;
}
