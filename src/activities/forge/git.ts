import { run, type Finished, ProcessFailed } from '../process';

/** Runs git on one bare repository, the same on every machine: no configuration of the user or the system, no prompt, no hook, no replaced object. */
export interface Git {
  /** Standard output; throws `ProcessFailed` on any other code than 0. */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
  /** Code and output, for commands whose code is the answer. */
  ask(args: readonly string[], options?: GitOptions): Promise<Finished>;
}

export interface GitOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly encoding?: BufferEncoding;
}

/** Longest time of one plumbing command: a repository on a lost network disk must not hold an activity for ever. */
const TIMEOUT_SECONDS = 120;

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.filesRefLockTimeout=2000',
  'core.fsync=committed',
  'core.attributesFile=/dev/null',
  'gc.auto=0',
  'merge.renames=false',
  'i18n.commitEncoding=utf-8',
].flatMap((setting) => ['-c', setting]);

export function createGit(gitDirectory: string): Git {
  const env = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_DIR: gitDirectory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    ...extra,
  });
  const ask: Git['ask'] = (args, options = {}) =>
    run('git', [...SETTINGS, ...args], {
      env: env(options.env),
      timeoutSeconds: TIMEOUT_SECONDS,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.encoding ? { encoding: options.encoding } : {}),
    });
  return {
    ask,
    text: async (args, options) => {
      const finished = await ask(args, options);
      if (finished.code !== 0 || finished.timedOut) throw new ProcessFailed(['git', ...args].join(' ').slice(0, 200), finished);
      return finished.stdout;
    },
  };
}
