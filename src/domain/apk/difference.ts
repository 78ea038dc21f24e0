import { compareVersionTexts } from '../version/version';
import type { ApkEntry, IndexRecord, PackageInfo } from './apk';
import { neededSonames, parseDependency, providedSonames } from './dependency';

/** An apk as a build made it. */
export interface BuiltApk {
  readonly info: PackageInfo;
  readonly entries: readonly ApkEntry[];
}

/** A soname that is gone, and who of the other packages is linked with it. */
export interface LostSoname {
  readonly soname: string;
  /** Another package that provides it too: then nobody misses it. */
  readonly keeper?: string;
  /** `name-version` of what needs it, where nobody keeps it. */
  readonly dependents: readonly string[];
}

/** What is different, each as one line: `zlib-dev: changed /usr/include/zlib.h`. */
type Changes = { readonly changes: readonly string[] };

/**
 * How a build differs from the one before. `content`: what the packages ask for and offer is the same. `compatible`: that differs too, but no soname is gone.
 * By sonames alone: a library that drops a symbol under its old name is compatible here.
 */
export type BuildDifference =
  | { readonly kind: 'same' }
  | ({ readonly kind: 'content' } & Changes)
  | ({ readonly kind: 'compatible'; readonly added: readonly string[] } & Changes)
  | ({ readonly kind: 'break'; readonly added: readonly string[]; readonly lost: readonly LostSoname[] } & Changes);

/**
 * Compares two builds of one package for one architecture: all its apks. Left out are the SBOM, build date and commit, sizes and digests that follow from them, and the version with its
 * revision wherever a dependency names it (`so-ver:` too): two builds of one content differ in these and in nothing else. `others` are the published records of all packages.
 */
export function differenceOf(before: readonly BuiltApk[], after: readonly BuiltApk[], others: readonly IndexRecord[]): BuildDifference {
  const old = byName(before);
  const now = byName(after);
  const pairs = [...new Set([...old.keys(), ...now.keys()])].sort().map((name) => ({ name, was: old.get(name), is: now.get(name) }));
  const relations = pairs.flatMap(({ name, was, is }) => changed(name, was && relationsOf(was), is && relationsOf(is)));
  const contents = pairs.flatMap(({ name, was, is }) => (was && is ? changed(name, contentsOf(was), contentsOf(is)) : []));
  const changes = [...relations, ...contents];
  if (changes.length === 0) return { kind: 'same' };
  if (relations.length === 0) return { kind: 'content', changes };
  const [own] = before;
  const { added, lost } = sonameChanges(
    before.map(({ info }) => info),
    after.map(({ info }) => info),
    own ? others.filter(({ origin }) => origin !== own.info.origin) : others,
  );
  return lost.length === 0 ? { kind: 'compatible', added, changes } : { kind: 'break', added, lost, changes };
}

/** Sonames that all apks of a build together offer anew and no more, with who misses them: of each other package the newest record. */
export function sonameChanges(
  before: readonly Pick<PackageInfo, 'provides'>[],
  after: readonly Pick<PackageInfo, 'provides'>[],
  others: readonly IndexRecord[],
): { readonly added: readonly string[]; readonly lost: readonly LostSoname[] } {
  const was = new Set(before.flatMap(providedSonames));
  const is = new Set(after.flatMap(providedSonames));
  const newest = newestOfEach(others);
  const lost = [...was].filter((soname) => !is.has(soname)).sort();
  return {
    added: [...is].filter((soname) => !was.has(soname)).sort(),
    lost: lost.map((soname) => {
      const keeper = newest.find((record) => providedSonames(record).includes(soname))?.name;
      if (keeper !== undefined) return { soname, keeper, dependents: [] };
      const needing = newest.filter((record) => neededSonames(record).includes(soname));
      return { soname, dependents: needing.map(({ name, version }) => `${name}-${version}`) };
    }),
  };
}

/** Older versions stay in an index for images that are locked to them: nobody resolves to them any more. */
function newestOfEach(index: readonly IndexRecord[]): readonly IndexRecord[] {
  const newest = new Map<string, IndexRecord>();
  for (const record of index) {
    const known = newest.get(record.name);
    const order = known ? compareVersionTexts(record.version, known.version) : undefined;
    if (!known || (order?.ok && order.value > 0)) newest.set(record.name, record);
  }
  return [...newest.values()];
}

function byName(apks: readonly BuiltApk[]): ReadonlyMap<string, BuiltApk> {
  return new Map(apks.map((apk) => [apk.info.name, apk]));
}

/** Lines by what they are about: two builds agree where they have the same lines. */
type Facts = ReadonlyMap<string, string>;

function changed(name: string, was: Facts | undefined, is: Facts | undefined): readonly string[] {
  if (!was) return [`${name}: new package`];
  if (!is) return [`${name}: package gone`];
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
  return keys.flatMap((key) => {
    if (was.get(key) === is.get(key)) return [];
    return `${name}: ${was.has(key) ? (is.has(key) ? 'changed' : 'gone') : 'new'} ${key}`;
  });
}

function relationsOf({ info }: BuiltApk): Facts {
  const facts = new Map<string, string>();
  for (const kind of ['depends', 'provides'] as const)
    for (const atom of info[kind]) facts.set(`${kind} ${withoutOwnVersion(atom, info.version)}`, '');
  return facts;
}

function withoutOwnVersion(atom: string, version: string): string {
  const parsed = parseDependency(atom);
  if (parsed?.version !== version) return atom;
  return `${atom.slice(0, atom.lastIndexOf(version))}<own version>${atom.slice(atom.lastIndexOf(version) + version.length)}`;
}

function contentsOf({ info, entries }: BuiltApk): Facts {
  const { architecture, origin, description, url, license, maintainer = '', providerPriority = 0 } = info;
  const facts = new Map(
    Object.entries({ architecture, origin, description, url, license, maintainer, providerPriority }).map(([key, value]) => [
      key,
      String(value),
    ]),
  );
  for (const atom of info.replaces) facts.set(`replaces ${withoutOwnVersion(atom, info.version)}`, '');
  for (const entry of entries) {
    if (entry.path === SBOM || entry.path.startsWith(`${SBOM}/`)) continue;
    const { path, type, mode, uid, gid, sha256 = '', link = '', xattrs } = entry;
    facts.set(`/${path}`, JSON.stringify([type, mode, uid, gid, sha256, link, [...xattrs].sort()]));
  }
  return facts;
}

const SBOM = 'var/lib/db/sbom';
