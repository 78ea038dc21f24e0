import { createHash } from 'node:crypto';
import { lacking } from '../../domain/image/expected';
import type { KubernetesTest, Suite } from '../../domain/image/suite';
import { logOfTest, suiteContent, type Pause, type SuiteRun, type TestOutcome } from '../../domain/image/suite-run';
import { jobOf, type KubernetesRun } from '../../domain/kubernetes/run';
import { placeManifest, readManifest, type Manifest } from '../../domain/kubernetes/manifest';
import { formatProblem } from '../../domain/result';
import { lastLines } from '../../domain/text/last-lines';
import { manifestOf } from '../images/read-locked';
import { underHeartbeat } from '../melange/activity-life';
import type { Store } from '../store/store';
import { connectCluster } from './cluster-client';
import { outputIn } from './run-log';
import { createKubernetesRunner, runNamespace, type KubernetesReport } from './runner';

/** Where tests run, and how the cluster reaches the registry (`host[:port]`). */
export interface ClusterPlace {
  readonly kubeconfig: string;
  readonly registry: string;
}

/** Tests on a cluster. What a test began stays there until `discard`, so that a worker that dies is followed by one that finds it. Throws `ClusterRefused` and the retryable `Infrastructure`. */
export function createClusterTests(deps: { readonly store: Store; readonly now: () => Date; readonly kubernetes: ClusterPlace }) {
  const { store, now, kubernetes } = deps;
  // Read again each time: a kubeconfig that was renewed counts at once.
  const connect = async () => createKubernetesRunner({ cluster: await connectCluster(kubernetes.kubeconfig), store, now });

  return {
    async run(input: OneTest, suite: Suite, test: KubernetesTest, keep: Pause['mode']): Promise<TestOutcome> {
      const runner = await connect();
      const runs = await triesOf(input, suite, test, keep);
      const started = now().getTime();
      const first = (await runner.newest(runs)) ?? 1;
      for (const run of runs.slice(first - 1)) {
        const log = logOf(input, run);
        const { report, wrong } = await underHeartbeat(log, async (life) => {
          const ended = await runner.run(run, log, life);
          const missing = unexpected(test, ended, await outputIn(await store.log(log)));
          if (missing.length > 0) await runner.explain(run, log);
          return { report: ended, wrong: missing };
        });
        const passed = wrong.length === 0;
        const next = runs[run.key.try];
        if (!passed && next) {
          // In this order: that the next try was begun says that this one failed.
          await runner.begin(next);
          await runner.discard(run);
          continue;
        }
        const kept = keep === 'always' || (keep === 'on-error' && !passed);
        const { namespace } = report;
        const look = `kubectl --kubeconfig ${kubernetes.kubeconfig} --namespace ${namespace} get pods`;
        return {
          ...{ test: test.name, architecture: input.architecture, passed, tries: run.key.try, wrong },
          ...{ seconds: (now().getTime() - started) / 1000, output: lastLines(await outputIn(await store.log(log))), log },
          ...(kept ? { kept: { namespace, look } } : {}),
        };
      }
      throw new Error('a test has at least one try');
    },
    async discard(input: OneTest, suite: Suite, test: KubernetesTest): Promise<void> {
      const runner = await connect();
      for (const run of await triesOf(input, suite, test, 'never')) await runner.discard(run);
      await runner.collect();
    },
    /** Deletes what runs left behind that nobody asks for any more. */
    async collect(): Promise<readonly string[]> {
      return await (await connect()).collect();
    },
  };

  async function triesOf(input: OneTest, suite: Suite, test: KubernetesTest, keep: Pause['mode']): Promise<readonly KubernetesRun[]> {
    const { lock, built, attempt, architecture } = input;
    const image = `${kubernetes.registry}/${lock.repository}@${built.digest}`;
    const { server, timeoutSeconds, memory, cpu, expect } = test;
    const job = jobOf(test);
    const content = suiteContent(input);
    const manifest = test.manifest === undefined ? undefined : await manifestFor(input, suite, test.manifest);
    const run: Omit<KubernetesRun, 'key' | 'manifests'> = {
      ...{ image, timeoutSeconds, memory, cpu, level: suite.level, ports: expect.ports, http: expect.http },
      ...(job ? { job } : {}),
      ...(server
        ? { server: { command: server.command, port: server.port, ...(server.entrypoint ? { program: server.entrypoint } : {}) } }
        : {}),
      keepSeconds: keep === 'never' ? 0 : suite.pause.seconds,
    };
    return Array.from({ length: test.retries + 1 }, (_, index) => {
      const key = {
        ...{ digest: built.digest, suite: suite.name, content },
        ...{ test: test.name, architecture, attempt, try: index + 1 },
      };
      const place = { namespace: runNamespace({ key }), image, memory, cpu };
      return { ...run, key, manifests: manifest ? placeManifest(manifest, place) : [] };
    });
  }

  /** It was read when the image was locked. */
  async function manifestFor({ lock }: OneTest, suite: Suite, file: string): Promise<Manifest> {
    const read = readManifest(await manifestOf(store, lock, suite.name, file), file, suite.level.name);
    if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
    return read.value;
  }
}

type OneTest = SuiteRun & { readonly architecture: string };

/** Two tests may have names that are alike in a file's name, and a mended suite has the names of the one before. */
function logOf(input: OneTest, { key }: KubernetesRun): string {
  const distinct = createHash('sha256').update(`${key.content}\0${key.test}`).digest('hex').slice(0, 6);
  return logOfTest(input, key.test, `${distinct}-try-${key.try}`);
}

/** Kubernetes keeps one log of both streams: what either must hold is looked for in it. */
function unexpected({ expect }: KubernetesTest, report: KubernetesReport, output: string): readonly string[] {
  if (report.outcome === 'failed') return [report.reason];
  const { exit, reason } = report.outcome === 'ended' ? report : { exit: expect.exit, reason: undefined };
  return [
    ...(exit === expect.exit ? [] : [`it ended with code ${exit}${reason === undefined ? '' : ` (${reason})`}, not ${expect.exit}`]),
    ...(expect.stdout ? lacking(expect.stdout, output, 'the output') : []),
    ...(expect.stderr ? lacking(expect.stderr, output, 'the output') : []),
  ];
}
