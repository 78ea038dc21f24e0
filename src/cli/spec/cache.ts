import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../config/tools';
import type { PipelineFile } from './files';

/** What was made of texts, by the content that it was made of. */
export interface Known<T> {
  /** What is known of a text, else what `make` makes of it. `file` is where it stands now. */
  of(file: string, text: string, make: () => T): T;
  /** Keeps what this run looked at. A folder that cannot be written is no error: the next run makes all anew. */
  save(): void;
}

/** Opens what earlier runs made, of the same kind, with the same code of `src/domain/<room>`, and the same pipelines. */
export function openKnown<T>(kind: string, rooms: readonly string[], pipelines: readonly PipelineFile[]): Known<T> {
  const context = createHash('sha256').update(digestOfCode(rooms));
  for (const { path, text } of pipelines) context.update(JSON.stringify([path, text]));
  const folder = join(cacheFolder(), kind);
  const file = join(folder, `${context.digest('hex').slice(0, 32)}.json`);
  const known = read<T>(file);
  const seen: Record<string, T> = {};
  return {
    of(path, text, make) {
      const key = createHash('sha256').update(`${path}\0`).update(text).digest('base64url').slice(0, 27);
      const found = known[key] ?? make();
      seen[key] = found;
      return found;
    },
    save() {
      if (Object.keys(seen).every((key) => known[key])) return;
      try {
        mkdirSync(folder, { recursive: true });
        const partial = `${file}.${process.pid}`;
        writeFileSync(partial, JSON.stringify({ ...known, ...seen }));
        renameSync(partial, file);
      } catch {
        // Nothing is lost but time.
      }
    },
  };
}

function read<T>(file: string): Readonly<Record<string, T>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, T>;
  } catch {
    return {};
  }
}

/** Another version of the code makes all anew. */
function digestOfCode(rooms: readonly string[]): string {
  const hash = createHash('sha256');
  for (const room of rooms) {
    const folder = join(__dirname, '../../domain', room);
    for (const name of readdirSync(folder).sort()) {
      if (/\.(js|ts)$/.test(name)) hash.update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}
