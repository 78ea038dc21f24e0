import type { IndexRecord } from '../apk/apk';
import { parseDependency } from '../apk/dependency';
import type { Position } from '../result';
import { compareVersions, parseVersion } from '../version/version';
import { graphOf, type Graph } from './adjacency';
import type { GraphPackage, Wanted } from './package';
import { providersOf, resolve, type Providers } from './providers';
import { shortestPath } from './path';

export type EdgeKind = 'build' | 'build+runtime';

/** A whole distribution of specs for one architecture. */
export interface Distribution {
  readonly graph: Graph;
  readonly packages: ReadonlyMap<string, GraphPackage>;
  readonly kind: EdgeKind;
  readonly providers: Providers;
  /** Dependencies of the published apks of a package, where an index was given. */
  readonly published: ReadonlyMap<string, readonly Wanted[]>;
  /** Names that nothing provides, sorted. */
  readonly unresolved: readonly string[];
  /** Dependencies on a name that is provided, but in no version that they ask for, sorted. */
  readonly outOfBounds: readonly string[];
}

/**
 * The graph of the packages: an edge from each to every other that its build (or with `build+runtime` also what it makes) wants. A build takes another package for its own name where
 * there is one, so that it can be bootstrapped; at run time its own is as good. What only the index provides is resolved without an edge: no spec here makes it.
 */
export function distributionOf(packages: readonly GraphPackage[], kind: EdgeKind, index: readonly IndexRecord[] = []): Distribution {
  const byName = new Map(packages.map((one) => [one.name, one]));
  const providers = providersOf(packages, index);
  const published = kind === 'build' ? new Map<string, readonly Wanted[]>() : publishedWants(index);
  const unresolved = new Set<string>();
  const outOfBounds = new Set<string>();
  const edges: [string, string][] = [];
  const distribution = { packages: byName, kind, providers, published };
  for (const one of packages) {
    for (const { wanted, found } of resolvedOf(distribution, one)) {
      if (found === 'unknown') unresolved.add(wanted.name);
      else if (found === 'outOfBounds') outOfBounds.add(wanted.atom);
      else if (byName.has(found.origin)) edges.push([one.name, found.origin]);
    }
  }
  return {
    ...distribution,
    graph: graphOf(byName.keys(), edges),
    unresolved: [...unresolved].sort(),
    outOfBounds: [...outOfBounds].sort(),
  };
}

function* resolvedOf({ providers, kind, published }: Pick<Distribution, 'providers' | 'kind' | 'published'>, one: GraphPackage) {
  for (const wanted of one.build) yield { wanted, found: resolve(providers, wanted, one.name) };
  if (kind === 'build') return;
  for (const wanted of one.runtime) yield { wanted, found: resolve(providers, wanted) };
  for (const wanted of published.get(one.name) ?? []) yield { wanted, found: resolve(providers, wanted) };
}

/** What the newest apk of each name depends on, by origin. */
function publishedWants(index: readonly IndexRecord[]): ReadonlyMap<string, readonly Wanted[]> {
  const newest = new Map<string, IndexRecord>();
  for (const record of index) {
    const known = newest.get(record.name);
    if (!known || isNewer(record.version, known.version)) newest.set(record.name, record);
  }
  const wants = new Map<string, Wanted[]>();
  for (const record of newest.values()) {
    const list = wants.get(record.origin) ?? [];
    list.push(...record.depends.flatMap((atom) => publishedWant(record, atom)));
    wants.set(record.origin, list);
  }
  return wants;
}

function isNewer(version: string, than: string): boolean {
  const left = parseVersion(version);
  const right = parseVersion(than);
  return left.ok && (!right.ok || compareVersions(left.value, right.value) > 0);
}

function publishedWant(record: IndexRecord, atom: string): readonly Wanted[] {
  const parsed = parseDependency(atom);
  if (!parsed || parsed.conflict) return [];
  return [{ atom, name: parsed.name, bound: parsed.bound, limit: parsed.version, within: `published ${record.name}-${record.version}` }];
}

/** One link of a chain: `from` wants `atom`, and `to` is who provides it. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly atom: string;
  readonly at?: Position;
  readonly within: string;
}

/** Why one package is before another: the shortest chain, each link with where it is written; `undefined` where none leads there. */
export function whyDepends(distribution: Distribution, from: string, to: string): readonly Link[] | undefined {
  const { graph } = distribution;
  const start = graph.numbers.get(from);
  const end = graph.numbers.get(to);
  if (start === undefined || end === undefined) return undefined;
  const path = shortestPath(graph.needs, start, end);
  return path?.slice(1).map((node, index) => linkOf(distribution, graph.names[path[index]!]!, graph.names[node]!));
}

/** The first dependency that makes the edge. */
export function linkOf(distribution: Distribution, from: string, to: string): Link {
  for (const { wanted, found } of resolvedOf(distribution, distribution.packages.get(from)!)) {
    if (typeof found === 'object' && found.origin === to)
      return { from, to, atom: wanted.atom, ...(wanted.at ? { at: wanted.at } : {}), within: wanted.within };
  }
  throw new Error(`${from} has no edge to ${to}`);
}
