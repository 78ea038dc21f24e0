import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { temporaryFolder } from '../repository/support';

const env = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

const templates = new Map<string, string>();

/** An advisory repository with its forge, and what a person does to it with ordinary git. */
export function advisoryRepository(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  const bare = join(folder, 'advisories.git');
  const clone = join(folder, 'clone');
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  const commit = (content: Readonly<Record<string, string>>, message = 'by hand') => {
    for (const [path, text] of Object.entries(content)) {
      mkdirSync(dirname(join(clone, path)), { recursive: true });
      writeFileSync(join(clone, path), text);
    }
    git(clone, 'add', '-A');
    git(clone, 'commit', '-q', '--allow-empty', '-m', message);
    git(clone, 'push', '-q', bare, 'HEAD:refs/heads/main');
  };
  // Made once for the same files and copied: git is slower at it than the tests are.
  const name = JSON.stringify(files);
  const template = templates.get(name);
  if (template) cpSync(template, folder, { recursive: true });
  else {
    git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
    git(folder, 'init', '-q', '-b', 'main', clone);
    commit(files, 'the beginning');
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    templates.set(name, copy);
  }

  return {
    bare,
    forge: createLocalGitForge({ repository: bare, work: join(folder, 'work'), branchPrefix: 'millrace/', setting: 'advisories' }),
    /** A person's commit on top of what is there. */
    push: (content: Readonly<Record<string, string>>) => {
      git(clone, 'pull', '-q', '--rebase', bare, 'main');
      commit(content);
    },
    read: (path: string, ref = 'main') => git(bare, 'show', `${ref}:${path}`),
    log: () => git(bare, 'log', '--format=%s', 'main').trim().split('\n'),
    branches: () => git(bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').trim().split('\n'),
  };
}

/** An OSV record about `pkg:generic/<name>`, fixed in a version. */
export function osvRecord(id: string, name: string, fixed: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    schema_version: '1.6.0',
    id,
    modified: '2024-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'Generic', name, purl: `pkg:generic/${name}` },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
    ...more,
  };
}
