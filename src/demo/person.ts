import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run, runOrThrow } from '../activities/process';

const NAME = ['-c', 'user.name=Ann Other', '-c', 'user.email=ann@example.org'];

const PUSHES = 5;

/** A person at a keyboard: works on specs with ordinary git and answers with the `millrace` command. */
export function createPerson(deps: {
  readonly repository: string;
  /** Folder of the clones that work is done in. */
  readonly clones: string;
  readonly configFile: string;
  readonly command: string;
}) {
  return {
    name: 'ann',
    /** Edits files on a branch (`null` deletes), commits and pushes. Returns the commit. */
    async commit(
      branch: string,
      message: string,
      files: Readonly<Record<string, string | null | ((before: string) => string)>>,
    ): Promise<string> {
      await mkdir(deps.clones, { recursive: true });
      for (let tries = 1; ; tries += 1) {
        const clone = await mkdtemp(path.join(deps.clones, 'work-'));
        const git = (...args: string[]) => runOrThrow('git', [...NAME, '-C', clone, ...args]);
        await runOrThrow('git', ['clone', '--quiet', '--branch', branch, deps.repository, clone]);
        for (const [file, content] of Object.entries(files)) {
          const target = path.join(clone, file);
          await mkdir(path.dirname(target), { recursive: true });
          if (content === null) await rm(target);
          else await writeFile(target, typeof content === 'string' ? content : content(await readFile(target, 'utf8')));
        }
        await git('add', '--all');
        await git('commit', '--quiet', '--message', message);
        const pushed = await run('git', ['-C', clone, 'push', '--quiet', 'origin', `HEAD:${branch}`]);
        const commit = (await git('rev-parse', 'HEAD')).trim();
        await rm(clone, { recursive: true });
        if (pushed.code === 0) return commit;
        // The factory merges too: who comes second begins anew, as a person would.
        if (tries === PUSHES) throw new Error(`${deps.repository} did not take a push to ${branch}: ${pushed.stderr.trim()}`);
      }
    },
    /** Runs `millrace …`; returns its code and all it said. */
    async millrace(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
      const ended = await run(process.execPath, [deps.command, '--config', deps.configFile, ...args]);
      return { code: ended.code, text: `${ended.stdout}${ended.stderr}`.trim() };
    },
  };
}

export type Person = ReturnType<typeof createPerson>;

/** Makes a bare repository with one commit of these files. */
export async function makeRepository(repository: string, scratch: string, files: Readonly<Record<string, string>>): Promise<void> {
  await runOrThrow('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  await runOrThrow('git', ['init', '--quiet', '--initial-branch=main', scratch]);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(scratch, file)), { recursive: true });
    await writeFile(path.join(scratch, file), content);
  }
  await runOrThrow('git', [...NAME, '-C', scratch, 'add', '--all']);
  await runOrThrow('git', [...NAME, '-C', scratch, 'commit', '--quiet', '--message', 'The beginning of this distribution']);
  await runOrThrow('git', [...NAME, '-C', scratch, 'push', '--quiet', repository, 'main']);
  await rm(scratch, { recursive: true });
}
