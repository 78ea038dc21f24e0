import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { podStanding, TOO_LONG, type PodState, type PodStanding } from '../../domain/kubernetes/pod';
import {
  EXPIRES,
  limitsOf,
  MANAGED,
  namespaceManifest,
  namespaceOf,
  podsOf,
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
import { missingAnswers } from './answers';
import { note, openRunLog, type RunLog } from './run-log';

/** How a run ended. */
export type KubernetesReport = End & { readonly namespace: string; readonly seconds: number };

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
    const most = 2 * (run.timeoutSeconds + START_SECONDS) + run.keepSeconds + KEPT_SECONDS;
    await cluster.create(namespaceManifest(namespace, run, Math.floor(now().getTime() / 1000) + most));
    for (const manifest of limitsOf(namespace, run)) await cluster.create(manifest);
  };

  const podsWith = async (namespace: string, selector: string): Promise<readonly Seen[]> =>
    (await cluster.pods(namespace, selector)).map((pod) => ({ pod, name: pod.metadata?.name ?? '', standing: podStanding(pod) }));

  /** Makes what is tested, and waits until it is ready. */
  const startTested = async (namespace: string, run: KubernetesRun, life: RunLife): Promise<Tested | { readonly failed: string }> => {
    const { server, manifests } = run;
    if (server) await cluster.create(serverPod(namespace, { ...run, server }));
    for (const manifest of manifests) await cluster.create(manifest);
    const wanted = (server ? 1 : 0) + podsOf(manifests);
    const deadline = Date.now() + START_SECONDS * 1000;
    for (;;) {
      const pods = await podsWith(namespace, OTHERS);
      const ready = pods.filter(({ standing }) => (standing.kind === 'running' && standing.ready) || isDone(standing));
      if (ready.length >= wanted)
        return { pods, since: Math.max(0, ...pods.map(({ standing }) => (standing.kind === 'running' ? standing.since : 0))) };
      const dead = pods.find(({ name, standing }) => name === SERVER && (standing.kind === 'ended' || standing.kind === 'lost'));
      if (dead) return { failed: `the server: ${told(dead.standing)} before it answered` };
      const waiting = pods.filter((pod) => !ready.includes(pod)).map(({ name, standing }) => `${name}: ${told(standing)}`);
      const refused = pods.length < wanted ? await refusal(namespace) : undefined;
      if (refused?.includes('violates PodSecurity')) return { failed: refused };
      if (Date.now() > deadline)
        return { failed: `not ready after ${START_SECONDS} s: ${refused ?? (waiting.join('; ') || told(undefined))}` };
      life.say(waiting.join('; ') || refused || told(undefined));
      await pause(life);
    }
  };

  /** Why pods of a controller are not made: only its events say. */
  const refusal = async (namespace: string): Promise<string | undefined> =>
    (await cluster.events(namespace))
      .filter(({ text }) => text.startsWith('FailedCreate'))
      .map(({ about, text }) => `${about}: ${text}`)
      .at(-1);

  /** Follows the test's pod to its end, or until it answers as it must; the log is read from where the file in the store ends. */
  const follow = async (namespace: string, run: KubernetesRun, log: RunLog, life: RunLife, asks: boolean): Promise<End> => {
    const starting = Date.now() + START_SECONDS * 1000;
    for (;;) {
      const seen = (await podsWith(namespace, `millrace.dev/part=${TEST}`))[0];
      const standing = seen?.standing;
      if (seen && standing && standing.kind !== 'starting') {
        const running = standing.kind === 'running';
        const uid = seen.pod.metadata?.uid ? { pod: seen.pod.metadata.uid } : {};
        const missing = asks && running ? await missingAnswers(cluster, namespace, run, [seen.name]) : [];
        await readLog(namespace, seen.name, log, life, running ? (asks ? STEP_MS : FOLLOW_MS) : undefined);
        if (asks && running && missing.length === 0) return { outcome: 'answered', ...uid };
        if (standing.kind === 'ended' && asks)
          return { outcome: 'failed', reason: `${told(standing)} before it answered as expected`, ...uid };
        if (standing.kind === 'ended') {
          const { exit, reason } = standing;
          return { outcome: 'ended', exit, ...(reason ? { reason } : {}), ...uid };
        }
        if (standing.kind === 'lost') return { outcome: 'failed', reason: standing.reason, ...uid };
        if (now().getTime() - standing.since > run.timeoutSeconds * 1000)
          return { outcome: 'failed', reason: asks ? missing.join('; ') : TOO_LONG, ...uid };
        if (asks) life.say(missing.join('; '));
      } else if (Date.now() > starting) {
        return { outcome: 'failed', reason: `it did not start within ${START_SECONDS} s: ${(await refusal(namespace)) ?? told(standing)}` };
      } else life.say(told(standing));
      await pause(life);
    }
  };

  /** Asks what is tested until all of it is as expected; undefined then, else what is not. */
  const awaitAnswers = async (
    namespace: string,
    run: KubernetesRun,
    { pods, since }: Tested,
    life: RunLife,
  ): Promise<string | undefined> => {
    for (;;) {
      const missing = await missingAnswers(
        cluster,
        namespace,
        run,
        pods.map(({ name }) => name),
      );
      if (missing.length === 0) return undefined;
      if (now().getTime() - since > run.timeoutSeconds * 1000) return missing.join('; ');
      life.say(missing.join('; '));
      await pause(life);
    }
  };

  /** `followMs`: how long at most of a running pod; its lines are in the store by then. */
  const readLog = async (namespace: string, pod: string, log: RunLog, life: RunLife, followMs: number | undefined): Promise<void> => {
    const stop = new AbortController();
    const timer = followMs === undefined ? undefined : setTimeout(() => stop.abort(), followMs);
    const since = log.since();
    try {
      await cluster.readLog({
        namespace,
        pod,
        read: { follow: true, ...(since === undefined ? {} : { since }) },
        signal: life.signal ? AbortSignal.any([life.signal, stop.signal]) : stop.signal,
        onLine: log.take,
      });
    } finally {
      clearTimeout(timer);
      log.flush();
      const last = log.last();
      if (last !== undefined) life.say(last);
    }
  };

  /** The last lines of the pods that are tested; as lines of the log where there is no other, else as a note. */
  const tellTested = async (namespace: string, file: string, log: RunLog | undefined): Promise<void> => {
    for (const { name } of await podsWith(namespace, OTHERS)) {
      const lines: string[] = [];
      const read = { follow: false, lines: TOLD_LINES } as const;
      await cluster.readLog({ namespace, pod: name, read, signal: AbortSignal.timeout(FOLLOW_MS), onLine: (line) => lines.push(line) });
      if (log) lines.forEach(log.take);
      else await note(file, [`the log of ${name}:`, ...lines]);
    }
    log?.flush();
  };

  return {
    /** Makes a run's namespace, or finds it. */
    begin: (run: KubernetesRun): Promise<void> => begin(runNamespace(run), run),
    /**
     * Runs a test to its end. The namespace stays until `discard`: a worker that dies between the end and its report finds the end. When `life.signal` aborts (cancelled, or the worker is stopped) the run
     * goes on; whoever cancelled it discards it. Throws `ClusterRefused` and `Infrastructure`.
     */
    async run(run: KubernetesRun, log: string, life: RunLife): Promise<KubernetesReport> {
      const started = Date.now();
      const namespace = runNamespace(run);
      const file = await store.log(log);
      const writer = openRunLog(file);
      const ended = (end: End): KubernetesReport => {
        writer.finish();
        return { namespace, seconds: (Date.now() - started) / 1000, ...end };
      };
      await begin(namespace, run);
      const tested = run.server !== undefined || run.manifests.length > 0;
      const asks = run.ports.length > 0 || run.http.length > 0;
      if (!tested) {
        await cluster.create(testJob(namespace, { ...run, job: run.job ?? { command: [] } }, undefined));
        return ended(await follow(namespace, run, writer, life, asks));
      }
      const ready = await startTested(namespace, run, life);
      if ('failed' in ready) return ended({ outcome: 'failed', reason: ready.failed });
      const missing = asks ? await awaitAnswers(namespace, run, ready, life) : undefined;
      if (!run.job) await tellTested(namespace, file, writer);
      if (missing !== undefined) return ended({ outcome: 'failed', reason: missing });
      if (!run.job) return ended({ outcome: 'answered' });
      const server = ready.pods.find(({ name }) => name === SERVER)?.standing;
      const address = server?.kind === 'running' && run.server ? `${server.address}:${run.server.port}` : undefined;
      await cluster.create(testJob(namespace, { ...run, job: run.job }, address));
      return ended(await follow(namespace, run, writer, life, false));
    },
    /** Adds to the log what the cluster said, for whoever asks why it failed. */
    async explain(run: KubernetesRun, log: string): Promise<void> {
      const namespace = runNamespace(run);
      const file = await store.log(log);
      const events = await cluster.events(namespace);
      if (run.job) await tellTested(namespace, file, undefined);
      await note(
        file,
        events.map(({ at, about, text }) => `${at} ${about}: ${text}`),
      );
    },
    /** The last of these tries that was begun: it was begun because those before it failed. */
    async newest(tries: readonly KubernetesRun[]): Promise<number | undefined> {
      for (const run of [...tries].reverse()) {
        const found = await cluster.namespace(runNamespace(run));
        if (found && !found.terminating) return run.key.try;
      }
      return undefined;
    },
    /** Deletes all that a run left in the cluster. */
    async discard(run: Pick<KubernetesRun, 'key'>): Promise<void> {
      await cluster.deleteNamespace(runNamespace(run));
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

interface Seen {
  readonly pod: PodState;
  readonly name: string;
  readonly standing: PodStanding;
}

/** What is tested, and since when all of it runs (milliseconds since 1970). */
interface Tested {
  readonly pods: readonly Seen[];
  readonly since: number;
}

/** The Job's container ended with a code, or all that is asked of a server is as expected, or neither. `pod` is the uid of the Job's one. */
type End = { readonly pod?: string } & (
  | { readonly outcome: 'ended'; readonly exit: number; readonly reason?: string }
  | { readonly outcome: 'answered' }
  | { readonly outcome: 'failed'; readonly reason: string }
);

const OTHERS = `millrace.dev/part!=${TEST}`;
/** A reading is ended and begun anew so often. */
const FOLLOW_MS = 5_000;
const TOLD_LINES = 1_000;

const isDone = (standing: PodStanding) => standing.kind === 'ended' && standing.exit === 0;

async function pause(life: RunLife): Promise<void> {
  await sleep(STEP_MS, undefined, life.signal ? { signal: life.signal } : {});
}

function told(standing: PodStanding | undefined): string {
  if (!standing) return 'there is no pod yet';
  if (standing.kind === 'starting') return standing.why ?? 'the pod starts';
  if (standing.kind === 'running') return standing.ready ? 'it runs' : 'it runs and is not ready';
  return standing.kind === 'ended' ? `it ended with code ${standing.exit}` : standing.reason;
}

/** The namespace of a run: the same run has the same. */
export function runNamespace(run: Pick<KubernetesRun, 'key'>): string {
  return namespaceOf(run, (text) => createHash('sha256').update(text).digest('hex'));
}
