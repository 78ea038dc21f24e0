import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process';
import { infrastructure } from '../melange/infrastructure';
import { condense } from '../melange/repositories';
import type { Tools } from '../melange/tools';

/** Names of files in an attempt's folder. They are the same everywhere: apko writes them into what it makes. */
export const CONFIG = 'image.apko.yaml';
export const LOCK = 'lock.json';

/**
 * `apko lock` in a folder with linked repositories (see `linkRepositories`). What is wrong with the configuration, or cannot be installed together, is an answer in apko's words;
 * anything else throws the retryable `Infrastructure`, and the reason of an aborted `signal`.
 */
export async function lockConfiguration(
  apko: Tools['apko'],
  request: {
    readonly folder: string;
    readonly config: Uint8Array;
    readonly flags: readonly string[];
    readonly architectures: readonly string[];
    /** Keeps what was fetched of remote repositories; absent where there are none. */
    readonly cache?: string;
    readonly signal?: AbortSignal;
  },
): Promise<{ readonly ok: true; readonly file: string } | { readonly ok: false; readonly problem: string }> {
  const { folder, config, flags, architectures, cache, signal } = request;
  await writeFile(join(folder, CONFIG), config);
  const args = ['lock', CONFIG, ...flags, '--arch', architectures.join(','), '--output', LOCK, '--log-level', 'error'];
  if (cache !== undefined) args.push('--cache-dir', cache);
  const env = { HOME: folder, TMPDIR: folder, PATH: process.env['PATH'] };
  const finished = await run(apko.path, args, { cwd: folder, env, ...(signal ? { signal } : {}) });
  if (finished.code === 0) return { ok: true, file: join(folder, LOCK) };
  const said = /^Error: ([^]*)$/m.exec(finished.stderr)?.[1] ?? finished.stderr;
  const problem = /failed to parse image configuration: ([^]*)/.exec(said)?.[1] ?? /solving "[^]*" constraint[^]*/.exec(said)?.[0];
  if (problem === undefined) throw infrastructure(`apko cannot lock: ${condense(said)}`);
  return { ok: false, problem: condense(problem) };
}
