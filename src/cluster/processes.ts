import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStart } from '../activities/process-start';
import type { Daemon } from './daemons';
import type { ClusterPaths } from './layout';

const GRACE_MS = 5_000;
const STEP_MS = 50;

/** Starts a daemon in a session of its own: it goes on when the command that started it has ended. */
export function startDaemon(paths: ClusterPaths, daemon: Daemon): void {
  const log = openSync(`${paths.logs}/${daemon.name}.log`, 'a');
  const child = spawn(daemon.command, daemon.args, { detached: true, stdio: ['ignore', log, log] });
  child.on('error', () => undefined);
  closeSync(log);
  if (child.pid === undefined) return;
  writeFileSync(pidFile(paths, daemon.name), `${child.pid} ${processStart(child.pid) ?? ''}`);
  child.unref();
}

/** Whether the daemon that was started under this name lives: a reused process id is another process. */
export function lives(paths: ClusterPaths, name: string): boolean {
  return pidOf(paths, name) !== undefined;
}

/** Names of the daemons that were started and not stopped since. */
export function startedDaemons(paths: ClusterPaths): readonly string[] {
  try {
    return readdirSync(paths.run).map((file) => file.replace(/\.pid$/, ''));
  } catch {
    return [];
  }
}

/** Ends a daemon, and waits for it. Without a gentle end it is killed at once, else after five seconds. */
export async function stopDaemon(paths: ClusterPaths, name: string, gentle: boolean): Promise<void> {
  const pid = pidOf(paths, name);
  if (pid !== undefined) {
    signal(pid, gentle ? 'SIGTERM' : 'SIGKILL');
    for (let waited = 0; waited < GRACE_MS && lives(paths, name); waited += STEP_MS) await sleep(STEP_MS);
    if (lives(paths, name)) signal(pid, 'SIGKILL');
  }
  rmSync(pidFile(paths, name), { force: true });
}

const pidFile = (paths: ClusterPaths, name: string) => `${paths.run}/${name}.pid`;

function pidOf(paths: ClusterPaths, name: string): number | undefined {
  try {
    const [pid, since] = readFileSync(pidFile(paths, name), 'utf8').split(' ');
    return since !== undefined && processStart(Number(pid)) === since ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
