import type { FloorCommand, FloorEvent } from './floor';
import { reduceFloor } from './reduce';
import type { FloorState } from './state';

/** What a line of the journal holds: an event as it came, and what was decided on it. */
interface Entry {
  readonly sequence: number;
  readonly event: FloorEvent;
  readonly commands: readonly string[];
}

/** One line of the floor's journal, without its end: the event, and the commands by what is their own. `sequence` counts the events. */
export function journalLine(sequence: number, event: FloorEvent, commands: readonly FloorCommand[]): string {
  return JSON.stringify({ sequence, event, commands: commands.map(signOf) } satisfies Entry);
}

/** `start zlib for glibc@2.42-r1`: equal decisions have equal text, whatever was decided before them. */
function signOf(command: FloorCommand): string {
  if (command.kind === 'start') return `start ${command.package} for ${command.roots.join(', ')}`;
  if (command.kind === 'plan') return `plan ${command.packages.length} packages, ${checksum(command.packages)}`;
  return `tell ${command.id}: ${command.text}`;
}

/** FNV-1a: two lists of thousands of names are told apart without either in the journal. */
function checksum(names: readonly string[]): string {
  let sum = 0x811c9dc5;
  for (const character of names.join(' ')) sum = Math.imul(sum ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return sum.toString(16).padStart(8, '0');
}

/** A recorded event on which the present rules decide something else. */
export interface JournalDifference {
  readonly sequence: number;
  /** `news of zlib 1.3.2-r0: published`. */
  readonly event: string;
  /** Decided then and not now, and the other way round. */
  readonly missing: readonly string[];
  readonly added: readonly string[];
}

/**
 * Runs recorded events against the present rules, from a state before the first of them, and tells where the decisions differ. Events are as they came: after a first difference they are the news of what was
 * decided then, so that a later difference may be a consequence of an earlier one. Lines of steps that the snapshot has already are left out. Throws on a line that is none, naming it.
 */
export function replayJournal(snapshot: FloorState, lines: readonly string[]): readonly JournalDifference[] {
  const differences: JournalDifference[] = [];
  let state = snapshot;
  lines.forEach((line, index) => {
    const { sequence, event, commands: then } = entryOf(line, index + 1);
    if (sequence <= snapshot.step) return;
    const step = reduceFloor(state, event);
    state = step.state;
    const now = step.commands.map(signOf);
    const missing = then.filter((sign) => !now.includes(sign));
    const added = now.filter((sign) => !then.includes(sign));
    if (missing.length > 0 || added.length > 0) differences.push({ sequence, event: titleOf(event), missing, added });
  });
  return differences;
}

function entryOf(line: string, number: number): Entry {
  const broken = (why: string): never => {
    throw new Error(`line ${number} of the journal ${why}: it is no journal of a floor, or was cut; take the whole file`);
  };
  let entry: Partial<Entry>;
  try {
    entry = JSON.parse(line) as Partial<Entry>;
  } catch {
    return broken('is no JSON');
  }
  if (typeof entry.sequence !== 'number' || typeof entry.event?.kind !== 'string' || !Array.isArray(entry.commands))
    return broken('has no sequence, event and commands');
  return entry as Entry;
}

function titleOf(event: FloorEvent): string {
  if (event.kind === 'news') return `news of ${event.news.package} ${event.news.version}: ${event.news.outcome}`;
  if (event.kind === 'planned') return `a plan of ${event.plan.names.length} packages`;
  if (event.kind === 'decision') return `${event.decision.kind} by ${event.decision.by}`;
  return event.kind;
}
