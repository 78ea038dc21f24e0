import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../config/tools';
import type { PipelineFile } from './files';

/** What was made of texts, by the content that it was made of. Values are what JSON can hold. */
export interface Known<T> {
  /** What is known of a text. `file` is where it stands now. */
  find(file: string, text: string): T | undefined;
  keep(file: string, text: string, value: T): void;
  /** Writes what was kept. A folder that cannot be written is no error: the next run makes all anew. */
  save(): void;
}

/** Opens what earlier runs made, of the same kind, with the same code of `src/domain/<room>`, and the same pipelines. */
export function openKnown<T>(kind: string, rooms: readonly string[], pipelines: readonly PipelineFile[]): Known<T> {
  const context = createHash('sha256').update(digestOfCode(rooms));
  for (const { path, text } of pipelines) context.update(JSON.stringify([path, text]));
  const folder = join(cacheFolder(), kind);
  const file = join(folder, `${context.digest('hex').slice(0, 32)}.txt`);
  const known = readLines(file);
  const added = new Map<string, string>();
  return {
    find(path, text) {
      const line = known.get(keyOf(path, text));
      return line === undefined ? undefined : (JSON.parse(line) as T);
    },
    keep(path, text, value) {
      added.set(keyOf(path, text), JSON.stringify(value));
    },
    save() {
      if (added.size === 0) return;
      try {
        mkdirSync(folder, { recursive: true });
        const partial = `${file}.${process.pid}`;
        writeFileSync(partial, [...known, ...added].map(([key, json]) => `${key}${json}\n`).join(''));
        renameSync(partial, file);
      } catch {
        // Nothing is lost but time.
      }
    },
  };
}

const KEY_LENGTH = 27;

function keyOf(path: string, text: string): string {
  return createHash('sha256').update(`${path}\0`).update(text).digest('base64url').slice(0, KEY_LENGTH);
}

/** A line for each text, its key before its value: one document would have to be parsed and printed whole for the sake of one text. */
function readLines(file: string): ReadonlyMap<string, string> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return new Map(lines.filter((line) => line !== '').map((line) => [line.slice(0, KEY_LENGTH), line.slice(KEY_LENGTH)]));
  } catch {
    return new Map();
  }
}

/** Another version of the code makes all anew. */
function digestOfCode(rooms: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of [__dirname, ...rooms.map((room) => join(__dirname, '../../domain', room))]) {
    for (const name of readdirSync(folder).sort()) {
      if (/\.(js|ts)$/.test(name)) hash.update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}
