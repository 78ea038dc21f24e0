import { Complaint } from '../../config/complaint';
import { didYouMean } from '../../config/nearest';
import type { Session } from '../session';
import { releaseRecords } from '../../views/records';

/** Names of the packages that have a spec on the main branch. */
export async function specNames({ config, forge }: Session): Promise<readonly string[]> {
  const { branch, directory } = config.specs;
  const paths = await forge.list(await forge.head(branch), directory);
  return paths.map((path) => path.slice(directory.length + 1)).flatMap((path) => (/^[^/]+\.yaml$/.test(path) ? [path.slice(0, -5)] : []));
}

/** Throws a `Complaint` with the nearest names unless a spec of this name is on main. */
export async function requirePackage(session: Session, name: string): Promise<void> {
  const known = await specNames(session);
  if (known.includes(name)) return;
  throw unknownName(
    `there is no package ${name} in ${session.forge.url} (${session.config.specs.branch}, ${session.config.specs.directory}/)`,
    name,
    known,
  );
}

/** What a person's word means: a package, or one release (`zlib-1.3.1-r0`, with or without `release:`). */
export type Named =
  { readonly kind: 'package'; readonly package: string } | { readonly kind: 'release'; readonly release: string; readonly package: string };

/** Looks a name up among specs, records and (as `running`) releases in flight. Throws a `Complaint` with the nearest names. */
export async function resolveName(
  session: Session,
  word: string,
  running: readonly { readonly release: string; readonly package: string }[],
): Promise<Named> {
  const bare = word.replace(/^(release|package):/, '');
  const records = await releaseRecords(session.store);
  const specs = await specNames(session).catch(() => []);
  const packages = new Set([...specs, ...records.map((record) => record.input.package), ...running.map((release) => release.package)]);
  const releases = new Map([
    ...records.map((record) => [record.id, record.input.package] as const),
    ...running.map((release) => [release.release, release.package] as const),
  ]);
  const owner = releases.get(`release:${bare}`);
  if (owner !== undefined && !word.startsWith('package:')) return { kind: 'release', release: `release:${bare}`, package: owner };
  if (packages.has(bare) && !word.startsWith('release:')) return { kind: 'package', package: bare };
  const known = [...packages, ...[...releases.keys()].map((release) => release.replace(/^release:/, ''))];
  throw unknownName(`there is no package or release ${word}`, bare, known);
}

function unknownName(message: string, name: string, known: readonly string[]): Complaint {
  const few = known.slice(0, 10).join(', ');
  const remedy = didYouMean(name, known) ?? (known.length === 0 ? 'there are none yet' : `known: ${few}${known.length > 10 ? ', …' : ''}`);
  return new Complaint({ message, remedy });
}
