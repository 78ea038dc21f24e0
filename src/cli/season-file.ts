import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Complaint } from '../config/complaint';
import type { SeasonEvent } from '../domain/floor/simulate/season';
import type { Problem } from '../domain/result';

/** Problems of a file that a person is shown; a wrong file has one on every line. */
const SHOWN = 10;

const text = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });

/** Other keys are left alone: they are the history's own. */
const line = z
  .object(
    {
      time: z.iso.datetime({ offset: true, error: 'a time such as 2026-04-01T14:38:55Z' }),
      package: text,
      kind: z.enum(['version', 'epoch', 'new', 'removed'], { error: 'version, epoch, new or removed' }),
      from_version: text.optional(),
      to_version: text.optional(),
      reason: z.string({ error: 'a text' }).optional(),
      commit: text,
    },
    { error: 'a JSON object' },
  )
  .refine(({ kind, to_version }) => kind !== 'version' || to_version !== undefined, {
    path: ['to_version'],
    error: 'the version after the event',
  });

/** Reads a season: JSON lines, plain or gzipped. Throws a `Complaint` that names every line at fault (the first ten of them). */
export function readSeasonFile(file: string): readonly SeasonEvent[] {
  const events: SeasonEvent[] = [];
  const problems: Problem[] = [];
  readTextOf(file)
    .split('\n')
    .forEach((row, index) => {
      if (row.trim() === '') return;
      const read = readRow(row);
      if (typeof read === 'string') problems.push({ message: read, at: { file, line: index + 1, column: 1 } });
      else events.push(read);
    });
  if (problems.length > SHOWN) {
    throw new Complaint([...problems.slice(0, SHOWN), { message: `${file}: ${problems.length - SHOWN} more lines that cannot be read` }]);
  }
  if (problems.length > 0) throw new Complaint(problems);
  if (events.length === 0) throw new Complaint({ message: `${file} has no events`, remedy: 'a season has one JSON object a line' });
  return events;
}

function readTextOf(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Complaint({ message: `${file}: ${(error as Error).message}`, remedy: '--events names a file of JSON lines' });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new Complaint({ message: `${file} is cut off or no gzip file: ${(error as Error).message}`, remedy: 'fetch it again' });
  }
}

/** The event, or what is wrong with it. */
function readRow(row: string): SeasonEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch (error) {
    return `no JSON: ${(error as Error).message}`;
  }
  const read = line.safeParse(value);
  if (!read.success) {
    return read.error.issues
      .map(({ path, message }) => (path.length ? `${path.join('.')} must be ${message}` : `must be ${message}`))
      .join('; ');
  }
  const { time, package: name, kind, from_version: previous, to_version: version, reason = '', commit } = read.data;
  const versions = { ...(previous === undefined ? {} : { previous }), ...(version === undefined ? {} : { version }) };
  return { at: Date.parse(time), package: name, kind, ...versions, reason, commit };
}
