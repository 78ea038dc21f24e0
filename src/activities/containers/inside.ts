import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure } from '../melange/infrastructure';
import { run } from '../process';

/** Asks what listens in a container, from within its network: no port of this machine is opened for it. Throws when the container has ended, and the retryable `Infrastructure` where its network cannot be entered. */
export interface Inside {
  /** Why nothing accepts a connection at a TCP port; undefined where something does. */
  refusal(port: number): Promise<string | undefined>;
  /** A GET without following redirects. */
  get(port: number, path: string): Promise<HttpAnswer>;
}

export type HttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; /** The first MiB. */ readonly body: string }
  | { readonly kind: 'none'; readonly why: string };

const ASK_SECONDS = 10;
const BODY_BYTES = 1024 * 1024;
const GOING_MS = 30_000;

/** Programs for a node process in the network of the container: one says whether a port is open, one carries a connection over its standard input and output. */
const TO_PORT = `const s = require('net').connect(+process.argv[1], '127.0.0.1'); s.on('error', (e) => { console.error(e.code); process.exit(1); });`;
const KNOCK = `${TO_PORT} s.on('connect', () => process.exit(0));`;
const CARRY = `${TO_PORT} process.stdin.pipe(s).pipe(process.stdout);`;

/** Into the network of a process (as the namespaces count) in the process and mount namespace of another (as this machine counts). */
export function createInside(place: { readonly namespaces: number; readonly process: number; readonly ended: AbortSignal }): Inside {
  const { namespaces, process: inner, ended } = place;
  const enter = (program: string, port: number): readonly string[] => [
    ...['--target', String(namespaces), '--mount', '--pid', '--'],
    ...['nsenter', '--target', String(inner), '--net', '--'],
    ...[process.execPath, '-e', program, '--', String(port)],
  ];
  return {
    async refusal(port) {
      const finished = await run('nsenter', enter(KNOCK, port), { timeoutSeconds: ASK_SECONDS, signal: ended });
      if (finished.code === 0) return undefined;
      return finished.timedOut ? `no answer within ${ASK_SECONDS} s` : await reasonOf(finished.stderr, ended);
    },
    async get(port, path) {
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'nsenter', ...enter(CARRY, port)], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said = `${said}${String(chunk)}`.slice(-400)));
      const gone = new Promise<void>((resolve) => child.on('close', () => resolve()).on('error', () => resolve()));
      const socket = Duplex.from({ readable: child.stdout, writable: child.stdin });
      socket.on('error', () => undefined);
      try {
        return await ask(socket, port, path, AbortSignal.any([ended, AbortSignal.timeout(ASK_SECONDS * 1000)]));
      } catch (error) {
        ended.throwIfAborted();
        if ((error as Error).name === 'TimeoutError' || said === '') return { kind: 'none', why: whyOf(error) };
        return { kind: 'none', why: await reasonOf(said, ended) };
      } finally {
        child.kill('SIGKILL');
        await gone;
      }
    },
  };
}

async function ask(socket: Duplex, port: number, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  return await new Promise((resolve, reject) => {
    const fail = () => reject(signal.reason as Error);
    signal.addEventListener('abort', fail, { once: true });
    const asking = request(
      { createConnection: () => socket, host: 'localhost', port, path, headers: { connection: 'close' } },
      (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const done = () =>
          resolve({ kind: 'answer', status: answer.statusCode ?? 0, body: Buffer.concat(chunks).subarray(0, BODY_BYTES).toString('utf8') });
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes >= BODY_BYTES) done();
        });
        answer.on('end', done).on('error', reject);
      },
    );
    asking.on('error', reject).end();
  });
}

function whyOf(error: unknown): string {
  return (error as Error).name === 'TimeoutError' ? `no answer within ${ASK_SECONDS} s` : (error as Error).message;
}

async function reasonOf(stderr: string, ended: AbortSignal): Promise<string> {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('nsenter:')) return last === 'ECONNREFUSED' ? 'nothing listens' : last || 'no answer';
  // There is no network to enter while a container ends.
  await sleep(GOING_MS, undefined, { signal: ended });
  throw infrastructure(`the network of a container cannot be entered: ${last}`);
}
