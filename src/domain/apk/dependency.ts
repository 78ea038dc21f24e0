import { compareVersions, type Version } from '../version/version';
import type { IndexRecord } from './apk';

/** How a version is bounded; `~` is a prefix of the version, `any` no bound. */
export type Bound = 'any' | '=' | '<' | '<=' | '>' | '>=' | '~';

/** One entry of `depend` or `provides`: `so:libz.so.1`, `zlib=1.3.1-r0`, `!openssl`, `busybox>=1.36`. */
export interface Dependency {
  /** With its kind (`so:`, `cmd:`, `pc:`), without the version. */
  readonly name: string;
  readonly bound: Bound;
  /** Empty when the bound is `any`. */
  readonly version: string;
  /** `!name`: must not be installed. */
  readonly conflict: boolean;
}

const ATOM = /^(!?)([^=<>~!@\s]+)(?:(>=|<=|=~|={1,2}|<|>|~=?)([^=<>~\s@][^=<>\s@]*))?(?:@\S+)?$/;

const SPELLINGS: Readonly<Record<string, Bound>> = { '~=': '~', '=~': '~', '==': '=' };

/** Reads one atom; undefined when it is none. A pin (`name@repository`) is read without it. Rule: apk-tools `apk_dep_parse`. */
export function parseDependency(atom: string): Dependency | undefined {
  const match = ATOM.exec(atom.trim());
  if (!match) return undefined;
  const [, conflict = '', name = '', operator, version = ''] = match;
  const bound = operator === undefined ? 'any' : (SPELLINGS[operator] ?? (operator as Bound));
  return { name, bound, version, conflict: conflict === '!' };
}

/** Whether a version is within a bound. `=` means the whole version: `1.2` is not `1.2-r0` (apko 1.2.37 `version.go`, `satisfies`, and apk-tools agree). */
export function isWithin(version: Version, bound: Bound, limit: Version): boolean {
  if (bound === 'any') return true;
  if (bound === '~') return startsAs(version, limit);
  const order = compareVersions(version, limit);
  if (order === 0) return bound === '=' || bound === '<=' || bound === '>=';
  return order < 0 ? bound.startsWith('<') : bound.startsWith('>');
}

function startsAs(version: Version, limit: Version): boolean {
  return limit.tokens.every((token, index) => token.kind === 'end' || sameToken(token, version.tokens[index]));
}

function sameToken(token: Version['tokens'][number], other: Version['tokens'][number] | undefined): boolean {
  return token.kind === other?.kind && token.text === other.text;
}

const SONAME = 'so:';

/** Sonames that a package provides, such as `libz.so.1`. */
export function providedSonames(info: Pick<IndexRecord, 'provides'>): readonly string[] {
  return sonames(info.provides);
}

/** Sonames that a package needs at run time. */
export function neededSonames(info: Pick<IndexRecord, 'depends'>): readonly string[] {
  return sonames(info.depends);
}

function sonames(atoms: readonly string[]): readonly string[] {
  const names = atoms.flatMap((atom) => {
    const dependency = parseDependency(atom);
    return dependency && !dependency.conflict && dependency.name.startsWith(SONAME) ? [dependency.name.slice(SONAME.length)] : [];
  });
  return [...new Set(names)].sort();
}
