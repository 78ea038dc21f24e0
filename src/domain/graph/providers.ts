import type { IndexRecord } from '../apk/apk';
import { isWithin } from '../apk/dependency';
import { compareVersions, parseVersion, type Version } from '../version/version';
import { providedOf, type GraphPackage, type Provided, type Wanted } from './package';

interface Provider extends Provided {
  /** Name of the spec; of an apk of an index, its origin. */
  readonly origin: string;
}

/** All names that can be asked for, with who provides them. */
export interface Providers {
  readonly byName: ReadonlyMap<string, readonly Provider[]>;
  /** Versions that were parsed before; undefined for a text that is none. */
  readonly versions: Map<string, Version | undefined>;
}

/** What the specs provide, and what the records of an index do. A name without a version has the version of its apk. */
export function providersOf(packages: readonly GraphPackage[], index: readonly IndexRecord[] = []): Providers {
  const byName = new Map<string, Provider[]>();
  const add = (origin: string, full: string, provided: Provided) => {
    const provider = { ...provided, version: provided.version || full, origin };
    const known = byName.get(provided.name);
    if (known) known.push(provider);
    else byName.set(provided.name, [provider]);
  };
  for (const { name, version, provides } of packages) for (const provided of provides) add(name, version, provided);
  for (const record of index) {
    const priority = record.providerPriority ?? 0;
    add(record.origin, record.version, { name: record.name, version: record.version, priority, own: true });
    for (const atom of record.provides) for (const provided of providedOf(atom, priority)) add(record.origin, record.version, provided);
  }
  return { byName, versions: new Map() };
}

/** `unknown`: nothing has the name. `outOfBounds`: the name is there, but in no version that is asked for. */
export type Resolution = { readonly origin: string } | 'unknown' | 'outOfBounds';

/**
 * Who is taken for a dependency: of those within its bounds the greatest version (in the order of apk), then the highest priority, then an apk of that name, then the first by name of the spec.
 * `other` names a spec that is taken only if there is nobody else: what builds itself is built by what provides the same.
 */
export function resolve(providers: Providers, wanted: Pick<Wanted, 'name' | 'bound' | 'limit'>, other?: string): Resolution {
  const named = providers.byName.get(wanted.name);
  if (!named) return 'unknown';
  const limit = wanted.bound === 'any' ? undefined : versionOf(providers, wanted.limit);
  const within = wanted.bound === 'any' ? named : named.filter((provider) => limit && fits(providers, provider, wanted.bound, limit));
  if (within.length === 0) return 'outOfBounds';
  const others = other === undefined ? within : within.filter(({ origin }) => origin !== other);
  const best = (others.length ? others : within).reduce((a, b) => (compareProviders(providers, a, b) <= 0 ? a : b));
  return { origin: best.origin };
}

function fits(providers: Providers, provider: Provider, bound: Wanted['bound'], limit: Version): boolean {
  const version = versionOf(providers, provider.version);
  return version !== undefined && isWithin(version, bound, limit);
}

/** The better one first. What has no version of apk comes last. */
function compareProviders(providers: Providers, a: Provider, b: Provider): number {
  const left = versionOf(providers, a.version);
  const right = versionOf(providers, b.version);
  if (!left || !right) return Number(!left) - Number(!right) || byRank(a, b);
  return compareVersions(right, left) || byRank(a, b);
}

function byRank(a: Provider, b: Provider): number {
  return b.priority - a.priority || Number(b.own) - Number(a.own) || (a.origin < b.origin ? -1 : Number(a.origin > b.origin));
}

function versionOf({ versions }: Providers, text: string): Version | undefined {
  if (versions.has(text)) return versions.get(text);
  const parsed = parseVersion(text);
  const version = parsed.ok ? parsed.value : undefined;
  versions.set(text, version);
  return version;
}
