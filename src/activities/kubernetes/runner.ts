import { createHash } from 'node:crypto';
import { appendFile, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NOTHING_KEPT, newLines, type KeptLog } from '../../domain/kubernetes/log-lines';
import { podStanding, TOO_LONG, type PodState, type PodStanding } from '../../domain/kubernetes/pod';
import {
  EXPIRES,
  limitsOf,
  MANAGED,
  namespaceManifest,
  namespaceOf,
  SERVER,
  serverPod,
  START_SECONDS,
  TEST,
  testJob,
  type KubernetesRun,
} from '../../domain/kubernetes/run';
import { infrastructure } from '../melange/infrastructure';
import type { Store } from '../store/store';
import type { ClusterClient } from './cluster-client';

/** How a run ended. `log` is its name in the store. */
export type KubernetesReport = {
  readonly namespace: string;
  readonly log: string;
  readonly seconds: number;
  /** Of the test's one pod. */
  readonly pod?: string;
} & (
  { readonly outcome: 'ended'; readonly exit: number; readonly reason?: string } | { readonly outcome: 'failed'; readonly reason: string }
);

export interface RunLife {
  readonly signal?: AbortSignal;
  say(line: string): void;
}

const STEP_MS = 1_000;
const GONE_SECONDS = 120;
/** A namespace is collected this long after its run should have ended. */
const KEPT_SECONDS = 3600;

