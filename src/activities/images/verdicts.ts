import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Verdict } from '../../domain/check/verdict';
import type { Digest } from '../../domain/digest';
import { imageCheck } from '../../domain/image/gate';
import type { ImagePackage } from '../../domain/image/lock';
import type { ImageStructure } from '../../domain/image/spec';
import type { Store } from '../store/store';
import { entryAt, readContents } from './contents';
import type { ImageContents } from './contents';
import type { Layout } from './layout';

/** What a look at an image found; whoever looked adds how long that took. */
export type Look = Omit<Verdict, 'seconds'>;

const MOST_DETAILS = 40;
const SPDX = z.object({ packages: z.array(z.object({ name: z.string(), versionInfo: z.string().optional() })) });

/** Every locked package stands in the SPDX document of its architecture with its version: apko leaves out, without a word, a package that brings no SBOM of its own. */
export async function sbomVerdict(
  variant: string,
  packages: readonly ImagePackage[],
  sboms: Readonly<Record<string, Digest>>,
  store: Store,
): Promise<Look> {
  const missing: string[] = [];
  for (const [architecture, document] of Object.entries(sboms)) {
    const parsed = SPDX.safeParse(JSON.parse(await readFile(await store.object(document), 'utf8')));
    if (!parsed.success) throw new Error(`the SBOM for ${architecture} is no SPDX document: ${z.prettifyError(parsed.error)}`);
    const listed = new Set(parsed.data.packages.map(({ name, versionInfo }) => `${name} ${versionInfo ?? ''}`));
    for (const item of packages)
      if (item.architecture === architecture && !listed.has(`${item.name} ${item.version}`))
        missing.push(`${architecture}: ${item.name} ${item.version}`);
  }
  return verdictOf(
    imageCheck('image-sbom', variant),
    missing,
    `all ${packages.length} packages are in the SBOM`,
    (count) => `${count} of ${packages.length} packages are missing in the SBOM: they bring none of their own`,
  );
}

/** What image.yaml says of an image is true on every architecture. */
export async function structureVerdict(variant: string, structure: ImageStructure, layout: Layout): Promise<Look> {
  const wrong: string[] = [];
  for (const image of layout.images) {
    const contents = await readContents(image);
    wrong.push(...structureProblems(structure, contents).map((problem) => `${image.platform}: ${problem}`));
  }
  const looked = Object.keys(structure);
  const passed = looked.length > 0 ? `${looked.join(', ')} as image.yaml says` : 'image.yaml asks for nothing';
  return verdictOf(imageCheck('image-structure', variant), wrong, passed, () => wrong[0]!);
}

function verdictOf(check: string, wrong: readonly string[], passed: string, failed: (count: number) => string): Look {
  if (wrong.length === 0) return { check, outcome: 'passed', summary: passed, details: [] };
  return { check, outcome: 'failed', summary: failed(wrong.length), details: shortened(wrong) };
}

/** As many lines as a verdict may have; how many more there are is the last one. */
export function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_DETAILS) return lines;
  return [...lines.slice(0, MOST_DETAILS - 1), `and ${lines.length - MOST_DETAILS + 1} more`];
}

/** Shells by the names that they are found by. */
const SHELLS = /^(.*\/)?(sh|ash|bash|dash|ksh|mksh|zsh|fish|csh|tcsh|busybox|toybox)$/;

function structureProblems({ user, entrypoint, shell, files = [] }: ImageStructure, contents: ImageContents): readonly string[] {
  const { entries } = contents;
  const problems: string[] = [];
  if (user !== undefined && contents.user !== user) problems.push(`it runs as ${contents.user || 'root (no user is set)'}, not as ${user}`);
  if (entrypoint !== undefined && JSON.stringify(contents.entrypoint) !== JSON.stringify(entrypoint))
    problems.push(`its entrypoint is ${JSON.stringify(contents.entrypoint)}, not ${JSON.stringify(entrypoint)}`);
  const program = contents.entrypoint[0];
  if (program?.startsWith('/')) {
    const found = entryAt(entries, program)?.entry;
    if (found?.type !== 'file') problems.push(`its entrypoint ${program} is not in it`);
    else if ((found.mode & 0o111) === 0) problems.push(`its entrypoint ${program} cannot be executed`);
  }
  for (const file of files) if (!entryAt(entries, file)) problems.push(`there is no ${file}`);
  if (shell === undefined) return problems;
  const shells = [...entries].filter(
    ([path, { type, mode }]) => SHELLS.test(path) && (type === 'symlink' || (type === 'file' && (mode & 0o111) !== 0)),
  );
  if (!shell) problems.push(...shells.map(([path]) => `there is a shell: /${path}`));
  else if (shells.length === 0) problems.push('there is no shell');
  return problems;
}
