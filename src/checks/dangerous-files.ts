import type { ApkEntry } from '../domain/apk/apk';
import type { BuildView, Check, Finding, OpenedApk } from './check';
import { count, fromProblems, perArchitecture } from './check';
import { isElf } from './elf';

const SETUID = 0o4000;
const SETGID = 0o2000;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;
const EXECUTE = 0o111;

/** Folders that belong to the machine, the user or the moment, never to a package (FHS 3.0). */
const FORBIDDEN = [
  'home',
  'root',
  'tmp',
  'usr/local',
  'usr/tmp',
  'var/tmp',
  'var/run',
  'dev',
  'proc',
  'sys',
  'run',
  'opt',
  'mnt',
  'media',
  'srv',
];

interface Danger {
  /** What the danger is, without the place. */
  readonly rule: string;
  readonly path: string;
  /** Whether it is accepted once it was published: a person waived it then. */
  readonly inherited: boolean;
}

function dangersOfEntry(entry: ApkEntry): readonly Danger[] {
  const { path, mode, type } = entry;
  const found: Danger[] = [];
  const add = (rule: string, inherited: boolean) => found.push({ rule, path, inherited });
  if (type === 'device') add('device node', false);
  if (type === 'file' || type === 'hardlink') {
    if (mode & SETUID) add(`setuid${entry.uid === 0 ? ' root' : ''}`, true);
    if (mode & SETGID && mode & EXECUTE) add('setgid', true);
  }
  const publicFolder = type === 'directory' && (mode & STICKY) !== 0;
  if (type !== 'symlink' && mode & OTHERS_WRITE && !publicFolder) add('world-writable', true);
  if (entry.xattrs.some((name) => name.endsWith('security.capability'))) add('file capabilities', true);
  const forbidden = FORBIDDEN.find((folder) => path.startsWith(`${folder}/`));
  if (type !== 'directory' && forbidden) add(`a package must not put files into /${forbidden}`, false);
  return found;
}

async function dangersOf(apk: OpenedApk): Promise<readonly Danger[]> {
  const found = apk.entries.flatMap(dangersOfEntry);
  const outside = (entry: ApkEntry) => entry.type === 'file' && entry.size > 0 && !entry.path.startsWith('usr/');
  if (!apk.entries.some(outside)) return found;
  await apk.visit(outside, ({ path, mode }, content) => {
    if (isElf(content)) found.push({ rule: 'binary outside /usr', path, inherited: false });
    else if (mode & EXECUTE && !path.startsWith('etc/')) found.push({ rule: 'executable outside /usr', path, inherited: false });
  });
  return found;
}

async function ask(build: BuildView): Promise<Finding> {
  const apks = await build.built();
  const found = (await Promise.all(apks.map(dangersOf))).flat();
  const before = new Set((await Promise.all((await build.previous()).map(dangersOf))).flat().map(({ rule, path }) => `${rule}: ${path}`));
  const known = found.filter((danger) => danger.inherited && before.has(`${danger.rule}: ${danger.path}`));
  const problems = found.filter((danger) => !known.includes(danger)).map(({ rule, path }) => `/${path}: ${rule}`);
  const files = apks.reduce((sum, apk) => sum + apk.entries.length, 0);
  const kept = known.map(({ rule, path }) => `/${path}: ${rule}, as in the published version`);
  return fromProblems(
    problems,
    `nothing dangerous among ${count(files, 'file')}${kept.length > 0 ? ' that was not published before' : ''}`,
    kept,
  );
}

/** No setuid, world-writable, device or capability files, nothing in unexpected places. What the version before had as well was accepted then. */
export const dangerousFilesCheck: Check = {
  name: 'dangerous-files',
  title: 'No dangerous files',
  stage: 'package',
  revision: 1,
  reads: [],
  run: (context) => perArchitecture(context, ask),
};
