import { readFile } from 'node:fs/promises';
import { readApkoLock } from '../../domain/image/lock';
import type { ImagePackage } from '../../domain/image/lock';
import { formatProblem } from '../../domain/result';

/** The packages of a file that `apko lock` wrote, in the order of installation, architecture after architecture. Throws an error with every defect and its place. */
export async function readLockedFile(file: string): Promise<readonly ImagePackage[]> {
  const read = readApkoLock(await readFile(file, 'utf8'), file);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
}

/** What differs between two locks, by name over all architectures: `zlib 1.3.1-r0 to 1.3.2-r0`, `+ xz 5.4-r0`, `- bzip2 1.0-r0`. Sorted by name. */
export function lockChanges(before: readonly ImagePackage[], after: readonly ImagePackage[]): readonly string[] {
  const [old, present] = [versionsByName(before), versionsByName(after)];
  return [...new Set([...old.keys(), ...present.keys()])].sort().flatMap((name) => {
    const [from, to] = [old.get(name), present.get(name)];
    if (from === to) return [];
    if (from === undefined) return [`+ ${name} ${to}`];
    return [to === undefined ? `- ${name} ${from}` : `${name} ${from} to ${to}`];
  });
}

function versionsByName(packages: readonly ImagePackage[]): ReadonlyMap<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of packages) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  return new Map([...versions].map(([name, all]) => [name, [...all].sort().join(' and ')]));
}
