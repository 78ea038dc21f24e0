import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure } from '../melange/infrastructure';
import { run } from '../process';
import type { Finished, RunOptions } from '../process';
import type { Credentials } from '../registry/credentials';
import { createInside } from './inside';
import type { Inside } from './inside';

/** One run of an image. */
export interface ContainerRun {
  /** Instead of the image's own, which the arguments then do not follow. */
  readonly entrypoint?: readonly string[];
  readonly arguments: readonly string[];
  readonly network: boolean;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
  /** Told of the output as it comes. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Works while the container runs, which is stopped when it is done. Its signal says that the container has ended. */
  readonly meanwhile?: (inside: Inside, ended: AbortSignal) => Promise<void>;
}

export interface ContainerReport {
  readonly code: number;
  readonly timedOut: boolean;
  /** By us, when what worked meanwhile was done: the code says nothing then. */
  readonly stopped: boolean;
  /** The last 16 MiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** One image, pulled by digest into a folder of its own. */
export interface PulledImage {
  run(request: ContainerRun): Promise<ContainerReport>;
}

const PULL_SECONDS = 600;
/** Until a container starts, and after it was told to end. */
const GRACE_SECONDS = 60;
const MEMORY = '512m';
const PROCESSES = 256;
const LOOK_MS = 100;
/** For a server to say its last words. */
const STOP_MS = 2_000;

/** Not every machine gives a container the limits that podman asks for by default, and crun does not start on some where runc does. */
const CONFIGURATION = `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
`;

/** The digest is what is trusted: it names the content. */
const POLICY = { default: [{ type: 'insecureAcceptAnything' }] };

/**
 * Containers live in a process and a mount namespace of their own, which die with their first process: nothing goes on after a killed worker, nothing stays mounted.
 * What podman keeps of running ones is in memory there; sockets in a deep folder would have too long a path.
 */
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--'];
const RUNNING = '/run/millrace-podman';
const INSIDE = `mkdir -p /run/netns ${RUNNING} && mount -t tmpfs tmpfs /run/netns && mount -t tmpfs tmpfs ${RUNNING} && exec "$@"`;

/**
 * Pulls `<host>/<repository>@<digest>` for an architecture as OCI names it, into `folder`, which the caller removes. Throws the retryable `Infrastructure`, with what podman said, also
 * where a container cannot be started; what a container itself does is a report.
 */
export async function pullImage(request: {
  readonly reference: string;
  readonly architecture: string;
  /** Whether the registry speaks plain HTTP. */
  readonly plain: boolean;
  readonly folder: string;
  /** For the registry. They lie in the folder for as long as the pull takes. */
  readonly credentials?: Credentials;
  readonly signal?: AbortSignal;
}): Promise<PulledImage> {
  const { reference, architecture, plain, folder, credentials, signal } = request;
  await mkdir(folder, { recursive: true });
  const [configuration, policy] = [join(folder, 'containers.conf'), join(folder, 'policy.json')];
  await writeFile(configuration, CONFIGURATION);
  await writeFile(policy, JSON.stringify(POLICY));
  const podman = async (args: readonly string[], options: Omit<RunOptions, 'env'>): Promise<Finished> =>
    await run('unshare', [...NAMESPACES, 'sh', '-c', INSIDE, 'sh', 'podman', ...places(folder), ...args], {
      ...options,
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: folder, TMPDIR: folder, CONTAINERS_CONF: configuration },
    });
  const authFile = join(folder, 'auth.json');
  if (credentials) await writeFile(authFile, authsOf(reference, credentials), { mode: 0o600 });
  const pulled = await podman(
    [
      ...['pull', '--quiet', '--signature-policy', policy, `--tls-verify=${String(!plain)}`, '--arch', architecture],
      ...(credentials ? ['--authfile', authFile] : []),
      reference,
    ],
    { timeoutSeconds: PULL_SECONDS, ...(signal ? { signal } : {}) },
  ).finally(() => rm(authFile, { force: true }));
  if (pulled.code !== 0) throw infrastructure(`podman cannot pull ${reference}: ${lastLine(pulled)}`);
  return {
    async run({ entrypoint, arguments: args, network, timeoutSeconds, signal: stop, onOutput, meanwhile }) {
      const started = Date.now();
      const pidFile = join(folder, 'container.pid');
      await rm(pidFile, { force: true });
      const ended = new AbortController();
      let stopped = false;
      let beside: Promise<void> | undefined;
      const onStart = (outer: number) => {
        beside = meanwhile && attend({ outer, pidFile, meanwhile, ended: ended.signal, stopping: () => (stopped = true) });
        // Awaited when the container has ended.
        beside?.catch(() => undefined);
      };
      const finished = await podman(
        [
          ...['run', '--rm', '--pull=never', '--arch', architecture, network ? '--network=bridge' : '--network=none'],
          ...['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', `--memory=${MEMORY}`, `--memory-swap=${MEMORY}`],
          ...[`--pids-limit=${PROCESSES}`, '--cpus=1', `--timeout=${timeoutSeconds}`, '--log-driver=none', `--pidfile=${pidFile}`],
          ...(entrypoint ? [`--entrypoint=${JSON.stringify(entrypoint)}`] : []),
          ...[reference, ...args],
        ],
        { timeoutSeconds: timeoutSeconds + GRACE_SECONDS, onStart, ...(stop ? { signal: stop } : {}), ...(onOutput ? { onOutput } : {}) },
      ).finally(() => ended.abort());
      await beside;
      const seconds = (Date.now() - started) / 1000;
      // 125: podman's own failure, see podman-run(1). It ends one that is too late with 255, and says no more of it.
      if (finished.code === 125 && !stopped) throw infrastructure(`podman cannot run ${reference}: ${lastLine(finished)}`);
      const timedOut = !stopped && (finished.timedOut || (finished.code === 255 && seconds >= timeoutSeconds));
      return { code: finished.code, timedOut, stopped, stdout: finished.stdout, stderr: finished.stderr, seconds };
    },
  };
}

