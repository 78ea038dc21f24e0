import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process';
import type { Finished, RunOptions } from '../process';
import type { Tools } from './tools';

/** Where the attempt's folder is seen inside: always the same, because paths end up in packages and SBOMs. */
const INSIDE = '/mnt';

export interface SandboxOptions extends Pick<RunOptions, 'signal' | 'timeoutSeconds' | 'logFile' | 'onLine'> {
  /** The attempt's folder, the only one that can be written. */
  readonly folder: string;
  /** Folders in it that cannot be written from inside. */
  readonly readOnly: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program of this machine, `melange` by that name, where there is no network, no other process, and of the file system only the
 * system's programs and the attempt's folder: no key, no credential, no other build. It is in `/mnt`, and it is where the program starts.
 * melange's own sandbox, in which the spec's code runs, lies within. All of it dies with this process.
 */
export async function runInSandbox(tools: Tools, command: readonly string[], options: SandboxOptions): Promise<Finished> {
  const { folder, readOnly, environment = {}, ...rest } = options;
  await mkdir(join(folder, 'home'), { recursive: true });
  await mkdir(join(folder, 'tmp'), { recursive: true });
  // melange binds the host's file into its own sandbox and does not start without one.
  await writeFile(join(folder, 'home/resolv.conf'), '');
  const [program = '', ...args] = command;
  const variables = { PATH: '/usr/bin:/bin', HOME: `${INSIDE}/home`, TMPDIR: `${INSIDE}/tmp`, LANG: 'C.UTF-8', ...environment };
  return await run(
    tools.bwrap.path,
    [
      ...(process.getuid?.() === 0 ? [] : ['--unshare-user', '--uid', '0', '--gid', '0']),
      ...[
        '--unshare-net',
        '--unshare-pid',
        '--unshare-ipc',
        '--unshare-uts',
        '--hostname',
        'builder',
        '--die-with-parent',
        '--new-session',
      ],
      ...['--cap-add', 'ALL'],
      ...['--ro-bind', '/usr', '/usr'],
      ...['/bin', '/lib', '/lib64', '/etc/ld.so.cache'].flatMap((path) => ['--ro-bind-try', path, path]),
      ...['--ro-bind', join(folder, 'home/resolv.conf'), '/etc/resolv.conf'],
      ...['--ro-bind', '/sys', '/sys', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
      ...['--ro-bind', tools.melange.path, '/opt/melange'],
      ...['--bind', folder, INSIDE],
      ...readOnly.flatMap((path) => ['--ro-bind', join(folder, path), join(INSIDE, path)]),
      ...['--chdir', INSIDE, '--clearenv'],
      ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
      ...['--', program === 'melange' ? '/opt/melange' : program, ...args],
    ],
    { ...rest, env: { PATH: process.env['PATH'] } },
  );
}
