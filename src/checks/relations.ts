import { parseDependency } from '../domain/apk/dependency';
import type { OpenedApk } from './check';

/** What the packages provide of one kind (`so:`, `cmd:`), without the kind and version, sorted and once each. */
export function providedBy(apks: readonly Pick<OpenedApk, 'info'>[], kind: 'so:' | 'cmd:'): readonly string[] {
  const names = apks.flatMap(({ info }) => info.provides.map((atom) => parseDependency(atom)?.name ?? ''));
  return [...new Set(names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length)))].sort();
}

/** What only one of two sides has, in the order it stands there. */
export function onlyIn(
  before: readonly string[],
  after: readonly string[],
): { readonly removed: readonly string[]; readonly added: readonly string[] } {
  const was = new Set(before);
  const is = new Set(after);
  return { removed: [...was].filter((item) => !is.has(item)), added: [...is].filter((item) => !was.has(item)) };
}
