import type { CommandReport } from '../activities/melange/test-runner';
import type { BuildView, Check, CheckContext, Finding, OpenedApk } from './check';
import { count, fromProblems, perArchitecture, skipped } from './check';

/** Asked in this order until one shows that the program runs. */
const QUESTIONS = ['--version', '--help', '-V'];
const SECONDS = 10;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
/** Shells end with 128 and the number of the signal that ended a program. */
const SIGNALLED = 128;
const MISSING_LIBRARY =
  /error while loading shared libraries|symbol lookup error|version `[^']+' not found|cannot execute|No such file or directory.*interpreter/;
const FOLDERS = ['usr/bin/', 'usr/sbin/'];

function commandsOf(apk: OpenedApk): readonly string[] {
  return apk.entries
    .filter((entry) => FOLDERS.some((folder) => entry.path.startsWith(folder) && !entry.path.slice(folder.length).includes('/')))
    .filter((entry) => entry.type === 'symlink' || ((entry.type === 'file' || entry.type === 'hardlink') && (entry.mode & 0o111) !== 0))
    .map((entry) => `/${entry.path}`);
}

/** Interpreters that scripts may take for granted, as melange's own tests do. */
async function needsShell(apk: OpenedApk): Promise<boolean> {
  let found = false;
  await apk.visit(
    (entry) => FOLDERS.some((folder) => entry.path.startsWith(folder)),
    (_, content) => {
      if (/^#!\s*(?:\/usr)?\/bin\/(?:sh|env)\b/.test(content.toString('latin1', 0, 64))) found = true;
    },
  );
  return found;
}

function started(report: CommandReport | undefined): boolean {
  if (!report || report.timedOut || report.code >= SIGNALLED) return false;
  return report.code !== NOT_EXECUTABLE && report.code !== NOT_FOUND && !MISSING_LIBRARY.test(report.output);
}

function complaint({ command, code, timedOut, output }: CommandReport): string {
  const last = output.trim().split('\n').pop()?.slice(0, 200) ?? '';
  return `${command.join(' ')} ${timedOut ? `did not end in ${SECONDS} s` : `ended with ${code}`}${last ? `: ${last}` : ''}`;
}

type Ask = (commands: readonly string[], question: string) => Promise<readonly CommandReport[]>;

/** The last answer of each command, after it was asked until one answer showed that it runs. */
async function answersOf(commands: readonly string[], ask: Ask): Promise<readonly CommandReport[]> {
  const answers = new Map<string, CommandReport>();
  for (const question of QUESTIONS) {
    const open = commands.filter((command) => !started(answers.get(command)));
    if (open.length === 0) break;
    const reports = await ask(open, question);
    for (const [index, command] of open.entries()) if (reports[index]) answers.set(command, reports[index]);
  }
  return [...answers.values()];
}

async function ask(context: CheckContext, { architecture, packages: builds, built }: BuildView): Promise<Finding> {
  const problems: string[] = [];
  const details: string[] = [];
  for (const apk of await built()) {
    const commands = commandsOf(apk);
    if (commands.length === 0) continue;
    const exact = `${apk.info.name}=${apk.info.version}`;
    const packages = (await needsShell(apk)) ? [exact, 'busybox'] : [exact];
    try {
      const answers = await answersOf(commands, (open, question) => {
        const asked = open.map((command) => [command, question]);
        return context.runner.runCommands({ architecture, builds, packages, commands: asked, timeoutSeconds: SECONDS });
      });
      problems.push(...answers.filter((report) => !started(report)).map(complaint));
      details.push(...answers.filter(started).map((report) => `${report.command.join(' ')}: ${report.code}`));
    } catch (error) {
      if ((error as Error).name !== 'Unsolvable') throw error;
      problems.push((error as Error).message);
    }
  }
  if (problems.length + details.length === 0) return skipped('no package has a command');
  return fromProblems(problems, `${count(details.length, 'command')} can be run`, details);
}

/** Every command starts with the libraries that its package asks for; what it answers is its own matter. */
export const sniffTestsCheck: Check = {
  name: 'sniff-tests',
  title: 'Every command starts',
  stage: 'test',
  revision: 1,
  reads: ['index'],
  run: (context) => perArchitecture(context, (build) => ask(context, build)),
};