/** Runs tests on a cluster. A run that was begun is found by its name and gone on with: it is never started twice, and its log has every line once. */
export function createKubernetesRunner(deps: { readonly cluster: ClusterClient; readonly store: Store; readonly now: () => Date }) {
  const { cluster, store, now } = deps;

  const begin = async (namespace: string, run: KubernetesRun): Promise<void> => {
    const deadline = Date.now() + GONE_SECONDS * 1000;
    while ((await cluster.namespace(namespace))?.terminating) {
      if (Date.now() > deadline) throw infrastructure(`namespace ${namespace} is being deleted for ${GONE_SECONDS} s`);
      await sleep(STEP_MS);
    }
    const expires = Math.floor(now().getTime() / 1000) + run.timeoutSeconds + 2 * START_SECONDS + KEPT_SECONDS;
    await cluster.create(namespaceManifest(namespace, run, expires));
    for (const manifest of limitsOf(namespace)) await cluster.create({ ...manifest });
  };

  /** Waits until the server answers at its port, and gives its address. */
  const startServer = async (namespace: string, run: KubernetesRun, life: RunLife): Promise<string | { readonly failed: string }> => {
    if (!run.server) return '';
    await cluster.create(serverPod(namespace, { ...run, server: run.server }));
    const deadline = Date.now() + START_SECONDS * 1000;
    for (;;) {
      const standing = await standingOf(namespace, SERVER);
      if (standing?.kind === 'running' && standing.ready && standing.address) return `${standing.address}:${run.server.port}`;
      if (standing?.kind === 'ended') return { failed: `the server ended with code ${standing.exit} before it answered` };
      if (standing?.kind === 'lost') return { failed: `the server: ${standing.reason}` };
      if (Date.now() > deadline) return { failed: `the server does not answer after ${START_SECONDS} s: ${told(standing)}` };
      life.say(`the server: ${told(standing)}`);
      await pause(life);
    }
  };

  const standingOf = async (namespace: string, part: string): Promise<PodStanding | undefined> => {
    const pod = await podOf(namespace, part);
    return pod && podStanding(pod);
  };
  const podOf = async (namespace: string, part: string): Promise<PodState | undefined> =>
    (await cluster.pods(namespace, `millrace.dev/part=${part}`))[0];

  /** Follows the test's pod to its end; the log is read from where the file in the store ends. */
  const follow = async (
    namespace: string,
    timeoutSeconds: number,
    log: string,
    life: RunLife,
  ): Promise<PodStanding & { readonly pod?: string }> => {
    const file = await store.log(log);
    let kept = await keptIn(file);
    const starting = Date.now() + START_SECONDS * 1000;
    for (;;) {
      const pod = await podOf(namespace, TEST);
      const standing = pod ? podStanding(pod) : undefined;
      if (standing && standing.kind !== 'starting') {
        kept = await readLog(namespace, pod!.metadata!.name!, file, kept, life, standing.kind === 'running');
        const uid = pod?.metadata?.uid ? { pod: pod.metadata.uid } : {};
        if (standing.kind !== 'running') return { ...standing, ...uid };
        if (now().getTime() - standing.since > timeoutSeconds * 1000) return { kind: 'lost', reason: TOO_LONG, ...uid };
      } else if (Date.now() > starting) {
        return { kind: 'lost', reason: `it did not start within ${START_SECONDS} s: ${told(standing)}` };
      } else life.say(told(standing));
      await pause(life);
    }
  };

  const readLog = async (
    namespace: string,
    pod: string,
    file: string,
    from: KeptLog,
    life: RunLife,
    follows: boolean,
  ): Promise<KeptLog> => {
    let kept = from;
    const stop = new AbortController();
    const timer = follows ? setTimeout(() => stop.abort(), FOLLOW_MS) : undefined;
    const lines: string[] = [];
    try {
      await cluster.followLog({
        namespace,
        pod,
        ...(kept.last === undefined ? {} : { since: `${kept.last.slice(0, 19)}Z` }),
        signal: life.signal ? AbortSignal.any([life.signal, stop.signal]) : stop.signal,
        onLine: (line) => {
          const read = newLines(kept, [line]);
          kept = read.kept;
          lines.push(...read.fresh);
        },
      });
    } finally {
      clearTimeout(timer);
      if (lines.length > 0) {
        await appendFile(file, `${lines.join('\n')}\n`);
        life.say(lines.at(-1)!.replace(/^\S+ /, ''));
      }
    }
    return kept;
  };

  /** What the cluster said, for whoever asks why it failed. */
  const explain = async (namespace: string, log: string): Promise<void> => {
    const events = await cluster.events(namespace).catch(() => []);
    const lines = events.map(({ at, about, text }) => `${at} event: ${about}: ${text}`);
    if (lines.length > 0) await appendFile(await store.log(log), `${lines.join('\n')}\n`);
  };

  return {
    /**
     * Runs a test to its end. The namespace stays until `discard`: a worker that dies between the end and its report finds the end. When `life.signal` aborts (cancelled, or the worker is stopped) the run
     * goes on; whoever cancelled it discards it. Throws `ClusterRefused` and `Infrastructure`.
     */
    async run(run: KubernetesRun, log: string, life: RunLife): Promise<KubernetesReport> {
      const started = Date.now();
      const namespace = namespaceOf(run, sha256);
      const report = { namespace, log };
      const seconds = () => (Date.now() - started) / 1000;
      await begin(namespace, run);
      const server = await startServer(namespace, run, life);
      if (typeof server !== 'string') {
        await explain(namespace, log);
        return { ...report, seconds: seconds(), outcome: 'failed', reason: server.failed };
      }
      await cluster.create(testJob(namespace, run, server === '' ? undefined : server));
      const end = await follow(namespace, run.timeoutSeconds, log, life);
      const pod = end.pod === undefined ? {} : { pod: end.pod };
      if (end.kind === 'ended') {
        if (end.exit !== 0) await explain(namespace, log);
        return { ...report, ...pod, seconds: seconds(), outcome: 'ended', exit: end.exit, ...(end.reason ? { reason: end.reason } : {}) };
      }
      await explain(namespace, log);
      return { ...report, ...pod, seconds: seconds(), outcome: 'failed', reason: end.kind === 'lost' ? end.reason : told(end) };
    },
    /** Deletes all that a run left in the cluster. */
    async discard(run: Pick<KubernetesRun, 'key'>): Promise<void> {
      await cluster.deleteNamespace(namespaceOf(run, sha256));
    },
    /** Deletes namespaces whose time is over: leftovers of runs that nobody asks for any more. */
    async collect(): Promise<readonly string[]> {
      const nowSeconds = now().getTime() / 1000;
      const expired = (await cluster.namespaces(MANAGED)).filter(
        ({ annotations }) => Number(annotations[EXPIRES] ?? Infinity) < nowSeconds,
      );
      for (const { name } of expired) await cluster.deleteNamespace(name);
      return expired.map(({ name }) => name);
    },
  };
}

export type KubernetesRunner = ReturnType<typeof createKubernetesRunner>;

/** A reading is ended and begun anew so often: its lines are in the store by then. */
const FOLLOW_MS = 5_000;

async function pause(life: RunLife): Promise<void> {
  await sleep(STEP_MS, undefined, life.signal ? { signal: life.signal } : {});
}

function told(standing: PodStanding | undefined): string {
  if (!standing) return 'there is no pod yet';
  if (standing.kind === 'starting') return standing.why ?? 'the pod starts';
  if (standing.kind === 'running') return standing.ready ? 'it runs' : 'it runs and is not ready';
  return standing.kind === 'ended' ? `ended with code ${standing.exit}` : standing.reason;
}

/** The end of a log that an earlier worker wrote; what it did not finish writing is cut off. */
async function keptIn(file: string): Promise<KeptLog> {
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    await handle.truncate(size - Buffer.byteLength(text.slice(whole.length)));
    const lines = whole.split('\n').filter((line) => /^\d{4}-\d\d-\d\dT\S+Z /.test(line) && !/ event: /.test(line));
    return newLines(NOTHING_KEPT, lines.slice(-KEPT_LINES)).kept;
  } finally {
    await handle.close();
  }
}

const TAIL_BYTES = 256 * 1024;
const KEPT_LINES = 500;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
