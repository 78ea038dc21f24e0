import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** A package in a lock of `apko lock`. */
export interface ImagePackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** `<repository>/<architecture>/<file>`. */
  readonly url: string;
  /** As in an index: `Q1…`. */
  readonly checksum: string;
}

const text = z.string();
const LOCK = z.object({
  version: z.literal('v1'),
  contents: z.object({
    packages: z.array(
      z.object({
        name: text.regex(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/),
        version: text.regex(/^[A-Za-z0-9._~+-]+$/),
        url: text.regex(/\/[a-z0-9_]+\/[A-Za-z0-9][A-Za-z0-9+._~-]*\.apk$/),
        checksum: text.regex(/^Q1[A-Za-z0-9+/]+=*$/),
      }),
    ),
  }),
});

/** The packages of a lock file, in the order of installation, architecture after architecture. Throws an error that names the file and what is wrong in it. */
export async function readLockedFile(file: string): Promise<readonly ImagePackage[]> {
  const parsed = LOCK.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} is no lock of apko: ${z.prettifyError(parsed.error)}; lock the image again`);
  // A package without architecture (noarch) is in the folder of the one that it is installed on.
  return parsed.data.contents.packages.map((item) => ({ ...item, architecture: item.url.split('/').at(-2)! }));
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
