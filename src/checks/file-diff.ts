import type { ApkEntry } from '../domain/apk/apk';
import type { BuildView, Check, Finding, OpenedApk } from './check';
import { count, failed, passed, perArchitecture } from './check';
import { onlyIn, providedBy } from './relations';

/** The SBOM is named after the version: it always differs and says nothing. */
const compared = (apk: OpenedApk) =>
  apk.entries.filter((entry) => entry.type !== 'directory' && !entry.path.startsWith('var/lib/db/sbom/'));

const sameFile = (a: ApkEntry, b: ApkEntry) => a.type === b.type && a.mode === b.mode && a.sha256 === b.sha256 && a.link === b.link;

interface Comparison {
  readonly name: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly relations: readonly string[];
  readonly before: number;
  readonly after: number;
}

function compare(before: OpenedApk, after: OpenedApk): Comparison {
  const old = new Map(compared(before).map((entry) => [entry.path, entry]));
  const files = new Map(compared(after).map((entry) => [entry.path, entry]));
  const { added, removed } = onlyIn([...old.keys()], [...files.keys()]);
  const changed = [...files].filter(([path, entry]) => {
    const was = old.get(path);
    return was !== undefined && !sameFile(was, entry);
  });
  const relations = (['depends', 'provides', 'replaces'] as const).flatMap((member) => {
    const difference = onlyIn(before.info[member], after.info[member]);
    return [...difference.removed.map((item) => `${member}: - ${item}`), ...difference.added.map((item) => `${member}: + ${item}`)];
  });
  return { name: after.info.name, added, removed, changed: changed.map(([path]) => path), relations, before: old.size, after: files.size };
}

function detailsOf({ name, added, removed, changed, relations }: Comparison): readonly string[] {
  return [
    ...removed.map((path) => `${name}: - /${path}`),
    ...added.map((path) => `${name}: + /${path}`),
    ...relations.map((relation) => `${name}: ${relation}`),
    ...(changed.length > 0 ? [`${name}: ${count(changed.length, 'file')} changed`] : []),
  ];
}

function problemsOf(main: string, { name, removed, before, after }: Comparison): readonly string[] {
  if (before > 0 && after === 0) return [`${name} is empty now: it had ${count(before, 'file')}`];
  // A renamed file (a library named after its version) is lost and gained at once; only a package that shrinks lost something.
  if (name === main && removed.length > before / 2 && after < before / 2)
    return [`${name} lost more than half of its files: ${before} before, ${after} now`];
  return [];
}

async function ask(build: BuildView, main: string): Promise<Finding> {
  const previous = await build.previous();
  if (previous.length === 0) return passed('first release: nothing to compare');
  const built = await build.built();
  const now = new Map(built.map((apk) => [apk.info.name, apk]));
  const was = new Set(previous.map((apk) => apk.info.name));
  const comparisons = previous.flatMap((apk) => {
    const other = now.get(apk.info.name);
    return other ? [compare(apk, other)] : [];
  });
  const vanished = previous.filter((apk) => !now.has(apk.info.name)).map((apk) => `package ${apk.info.name} is not built any more`);
  const commands = onlyIn(providedBy(previous, 'cmd:'), providedBy(built, 'cmd:')).removed.map((name) => `command ${name} is gone`);
  const problems = [...vanished, ...comparisons.flatMap((comparison) => problemsOf(main, comparison)), ...commands];
  const gained = built.filter((apk) => !was.has(apk.info.name)).map((apk) => `package ${apk.info.name} is new`);
  const details = [...problems, ...gained, ...comparisons.flatMap(detailsOf)];
  const total = (of: (comparison: Comparison) => number) => comparisons.reduce((sum, comparison) => sum + of(comparison), 0);
  const figures = `${total((item) => item.added.length)} added, ${total((item) => item.removed.length)} removed, ${total((item) => item.changed.length)} changed`;
  const [first] = problems;
  if (first === undefined) return passed(`files: ${figures}`, details);
  return failed(`${first}${problems.length > 1 ? ` and ${problems.length - 1} more` : ''}`, details);
}

/** What changed in files and relations since the version before; fails when a package, a command or most of the main package is lost. */
export const fileDiffCheck: Check = {
  name: 'file-diff',
  title: 'Files and metadata against the version before',
  stage: 'package',
  revision: 1,
  reads: [],
  run: (context) => perArchitecture(context, (build) => ask(build, context.release.package)),
};
