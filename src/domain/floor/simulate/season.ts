/** One line of a season: what a commit did to one spec. */
export interface SeasonEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly package: string;
  readonly kind: 'version' | 'epoch' | 'new' | 'removed';
  /** Versions before and after it, where the file tells them. */
  readonly previous?: string;
  readonly version?: string;
  /** The comment beside the epoch, empty where there is none. */
  readonly reason: string;
  readonly commit: string;
}

/**
 * What an event is to the simulator. Inputs: `release`, `added`, `removed`, and `remedy` (the epoch was raised for a CVE or GHSA). `rebuilt` is an outcome to compare with: the epoch was raised
 * for a toolchain or a transition. `edited` (raised for anything else) and `repeated` are neither.
 */
export type SeasonClass = 'release' | 'added' | 'removed' | 'remedy' | 'rebuilt' | 'edited' | 'repeated';

export const SEASON_CLASSES: readonly SeasonClass[] = ['release', 'added', 'removed', 'remedy', 'rebuilt', 'edited', 'repeated'];

/** Where an event is counted: `mass` if its commit touches more than `MASS_COMMIT` specs, `unknown` if the graph has no such package. */
export type SeasonPlace = 'taken' | 'mass' | 'unknown';

export interface Arrival {
  readonly at: number;
  readonly package: string;
  readonly kind: 'release' | 'added' | 'removed' | 'remedy';
  readonly version?: string;
  /** With `release`, where the season tells it. */
  readonly previous?: string;
}

export interface Season {
  /** What drives the simulation, in the order of time. */
  readonly arrivals: readonly Arrival[];
  /** Milliseconds since the epoch of the first and the last event. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly commits: number;
  readonly massCommits: number;
  /** Events that stood before an earlier one in the file; they were put in order. */
  readonly outOfOrder: number;
  readonly counts: Readonly<Record<SeasonClass, Readonly<Record<SeasonPlace, number>>>>;
}

/** Specs in one commit above which it is an edit of the whole distribution, no release of each: the line that issue 6 draws. */
const MASS_COMMIT = 100;

const VULNERABILITY = /\b(?:CVE|GHSA)-[0-9a-z]+(?:-[0-9a-z]+)*/gi;
/** As the bots of wolfi-dev/os write it: `toolchain rebuild for go-1.26-1.26.7`, and of a transition `llvm: 21->22`. */
const REBUILD = /^(?:toolchain rebuild for|update \S+ toolchain to) |^[\w.+-]+: ?\S+ ?-> ?\S+$/;

interface Known {
  version?: string;
  gone: boolean;
  /** Vulnerabilities named at or since the last change of version. */
  readonly named: Set<string>;
}

/** Orders a season, tells what each event is, and takes the inputs out. `isKnown` tells whether the graph has a package. */
export function readSeason(events: readonly SeasonEvent[], isKnown: (name: string) => boolean): Season {
  const ordered = [...events].sort((a, b) => a.at - b.at);
  const sizes = commitSizes(ordered);
  const known = new Map<string, Known>();
  const counts = Object.fromEntries(SEASON_CLASSES.map((name) => [name, { taken: 0, mass: 0, unknown: 0 }])) as Record<
    SeasonClass,
    Record<SeasonPlace, number>
  >;
  const arrivals: Arrival[] = [];
  for (const event of ordered) {
    const before = known.get(event.package) ?? { gone: false, named: new Set<string>() };
    known.set(event.package, before);
    const previous = event.previous ?? before.version;
    const kind = classify(event, before);
    const place = sizes.get(event.commit)! > MASS_COMMIT ? 'mass' : isKnown(event.package) ? 'taken' : 'unknown';
    counts[kind][place] += 1;
    if (place !== 'taken' || !isInput(kind)) continue;
    arrivals.push({
      at: event.at,
      package: event.package,
      kind,
      ...(event.version === undefined ? {} : { version: event.version }),
      ...(kind === 'release' && previous !== undefined ? { previous } : {}),
    });
  }
  return {
    arrivals,
    from: ordered[0]?.at ?? 0,
    to: ordered[ordered.length - 1]?.at ?? 0,
    events: ordered.length,
    commits: sizes.size,
    massCommits: [...sizes.values()].filter((size) => size > MASS_COMMIT).length,
    outOfOrder: events.filter((event, index) => index > 0 && event.at < events[index - 1]!.at).length,
    counts,
  };
}

function isInput(kind: SeasonClass): kind is Arrival['kind'] {
  return kind === 'release' || kind === 'added' || kind === 'removed' || kind === 'remedy';
}

function commitSizes(events: readonly SeasonEvent[]): ReadonlyMap<string, number> {
  const packages = new Map<string, Set<string>>();
  for (const { commit, package: name } of events) packages.set(commit, (packages.get(commit) ?? new Set()).add(name));
  return new Map([...packages].map(([commit, names]) => [commit, names.size]));
}

/** Tells what an event is, and keeps what the next ones of its package are judged by. */
function classify(event: SeasonEvent, known: Known): SeasonClass {
  if (event.kind === 'removed') {
    if (known.gone) return 'repeated';
    known.gone = true;
    delete known.version;
    known.named.clear();
    return 'removed';
  }
  const back = known.gone;
  known.gone = false;
  if (event.kind === 'epoch') return classifyEpoch(event, known);
  const same = !back && event.version !== undefined && event.version === known.version;
  if (event.version === undefined) delete known.version;
  else known.version = event.version;
  if (same) return 'repeated';
  known.named.clear();
  // An update leaves the comment of the version before where it stands.
  for (const id of vulnerabilitiesOf(event.reason)) known.named.add(id);
  return event.kind === 'new' ? 'added' : 'release';
}

/** The comment stays beside the epoch until another replaces it: a vulnerability that it named before is no news. */
function classifyEpoch({ reason }: SeasonEvent, { named }: Known): SeasonClass {
  if (REBUILD.test(reason)) return 'rebuilt';
  const found = vulnerabilitiesOf(reason);
  if (found.length === 0) return 'edited';
  const news = found.filter((id) => !named.has(id));
  for (const id of news) named.add(id);
  return news.length > 0 ? 'remedy' : 'repeated';
}

function vulnerabilitiesOf(text: string): readonly string[] {
  return (text.match(VULNERABILITY) ?? []).map((id) => id.toUpperCase());
}
