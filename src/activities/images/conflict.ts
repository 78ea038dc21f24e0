import { isSeq, parseDocument } from 'yaml';
import { newestFitting, smallestConflict } from '../../domain/image/conflict';
import { GENERATIONS_WITH_LINKS } from '../repository/layout';

/** All that an explanation may take: what was found by then is said. The rest of the time is that of the generations. */
const SECONDS = 60;
const CONFLICT_SECONDS = 40;
const MOST_NAMES = 10;

/**
 * Why a configuration that cannot be locked cannot: a smallest set of its packages that cannot be installed together, and the newest earlier generation at which it can be; one line each,
 * none where the packages are not at fault. `solves` locks a configuration against a generation; it is asked again and again, for 60 s in all, and ends with its signal.
 */
export async function explainConflict(request: {
  readonly config: Uint8Array;
  /** At which it cannot be locked. */
  readonly generation: number;
  readonly solves: (config: Uint8Array, generation: number, signal: AbortSignal) => Promise<boolean>;
}): Promise<readonly string[]> {
  const { config, generation } = request;
  const [first, last] = [timeLimit(CONFLICT_SECONDS), timeLimit(SECONDS)];
  const ask = async (made: () => Uint8Array, at: number, { signal, ended }: TimeLimit) => {
    if (signal.aborted) return undefined;
    const asking = (async () => await request.solves(made(), at, signal))();
    // An explanation that cannot be had must not take the place of the problem: what goes wrong on the way only ends it.
    return await Promise.race([asking.catch(() => undefined), ended]);
  };

  const text = Buffer.from(config).toString('utf8');
  const names = packagesIn(text);
  const positions = names.map((_, position) => position);
  const { items, smallest } = await smallestConflict(positions, (kept) => ask(() => onlyPackages(text, kept), generation, first));
  if (items.length === 0) return [];
  const earlier = Array.from({ length: Math.min(generation - 1, GENERATIONS_WITH_LINKS) }, (_, index) => generation - 1 - index);
  const found = await newestFitting(earlier, (at) => ask(() => config, at, last));
  const named = items.map((position) => names[position]!);
  return [
    ...(smallest
      ? [conflictLine(named)]
      : items.length < names.length
        ? [`What cannot be installed together is among these: ${listed(named)}`]
        : []),
    ...generationLine(found, generation - 1),
  ];
}

interface TimeLimit {
  readonly signal: AbortSignal;
  readonly ended: Promise<undefined>;
}

function timeLimit(seconds: number): TimeLimit {
  const signal = AbortSignal.timeout(seconds * 1000);
  return { signal, ended: new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true })) };
}

function conflictLine(names: readonly string[]): string {
  if (names.length === 1) return `${names[0]} cannot be installed, whatever else is in the image`;
  return `Cannot be installed together, and any fewer of them can: ${listed(names)}`;
}

function listed(names: readonly string[]): string {
  return [...names.slice(0, MOST_NAMES), ...(names.length > MOST_NAMES ? [`${names.length - MOST_NAMES} more`] : [])].join(', ');
}

function generationLine({ newest, asked }: { readonly newest?: number; readonly asked?: number }, before: number): readonly string[] {
  if (newest !== undefined) return [`Generation ${newest} is the newest at which it can be locked`];
  if (asked === undefined) return [];
  return [
    asked === before
      ? `At generation ${before} it cannot be locked either`
      : `At none of the generations ${asked} to ${before} can it be locked`,
  ];
}

/** `contents.packages` of an apko file, as written. */
function packagesIn(text: string): readonly string[] {
  const list = parseDocument(text).getIn(['contents', 'packages']);
  return isSeq(list) ? (list.toJSON() as readonly unknown[]).map(String) : [];
}

/** The apko file with only those of its packages that stand at these positions; all else stays as it is. */
function onlyPackages(text: string, positions: readonly number[]): Uint8Array {
  const document = parseDocument(text);
  const list = document.getIn(['contents', 'packages']);
  if (isSeq(list)) list.items = list.items.filter((_, position) => positions.includes(position));
  return Buffer.from(document.toString());
}
