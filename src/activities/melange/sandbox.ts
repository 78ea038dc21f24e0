import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process';
import type { Finished, RunOptions } from '../process';
import type { Tools } from './tools';

/** Where the attempt's folder is seen inside: always the same, because paths end up in packages and SBOMs. */
const INSIDE = '/mnt';

/** Who a worker of root becomes. Nobody's files and processes but a build's have this id. */
const UNPRIVILEGED = 65533;

/** Where an unprivileged process finds what only root can reach. */
const STAGE = '/mnt';

export interface SandboxOptions extends Pick<RunOptions, 'signal' | 'timeoutSeconds' | 'logFile' | 'onLine'> {
  /** The attempt's folder, the only one that can be written. */
  readonly folder: string;
  /** Folders in it that cannot be written from inside. */
  readonly readOnly: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program of this machine, `melange`, `apko` and `bwrap` by those names, where there is no network, no other process, and of the file system only
 * the system's programs and the attempt's folder: no key, no credential, no other build. It is in `/mnt`, and it is where the program starts.
 * Inside it is root of a user namespace, outside an ordinary user. melange's own sandbox, in which the spec's code runs, lies within.
 * All of it dies with this process.
 */
export async function runInSandbox(tools: Tools, command: readonly string[], options: SandboxOptions): Promise<Finished> {
  const { folder, readOnly, environment = {}, ...rest } = options;
  const root = process.getuid?.() === 0;
  for (const path of [folder, join(folder, 'home'), join(folder, 'tmp')]) {
    await mkdir(path, { recursive: true });
    if (root) await chown(path, UNPRIVILEGED, UNPRIVILEGED);
  }
  // melange binds the host's file into its own sandbox and does not start without one.
  await writeFile(join(folder, 'home/resolv.conf'), '');
  const variables = { PATH: '/opt:/usr/bin:/bin', HOME: `${INSIDE}/home`, TMPDIR: `${INSIDE}/tmp`, LANG: 'C.UTF-8', ...environment };
  const walls = (paths: { readonly folder: string; readonly melange: string; readonly apko: string; readonly bwrap: string }) => [
    ...['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL', '--die-with-parent', '--new-session'],
    ...['--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', 'builder'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/lib', '/lib64', '/etc/ld.so.cache'].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--ro-bind', join(paths.folder, 'home/resolv.conf'), '/etc/resolv.conf'],
    ...['--ro-bind', '/sys', '/sys', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...['--ro-bind', paths.melange, '/opt/melange', '--ro-bind', paths.apko, '/opt/apko', '--ro-bind', paths.bwrap, '/opt/bwrap'],
    ...['--bind', paths.folder, INSIDE],
    ...readOnly.flatMap((path) => ['--ro-bind', join(paths.folder, path), join(INSIDE, path)]),
    ...['--chdir', INSIDE, '--clearenv'],
    ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--', ...command],
  ];
  const env = { PATH: process.env['PATH'] };
  if (!root)
    return await run(tools.bwrap.path, walls({ folder, melange: tools.melange.path, apko: tools.apko.path, bwrap: tools.bwrap.path }), {
      ...rest,
      env,
    });

  // The id 0 may write the kernel's settings below /proc/sys even without capabilities, so root is left before the walls are built. The first
  // bubblewrap only shows what is needed where the unprivileged user may go: the state folder and the tools may lie in root's home.
  const staged = { folder: `${STAGE}/attempt`, melange: `${STAGE}/melange`, apko: `${STAGE}/apko`, bwrap: `${STAGE}/bwrap` };
  return await run(
    tools.bwrap.path,
    [
      ...['--die-with-parent', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--dev-bind', '/', '/', '--tmpfs', STAGE],
      ...['--bind', folder, staged.folder, '--ro-bind', tools.melange.path, staged.melange],
      ...['--ro-bind', tools.apko.path, staged.apko, '--ro-bind', tools.bwrap.path, staged.bwrap],
      ...['--chdir', STAGE, '--', 'setpriv', '--reuid', String(UNPRIVILEGED), '--regid', String(UNPRIVILEGED), '--clear-groups'],
      ...['--inh-caps=-all', '--no-new-privs', '--', staged.bwrap, ...walls(staged)],
    ],
    { ...rest, env },
  );
}
