import { createHash } from 'node:crypto';
import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { infrastructure } from './infrastructure';
import { runOrThrow } from '../process';

export interface Tool {
  /** Real path of the program. */
  readonly path: string;
  /** Version and digest: what a build key and a build record name. */
  readonly identity: string;
}

export interface Tools {
  readonly melange: Tool;
  readonly apko: Tool;
  readonly bwrap: Tool;
}

/** Finds the build tools on PATH and reads their versions and digests. Throws the retryable `Infrastructure` naming what is missing. */
export async function findTools(): Promise<Tools> {
  const [melange, apko, bwrap] = await Promise.all([
    identify('melange', ['version', '--json'], jsonVersion),
    identify('apko', ['version', '--json'], jsonVersion),
    identify('bwrap', ['--version'], (text) => text.trim().split(' ').at(-1) ?? ''),
  ]);
  return { melange, apko, bwrap };
}

async function identify(name: string, args: readonly string[], version: (output: string) => string): Promise<Tool> {
  const path = await find(name);
  const { size, mtimeMs } = await stat(path);
  const state = `${path} ${size} ${mtimeMs}`;
  const seen = known.get(state);
  if (seen) return seen;
  const [bytes, output] = await Promise.all([readFile(path), runOrThrow(path, args)]);
  const tool = { path, identity: `${version(output)} sha256:${createHash('sha256').update(bytes).digest('hex')}` };
  known.set(state, tool);
  return tool;
}

/** Tools are tens of megabytes; they are read again only when the file changed. */
const known = new Map<string, Tool>();

async function find(name: string): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    const usable = await access(path, constants.X_OK).then(
      () => folder !== '',
      () => false,
    );
    if (usable) return await realpath(path);
  }
  throw infrastructure(`${name} is not on PATH: \`millrace doctor\` says how to get it`);
}

function jsonVersion(text: string): string {
  return (JSON.parse(text) as { readonly gitVersion: string }).gitVersion;
}
