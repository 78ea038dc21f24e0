import { run } from '../process';
import type { Finished, RunOptions } from '../process';

/** What git may be given from this process's environment: how to reach the network, nothing that changes what it does. */
const PASSED = [
  'PATH',
  'HOME',
  'SSH_AUTH_SOCK',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

const CONFIGURED: NodeJS.ProcessEnv = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=20',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
};

export interface GitOptions extends Pick<RunOptions, 'signal' | 'timeoutSeconds'> {
  /** A repository of ours; without it git runs where no repository, and so no configuration, is found. */
  readonly repository?: string;
  /** Millrace's own name and this time, in seconds since 1970, for a commit that git makes. */
  readonly commitSeconds?: number;
  /** No file that git writes grows beyond this. */
  readonly mostFileBytes?: number;
}

/** Runs git on something untrusted: no prompt, no configuration or hooks of the user or the machine, only the protocols file, git, http, https and ssh, and it gives up on a connection that stalls. */
export function runGit(args: readonly string[], options: GitOptions): Promise<Finished> {
  const environment = Object.fromEntries(PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const git = [
    'git',
    ...['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=30', '-c', 'http.followRedirects=initial'],
    ...(options.repository === undefined ? [] : [`--git-dir=${options.repository}`]),
    ...args,
  ];
  const limit = options.mostFileBytes === undefined ? [] : [`--fsize=${options.mostFileBytes}`];
  return run('prlimit', [...limit, '--core=0', '--', ...git], {
    cwd: '/',
    env: { ...environment, ...CONFIGURED, ...(options.commitSeconds === undefined ? {} : authorAt(options.commitSeconds)) },
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.timeoutSeconds ? { timeoutSeconds: options.timeoutSeconds } : {}),
  });
}

function authorAt(seconds: number): NodeJS.ProcessEnv {
  const parts = { NAME: 'millrace', EMAIL: 'millrace@localhost', DATE: `@${seconds} +0000` };
  return Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => Object.entries(parts).map(([part, value]) => [`GIT_${who}_${part}`, value])),
  );
}

/** What a failed access to a remote repository means, from git's own words (of git 2.30 to 2.50 in the C locale). */
export function classifyRemoteFailure(finished: Finished): 'missing' | 'not-git' | 'unreachable' {
  if (finished.timedOut) return 'unreachable';
  const words = finished.stderr;
  if (/not valid: is this a git repository\?|protocol error|bad line length|invalid server response|bad pack header/i.test(words))
    return 'not-git';
  if (
    /repository '.*' not found|does not exist|does not appear to be a git repository|could not read Username|Repository not found/i.test(
      words,
    )
  )
    return 'missing';
  return 'unreachable';
}

/** The last line of git's complaint, for a message. */
export function complaintOf(finished: Finished): string {
  if (finished.timedOut) return 'no answer in time';
  const lines = finished.stderr.split('\n').filter((line) => /^(fatal|error|remote):/.test(line));
  return lines[0] ?? `git ended with code ${finished.code}`;
}
