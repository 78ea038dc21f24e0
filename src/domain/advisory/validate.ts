import { canonicalJson } from '../digest';
import type { Position, Problem } from '../result';
import { advisoryFile, type Advisory, type AdvisoryDocument, type AdvisoryEvent } from './advisory';

export interface AdvisoryChange {
  /** All documents of the repository before and after, by path. */
  readonly before: ReadonlyMap<string, AdvisoryDocument>;
  readonly after: ReadonlyMap<string, AdvisoryDocument>;
  /** RFC 3339 in UTC. */
  readonly now: string;
  /** `version-rN` of a package in the index that the change is published with. */
  readonly published: (name: string) => readonly string[];
}

const DAY_MS = 86_400_000;
/** Older events are history that somebody makes up afterwards (rule of the field: 30 days). */
const OLDEST_DAYS = 30;

/**
 * What is wrong with a change of the advisories; empty when it may be made. Nothing is ever taken back: documents, advisories, aliases and events stay as
 * they are, and only new ones are added. What was there before is not judged again but for its names.
 */
export function validateChange(change: AdvisoryChange): readonly Problem[] {
  const problems = [...removedDocuments(change), ...repeatedIds(change.after)];
  for (const [path, document] of change.after) {
    const before = change.before.get(path);
    if (before === document) continue;
    problems.push(...misnamed(path, document), ...repeatedAliases(document), ...changesOf(before, document, change));
  }
  return problems;
}

function removedDocuments({ before, after }: AdvisoryChange): readonly Problem[] {
  return [...before]
    .filter(([path]) => !after.has(path))
    .map(([, document]) => ({
      message: `${document.file} is removed`,
      at: document.places.package,
      remedy: 'advisories are for ever: put it back',
    }));
}

function misnamed(path: string, document: AdvisoryDocument): readonly Problem[] {
  const wanted = advisoryFile(document.package);
  if (path.split('/').pop() === wanted) return [];
  return [{ message: `the advisories of ${document.package} are in ${path}`, at: document.places.package, remedy: `name it ${wanted}` }];
}

function repeatedIds(documents: ReadonlyMap<string, AdvisoryDocument>): readonly Problem[] {
  const seen = new Map<string, Position>();
  const problems: Problem[] = [];
  for (const document of documents.values())
    document.advisories.forEach(({ id }, index) => {
      const at = document.places.advisories[index]!.at;
      const first = seen.get(id);
      if (first)
        problems.push({
          message: `${id} is the id of two advisories (also ${first.file}:${first.line})`,
          at,
          remedy: 'give one of them its own',
        });
      else seen.set(id, at);
    });
  return problems;
}

function repeatedAliases(document: AdvisoryDocument): readonly Problem[] {
  const seen = new Map<string, string>();
  return document.advisories.flatMap(({ id, aliases }, index) =>
    aliases.flatMap((alias): readonly Problem[] => {
      const first = seen.get(alias);
      if (first === undefined) {
        seen.set(alias, id);
        return [];
      }
      return [
        {
          message: `${alias} stands in ${first} and in ${id}`,
          at: document.places.advisories[index]!.at,
          remedy: 'one advisory for one vulnerability of a package',
        },
      ];
    }),
  );
}

function changesOf(before: AdvisoryDocument | undefined, after: AdvisoryDocument, change: AdvisoryChange): readonly Problem[] {
  const problems: Problem[] = [];
  for (const advisory of before?.advisories ?? [])
    if (!after.advisories.some(({ id }) => id === advisory.id))
      problems.push({ message: `${advisory.id} is removed`, at: after.places.package, remedy: 'advisories are for ever: put it back' });
  after.advisories.forEach((advisory, index) => {
    const { at, events } = after.places.advisories[index]!;
    const earlier = before?.advisories.find(({ id }) => id === advisory.id);
    problems.push(...takenBack(earlier, advisory, at));
    for (const [event, where] of addedEvents(earlier, advisory, events))
      problems.push(...addedProblems(event, after.package, change).map((problem) => ({ ...problem, at: where })));
  });
  return problems;
}

function takenBack(earlier: Advisory | undefined, advisory: Advisory, at: Position): readonly Problem[] {
  if (!earlier) return [];
  const left = countOf(advisory.events.map(canonicalJson));
  const gone = earlier.events.filter((event) => !takeOne(left, canonicalJson(event)));
  const aliases = earlier.aliases.filter((alias) => !advisory.aliases.includes(alias));
  return [
    ...gone.map((event) => ({
      message: `the ${event.type} event of ${event.timestamp} in ${advisory.id} is removed or edited`,
      at,
      remedy: 'put it back as it was, and add another event',
    })),
    ...aliases.map((alias) => ({ message: `${alias} is removed from ${advisory.id}`, at, remedy: 'put it back' })),
  ];
}

function addedEvents(
  earlier: Advisory | undefined,
  advisory: Advisory,
  places: readonly Position[],
): readonly (readonly [AdvisoryEvent, Position])[] {
  const known = countOf((earlier?.events ?? []).map(canonicalJson));
  return advisory.events.flatMap((event, index) => (takeOne(known, canonicalJson(event)) ? [] : [[event, places[index]!] as const]));
}

function addedProblems(event: AdvisoryEvent, name: string, { now, published }: AdvisoryChange): readonly Problem[] {
  const age = Date.parse(now) - Date.parse(event.timestamp);
  const problems: Problem[] = [];
  if (age < 0)
    problems.push({ message: `the added ${event.type} event is of ${event.timestamp}, which is to come`, remedy: `it is ${now}` });
  if (age > OLDEST_DAYS * DAY_MS)
    problems.push({
      message: `the added ${event.type} event is of ${event.timestamp}, more than ${OLDEST_DAYS} days ago`,
      remedy: 'write when it was added',
    });
  if (event.type === 'fixed' && !published(name).includes(event.fixedVersion))
    problems.push({
      message: `fixed-version ${event.fixedVersion} of ${name} is not in the index`,
      remedy: `published: ${published(name).slice(-10).join(', ') || 'nothing'}`,
    });
  return problems;
}

function countOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function takeOne(counts: Map<string, number>, item: string): boolean {
  const count = counts.get(item) ?? 0;
  if (count === 0) return false;
  counts.set(item, count - 1);
  return true;
}
