import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; the caller's own is not inherited unless passed. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  readonly signal?: AbortSignal;
  readonly timeoutSeconds?: number;
  /** Standard output and error are appended here as well. */
  readonly logFile?: string;
  readonly onLine?: (line: string) => void;
  /** Told of the output of both streams as it arrives; the command waits while it works. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Told of the process that the command is. */
  readonly onStart?: (pid: number) => void;
  /** How the bytes of the output become text; `latin1` keeps every byte. `utf8` unless given. */
  readonly encoding?: BufferEncoding;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command ended with another code than 0. */
export class ProcessFailed extends Error {
  constructor(
    readonly command: string,
    readonly finished: Finished,
  ) {
    const last = `${finished.stderr}\n${finished.stdout}`.trim().split('\n').slice(-5).join('\n');
    super(`${command} ended with ${finished.timedOut ? 'a timeout' : `code ${finished.code}`}: ${last}`);
    this.name = 'ProcessFailed';
  }
}

const KEPT_BYTES = 16 * 1024 * 1024;

/** Runs a command to its end and returns its code and output (the last 16 MiB of each stream). It dies with this process: no orphan goes on after a SIGKILL of a worker. Throws only when it cannot be started or `signal` aborts. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  options.signal?.throwIfAborted();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  if (child.pid !== undefined) options.onStart?.(child.pid);
  let timedOut = false;
  const timer = options.timeoutSeconds
    ? setTimeout(() => {
        timedOut = true;
        killGroup();
      }, options.timeoutSeconds * 1000)
    : undefined;
  options.signal?.addEventListener('abort', killGroup, { once: true });
  const log = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined;
  const collect = (stream: NodeJS.ReadableStream) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes > KEPT_BYTES && chunks.length > 1) bytes -= chunks.shift()!.length;
      log?.write(chunk);
      options.onOutput?.(chunk);
    });
    if (options.onLine) createInterface({ input: stream }).on('line', options.onLine);
    return () => Buffer.concat(chunks).toString(options.encoding ?? 'utf8');
  };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exit, signal) => resolve(exit ?? (signal ? 128 : 1)));
    });
    options.signal?.throwIfAborted();
    return { code, stdout: stdout(), stderr: stderr(), timedOut };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', killGroup);
    if (log) await new Promise((resolve) => log.end(resolve));
  }
}

/** As `run`, but throws `ProcessFailed` when the code is not 0. Returns standard output. */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await run(command, args, options);
  if (finished.code !== 0) throw new ProcessFailed([command, ...args].join(' ').slice(0, 200), finished);
  return finished.stdout;
}
