import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const env = {
  PATH: process.env.PATH,
  HOME: tmpdir(),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** What people do: ordinary git. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export interface TestRepository {
  readonly folder: string;
  readonly bare: string;
  /** A person's commit on a branch, made in a clone and pushed; `null` deletes. Starts from `from` (the branch itself unless given). */
  push(branch: string, files: Readonly<Record<string, string | Buffer | null>>, message: string, from?: string): string;
  /** Output of git in the bare repository. */
  git(...args: string[]): string;
  remove(): void;
}

const templates = new Map<string, string>();
afterAll(() => [...templates.values()].forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function write(clone: string, content: Readonly<Record<string, string | Buffer | null>>) {
  for (const [path, text] of Object.entries(content)) {
    const file = join(clone, path);
    if (text === null) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

/** Made once for the same files and copied: git is slower at it than the tests are. */
function template(files: Readonly<Record<string, string | Buffer>>): string {
  const key = JSON.stringify(files);
  const known = templates.get(key);
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), 'forge-template-'));
  const clone = join(folder, 'clone');
  git(folder, 'init', '-q', '--bare', '-b', 'main', 'specs.git');
  git(folder, 'init', '-q', '-b', 'main', 'clone');
  git(clone, 'remote', 'add', 'origin', '../specs.git');
  write(clone, files);
  git(clone, 'add', '-A');
  git(clone, 'commit', '-q', '-m', 'the beginning');
  git(clone, 'push', '-q', 'origin', 'main');
  templates.set(key, folder);
  return folder;
}

/** A bare repository with one commit on main, and a clone of it in which a person works. */
export function createTestRepository(files: Readonly<Record<string, string | Buffer>>): TestRepository {
  const folder = mkdtempSync(join(tmpdir(), 'forge-'));
  const bare = join(folder, 'specs.git');
  const clone = join(folder, 'clone');
  cpSync(template(files), folder, { recursive: true });
  return {
    folder,
    bare,
    push: (branch, content, message, from) => {
      git(clone, 'fetch', '-q', 'origin');
      git(clone, 'checkout', '-q', '--detach', from ?? `origin/${branch}`);
      write(clone, content);
      git(clone, 'add', '-A');
      git(clone, 'commit', '-q', '-m', message);
      git(clone, 'push', '-q', 'origin', `HEAD:refs/heads/${branch}`);
      return git(clone, 'rev-parse', 'HEAD');
    },
    git: (...args) => git(bare, ...args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