/** Waits until the container runs, works beside it, and stops it when that is done. */
async function attend(container: {
  readonly outer: number;
  readonly pidFile: string;
  readonly meanwhile: NonNullable<ContainerRun['meanwhile']>;
  readonly ended: AbortSignal;
  stopping(): void;
}): Promise<void> {
  const { outer, pidFile, meanwhile, ended, stopping } = container;
  const inner = await innerOf(pidFile, ended);
  const first = inner === undefined ? undefined : await firstProcess(outer);
  if (inner === undefined || first === undefined) return;
  try {
    await meanwhile(createInside({ namespaces: first, process: inner, ended }), ended);
  } catch (error) {
    if (!ended.aborted) throw error;
  } finally {
    if (!ended.aborted) {
      stopping();
      await end(first, inner, ended);
    }
  }
}

/** The container's process as podman's namespace counts; undefined where the container ended before it was known. */
async function innerOf(pidFile: string, ended: AbortSignal): Promise<number | undefined> {
  while (!ended.aborted) {
    const text = await readFile(pidFile, 'utf8').catch(() => '');
    if (/^[0-9]+\s*$/.test(text)) return Number(text);
    await sleep(LOOK_MS);
  }
  return undefined;
}

/** The first process of the namespaces that `unshare` made: podman. What it has opened is closed when it ends. */
async function firstProcess(outer: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${outer}/task/${outer}/children`, 'utf8').catch(() => '');
  return Number(children.trim().split(' ')[0]) || undefined;
}

/** Podman hands the first signal to the container. One that does not end by it is killed alone, so that podman puts away what it keeps of it. */
async function end(first: number, inner: number, ended: AbortSignal): Promise<void> {
  signalTo(first, 'SIGTERM');
  await isOver(ended, STOP_MS);
  if (ended.aborted) return;
  await run('nsenter', ['--target', String(first), '--mount', '--pid', '--', 'sh', '-c', `kill -KILL ${inner}`], { timeoutSeconds: 10 });
  await isOver(ended, GRACE_SECONDS * 1000);
  if (!ended.aborted) signalTo(first, 'SIGKILL');
}

async function isOver(ended: AbortSignal, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal: ended }).catch(() => undefined);
}

function signalTo(process_: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process_, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Rule: containers-auth.json(5). */
function authsOf(reference: string, { username, password }: Credentials): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [reference.split('/')[0]!]: { auth } } });
}

function places(folder: string): readonly string[] {
  // What podman itself logs would be among the words of the container.
  return ['--log-level=fatal', '--root', join(folder, 'storage'), '--runroot', `${RUNNING}/run`, '--tmpdir', `${RUNNING}/tmp`];
}

function lastLine({ stderr, code }: Finished): string {
  return stderr.trim().split('\n').at(-1)?.slice(0, 400) || `code ${code}`;
}
