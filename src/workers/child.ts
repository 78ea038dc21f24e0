import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from '../activities/store/tail';
import { Complaint } from '../config/complaint';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly pidFile: string;
  /** Resolves when the process answers; without it a line `{"ready":…}` on its standard output says so. */
  readonly probe?: (signal: AbortSignal) => Promise<void>;
  readonly readySeconds: number;
  readonly onRestart?: (text: string) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves when the process that runs now is ready; rejects when it ends before, or takes too long. */
  ready(): Promise<void>;
  /** Sends a signal and waits for the end of that process. It is started again as after a crash. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it anew at once (killing it if it runs) and waits until it is ready. */
  restart(): Promise<void>;
  /** SIGTERM, and SIGKILL after `graceSeconds`. Not started again. */
  stop(graceSeconds: number): Promise<void>;
}

const LONGEST_PAUSE_SECONDS = 30;
/** After this long a process counts as having worked, and the next crash is its first. */
const STEADY_SECONDS = 60;
const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

interface Incarnation {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<string>;
}

/** Runs a process for as long as the factory runs: it dies with this one, its output goes to `logFile`, and after a crash it is started again, after 0.5 s the first time and at most 30 s. */
export function superviseChild(options: ChildOptions): Child {
  let stopping = false;
  let wake = new AbortController();
  let current = start(options);
  const life = (async () => {
    for (let crashes = 0; ; crashes++) {
      const startedAt = Date.now();
      const end = await current.ended;
      if (stopping) return;
      if (Date.now() - startedAt > STEADY_SECONDS * 1000) crashes = 0;
      const asked = wake.signal.aborted;
      if (asked) crashes = 0;
      const pause = asked ? 0 : Math.min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** crashes);
      if (!asked) options.onRestart?.(`${options.name} ended (${end}), started again in ${pause} s; its log: ${options.logFile}`);
      await sleep(pause * 1000, undefined, { signal: wake.signal }).catch(() => undefined);
      if (stopping) return;
      wake = new AbortController();
      current = start(options);
    }
  })();
  const signal = async (name: NodeJS.Signals) => {
    const target = current;
    target.process.kill(name);
    await target.ended;
  };
  return {
    name: options.name,
    get pid() {
      return current.process.exitCode === null && current.process.signalCode === null ? current.process.pid : undefined;
    },
    ready: () => current.ready,
    kill: signal,
    async restart() {
      const before = current;
      wake.abort();
      await signal('SIGKILL');
      while (current === before) await sleep(5);
      await current.ready;
    },
    async stop(graceSeconds) {
      stopping = true;
      wake.abort();
      current.process.kill('SIGTERM');
      const late = setTimeout(() => current.process.kill('SIGKILL'), graceSeconds * 1000);
      await current.ended;
      clearTimeout(late);
      await life;
      rmSync(options.pidFile, { force: true });
    },
  };
}

function start(options: ChildOptions): Incarnation {
  if ((statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES)
    renameSync(options.logFile, `${options.logFile}.1`);
  const log = openSync(options.logFile, 'a');
  // A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops the processes in order.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', options.command, ...options.args], {
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', log],
    detached: true,
  });
  if (child.pid !== undefined) writeFileSync(options.pidFile, `${child.pid}\n`);
  const over = new AbortController();
  let said = () => {};
  const saidReady = new Promise<void>((resolve) => (said = resolve));
  const lines = createInterface({ input: child.stdout! });
  const read = new Promise<void>((resolve) => lines.once('close', resolve));
  lines.on('line', (line) => {
    if (!options.probe && line.startsWith('{"ready":')) said();
    else writeSync(log, `${line}\n`);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`));
  }).then(async (end) => {
    over.abort();
    await read;
    closeSync(log);
    return end;
  });
  const ready = Promise.race([
    options.probe ? options.probe(over.signal) : saidReady,
    ended.then(async (end) => {
      throw await notReady(options, `ended before it was ready (${end})`);
    }),
    sleep(options.readySeconds * 1000, undefined, { signal: over.signal, ref: false }).then(
      async () => {
        throw await notReady(options, `was not ready after ${options.readySeconds} s`);
      },
      () => new Promise<never>(() => {}),
    ),
  ]);
  ready.catch(() => undefined);
  return { process: child, ready, ended };
}

async function notReady(options: ChildOptions, what: string): Promise<Complaint> {
  const last = (await tail(options.logFile, 5)).join('\n  ');
  return new Complaint({
    message: `${options.name} ${what}${last ? `. It last said:\n  ${last}` : ''}`,
    remedy: `its whole log: ${options.logFile}`,
  });
}
