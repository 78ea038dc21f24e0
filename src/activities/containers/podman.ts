import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { infrastructure } from '../melange/infrastructure';
import { run } from '../process';
import type { Finished } from '../process';

/** One run of an image. */
export interface ContainerRun {
  /** After the image's own entrypoint. */
  readonly arguments: readonly string[];
  readonly network: boolean;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

export interface ContainerReport {
  readonly code: number;
  readonly timedOut: boolean;
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
  readonly signal?: AbortSignal;
}): Promise<PulledImage> {
  const { reference, architecture, plain, folder, signal } = request;
  await mkdir(folder, { recursive: true });
  const [configuration, policy] = [join(folder, 'containers.conf'), join(folder, 'policy.json')];
  await writeFile(configuration, CONFIGURATION);
  await writeFile(policy, JSON.stringify(POLICY));
  const podman = async (
    args: readonly string[],
    options: { readonly timeoutSeconds: number; readonly signal?: AbortSignal },
  ): Promise<Finished> =>
    await run('unshare', [...NAMESPACES, 'sh', '-c', INSIDE, 'sh', 'podman', ...places(folder), ...args], {
      ...options,
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: folder, TMPDIR: folder, CONTAINERS_CONF: configuration },
    });
  const pulled = await podman(
    ['pull', '--quiet', '--signature-policy', policy, `--tls-verify=${String(!plain)}`, '--arch', architecture, reference],
    { timeoutSeconds: PULL_SECONDS, ...(signal ? { signal } : {}) },
  );
  if (pulled.code !== 0) throw infrastructure(`podman cannot pull ${reference}: ${lastLine(pulled)}`);
  return {
    async run({ arguments: args, network, timeoutSeconds, signal: stop }) {
      const started = Date.now();
      const finished = await podman(
        [
          ...['run', '--rm', '--pull=never', '--arch', architecture, network ? '--network=bridge' : '--network=none'],
          ...['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', `--memory=${MEMORY}`, `--memory-swap=${MEMORY}`],
          ...[`--pids-limit=${PROCESSES}`, '--cpus=1', `--timeout=${timeoutSeconds}`, '--log-driver=none', reference, ...args],
        ],
        { timeoutSeconds: timeoutSeconds + GRACE_SECONDS, ...(stop ? { signal: stop } : {}) },
      );
      const seconds = (Date.now() - started) / 1000;
      // 125: podman's own failure, see podman-run(1). It ends one that is too late with 255, and says no more of it.
      if (finished.code === 125) throw infrastructure(`podman cannot run ${reference}: ${lastLine(finished)}`);
      const timedOut = finished.timedOut || (finished.code === 255 && seconds >= timeoutSeconds);
      return { code: finished.code, timedOut, stdout: finished.stdout, stderr: finished.stderr, seconds };
    },
  };
}

function places(folder: string): readonly string[] {
  return ['--root', join(folder, 'storage'), '--runroot', `${RUNNING}/run`, '--tmpdir', `${RUNNING}/tmp`];
}

function lastLine({ stderr, code }: Finished): string {
  return stderr.trim().split('\n').at(-1)?.slice(0, 400) || `code ${code}`;
}
