import type { OsvAffected } from './osv';

/**
 * Says that what a record calls so is a package of this distribution. Exactly one way of naming: `purl` (without version), `ecosystem` with `name`,
 * or `repository` (of a range of commits).
 */
export interface PackageRule {
  readonly package: string;
  readonly purl?: string;
  readonly ecosystem?: string;
  readonly name?: string;
  readonly repository?: string;
}

export interface PackageMapping {
  readonly distribution: string;
  readonly rules: readonly PackageRule[];
}

/**
 * How an entry of a record is about a package: `own` when it speaks of the distribution's package (`pkg:apk/<distribution>/<name>`), whose versions have an epoch;
 * `upstream` when a rule or the purl `pkg:generic/<name>` says that it speaks of what the package is made from. Undefined: it is about something else.
 */
export function entryOf(entry: OsvAffected, name: string, mapping: PackageMapping): 'own' | 'upstream' | undefined {
  const purl = entry.package?.purl === undefined ? undefined : bare(entry.package.purl);
  if (purl === `pkg:apk/${mapping.distribution}/${name}`) return 'own';
  if (purl === `pkg:generic/${name}`) return 'upstream';
  return mapping.rules.some((rule) => rule.package === name && isMeant(rule, entry, purl)) ? 'upstream' : undefined;
}

function isMeant(rule: PackageRule, entry: OsvAffected, purl: string | undefined): boolean {
  if (rule.purl !== undefined) return purl === bare(rule.purl);
  if (rule.repository !== undefined) {
    const wanted = repositoryName(rule.repository);
    return entry.ranges.some((range) => range.repo !== undefined && repositoryName(range.repo) === wanted);
  }
  return rule.name === entry.package?.name && rule.ecosystem === entry.package?.ecosystem;
}

/** Without version, qualifiers and subpath, and with what was escaped as it is (`%2B` in libstdc++). An `@` in a name is always escaped. */
function bare(purl: string): string {
  return purl.replace(/[@?#].*$/, '').replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function repositoryName(url: string): string {
  return url
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .toLowerCase();
}
