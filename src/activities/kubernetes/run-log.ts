import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { NOTHING_KEPT, newLines } from '../../domain/kubernetes/log-lines';

/** The log of one run in the store, whose lines begin with the cluster's timestamps. Written at once and in order: whoever reads a pod is held up by it, and not its memory filled. */
export interface RunLog {
  /** RFC 3339, whole seconds: where a reading of the pod goes on; undefined for a new log. */
  since(): string | undefined;
  /** Takes a line that the pod said, unless it is there. */
  take(line: string): void;
  /** Writes what was taken. */
  flush(): void;
  /** The last line taken, without its timestamp. */
  last(): string | undefined;
  /** Puts the beginning and the end together, where the middle was left out. */
  finish(): void;
}

/** The first and the last so many bytes are kept. */
const HALF_BYTES = 32 * 2 ** 20;
const BLOCK_BYTES = 64 * 1024;
const TAIL_BYTES = 256 * 1024;
const KEPT_LINES = 500;
const LINE = /^\d{4}-\d\d-\d\dT\S+Z /;

/** Opens a log to go on with it: what an earlier writer did not finish is cut off. The end of a long one is in parts beside it until it is finished. */
export function openRunLog(file: string, halfBytes = HALF_BYTES): RunLog {
  const partOf = (number: number) => (number === 0 ? file : `${file}.part${number}`);
  const finished = sizeOf(file) > halfBytes + 2 * BLOCK_BYTES;
  let part = 0;
  // Parts before the last two are gone: the number is found from the end of a file that names it.
  if (!finished) part = existsSync(`${file}.part`) ? Number(readFileSync(`${file}.part`, 'utf8')) : 0;
  let kept = newLines(NOTHING_KEPT, lastLinesOf(partOf(part))).kept;
  let size = sizeOf(partOf(part));
  let buffer: string[] = [];
  let buffered = 0;

  const flush = (): void => {
    if (buffered === 0) return;
    if (!finished) {
      const text = buffer.join('');
      const handle = openSync(partOf(part), 'a');
      size += writeSync(handle, text);
      closeSync(handle);
      if (size >= halfBytes) nextPart();
    }
    [buffer, buffered] = [[], 0];
  };
  const nextPart = (): void => {
    part += 1;
    size = 0;
    const handle = openSync(`${file}.part.new`, 'w');
    writeSync(handle, String(part));
    closeSync(handle);
    renameSync(`${file}.part.new`, `${file}.part`);
    if (part > 2) rmSync(partOf(part - 2), { force: true });
  };

  return {
    since: () => (kept.last === undefined ? undefined : `${kept.last.slice(0, 19)}Z`),
    take(line) {
      const read = newLines(kept, [line]);
      kept = read.kept;
      if (read.fresh.length === 0) return;
      buffer.push(`${line}\n`);
      buffered += line.length + 1;
      if (buffered >= BLOCK_BYTES) flush();
    },
    flush,
    last: () => kept.lastLines.at(-1)?.replace(/^\S+ /, ''),
    finish() {
      flush();
      if (part > 0 && !finished) {
        const ends = [part - 1, part]
          .filter((number) => number > 0 && existsSync(partOf(number)))
          .map((number) => readFileSync(partOf(number)));
        const end = Buffer.concat(ends);
        const tail = end.subarray(Math.max(0, end.indexOf('\n', end.length - halfBytes) + 1));
        const leftOut = (part - 1) * halfBytes + size - tail.length;
        const handle = openSync(`${file}.whole`, 'w');
        writeSync(handle, readFileSync(file));
        if (leftOut > 0) writeSync(handle, `--- some ${Math.ceil(leftOut / 2 ** 20)} MiB are left out here\n`);
        writeSync(handle, tail);
        closeSync(handle);
        renameSync(`${file}.whole`, file);
      }
      for (const name of [partOf(part - 1), partOf(part), `${file}.part`]) if (name !== file && part > 0) rmSync(name, { force: true });
    },
  };
}

/** Adds what Millrace says itself; it is no output of the test. */
export async function note(file: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await appendFile(file, lines.map((line) => `--- ${line}\n`).join(''));
}

/** What pods said, without timestamps. */
export async function outputIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .flatMap((line) => (LINE.test(line) ? [line.replace(LINE, '')] : []))
    .join('\n');
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Cuts off a line that was not written to its end. */
function lastLinesOf(file: string): readonly string[] {
  const size = sizeOf(file);
  if (size === 0) return [];
  const length = Math.min(size, TAIL_BYTES);
  const buffer = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  readSync(handle, buffer, 0, length, size - length);
  closeSync(handle);
  const end = buffer.lastIndexOf(10) + 1;
  if (end < length) truncateSync(file, size - length + end);
  const lines = buffer.subarray(0, end).toString('utf8').split('\n');
  return lines.filter((line) => LINE.test(line)).slice(-KEPT_LINES);
}
