import { compareVersionTexts } from '../version/version';
import { newestEvent, type Advisory, type AdvisoryDocument } from './advisory';

/** `security.json`, the form of Alpine's secdb that scanners read (Grype, Trivy). */
export interface Secdb {
  readonly apkurl: string;
  readonly archs: readonly string[];
  readonly reponame: string;
  readonly urlprefix: string;
  readonly packages: readonly { readonly pkg: { readonly name: string; readonly secfixes: Readonly<Record<string, readonly string[]>> } }[];
}

/** The version under which secdb lists what never affected a package. */
const NEVER = '0';

/**
 * secdb of a distribution: for each package (the origin) the versions that fixed something, with the names of what they fixed; false positives under "0". Other
 * advisories are not in it: for a scanner what is not listed is open. Names are the aliases, because scanners know CVE ids; the advisory's own where it has none.
 * Packages lie below the file, by architecture. Equal advisories give equal output, whatever their order.
 */
export function exportSecdb(
  documents: readonly AdvisoryDocument[],
  repository: { readonly distribution: string; readonly architectures: readonly string[] },
): Secdb {
  const packages = [...documents]
    .sort((a, b) => (a.package < b.package ? -1 : 1))
    .map((document) => ({ pkg: { name: document.package, secfixes: secfixesOf(document.advisories) } }));
  return {
    apkurl: '{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk',
    archs: [...repository.architectures].sort(),
    reponame: repository.distribution,
    urlprefix: '',
    packages: packages.filter(({ pkg }) => Object.keys(pkg.secfixes).length > 0),
  };
}

function secfixesOf(advisories: readonly Advisory[]): Readonly<Record<string, readonly string[]>> {
  const fixes = new Map<string, Set<string>>();
  for (const advisory of advisories) {
    const version = versionOf(advisory);
    if (version === undefined) continue;
    const names = fixes.get(version) ?? new Set();
    for (const name of advisory.aliases.length > 0 ? advisory.aliases : [advisory.id]) names.add(name);
    fixes.set(version, names);
  }
  const versions = [...fixes.keys()].sort(inOrder);
  return Object.fromEntries(versions.map((version) => [version, [...fixes.get(version)!].sort()]));
}

function versionOf(advisory: Advisory): string | undefined {
  const event = newestEvent(advisory);
  if (event?.type === 'fixed') return event.fixedVersion;
  return event?.type === 'false-positive-determination' ? NEVER : undefined;
}

function inOrder(a: string, b: string): number {
  const order = compareVersionTexts(a, b);
  return (order.ok && order.value) || (a < b ? -1 : 1);
}
