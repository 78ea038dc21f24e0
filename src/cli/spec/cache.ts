import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../config/tools';
import type { Finding } from '../../domain/spec/lint';
import type { PipelineFile } from './files';

/** Findings by the content that they were found in. */
export interface KnownFindings {
  /** What is known of a text, else what `check` finds. `file` is where it stands now. */
  of(file: string, text: string, check: () => readonly Finding[]): readonly Finding[];
  /** Keeps what this run looked at. A folder that cannot be written is no error: the next run checks again. */
  save(): void;
}

type Entry = readonly Omit<Finding, never>[];

/** Opens what earlier runs found with the same rules and the same pipelines. */
export function openFindings(pipelines: readonly PipelineFile[]): KnownFindings {
  const context = createHash('sha256').update(digestOfRules());
  for (const { path, text } of pipelines) context.update(JSON.stringify([path, text]));
  const folder = join(cacheFolder(), 'spec-lint');
  const file = join(folder, `${context.digest('hex').slice(0, 32)}.json`);
  const known = read(file);
  const seen: Record<string, Entry> = {};
  return {
    of(path, text, check) {
      const key = createHash('sha256').update(`${path}\0`).update(text).digest('base64url').slice(0, 27);
      const found = known[key] ?? check();
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

function read(file: string): Readonly<Record<string, Entry>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Entry>;
  } catch {
    return {};
  }
}

/** The code that finds: another version of it finds anew. */
function digestOfRules(): string {
  const hash = createHash('sha256');
  for (const room of ['spec', 'version']) {
    const folder = join(__dirname, '../../domain', room);
    for (const name of readdirSync(folder).sort()) {
      if (/\.(js|ts)$/.test(name)) hash.update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}
