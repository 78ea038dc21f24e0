import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Complaint } from '../config/complaint';

/** Results go to standard output, what happens meanwhile to standard error: `--json` output stays one document (or one a line). */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes a file that a person asked for. Throws a `Complaint` where it cannot be written. */
export function writeResult(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new Complaint({ message: `${file} cannot be written: ${(error as Error).message}`, remedy: 'name another file' });
  }
}
