import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import type { Verdict } from '../../domain/check/verdict';
import { ENTRYPOINT_SUITE } from '../../domain/image/gate';
import type { ImageTest, Suite } from '../../domain/image/suite';
import type { PlannedTest, SuiteRun } from '../../domain/image/suite-run';
import { passKey, suiteVerdict } from '../../domain/image/verdict-of-suite';
import { mostSecondsOnCluster } from '../../domain/kubernetes/run';
import type { SuiteActivities } from '../contract';
import { imageSpecOf, suiteOf } from '../images/read-locked';
import { createClusterTests, type ClusterPlace } from '../kubernetes/tests';
import type { CredentialSource } from '../registry/credentials';
import type { Store } from '../store/store';
import { createContainerTests, mostSecondsHere } from './tests';

export interface SuiteDeps {
  readonly store: Store;
  /** `http(s)://host[:port]`. */
  readonly registry: string;
  /** For a registry that asks for them. */
  readonly credentials?: CredentialSource;
  readonly work: string;
  readonly now: () => Date;
  /** Where tests of kind `kubernetes` run; without it they cannot. */
  readonly kubernetes?: ClusterPlace;
}

const NATIVE: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const NO_CLUSTER =
  'a test of kind kubernetes needs a cluster: name its kubeconfig in millrace.yaml (`kubernetes: { kubeconfig: … }`); `millrace cluster up` starts one on this machine';

/** The steps of a suite: tests of kind `container` run on this machine, those of kind `kubernetes` on the cluster. Throws the retryable `Infrastructure`, and `ClusterRefused`. */
export function createSuiteActivities(deps: SuiteDeps): SuiteActivities {
  const { store } = deps;
  const containers = createContainerTests(deps);
  const cluster = deps.kubernetes && createClusterTests({ ...deps, kubernetes: deps.kubernetes });
  const testOf = async (
    { lock, suite }: SuiteRun,
    test: string,
  ): Promise<{ readonly suite: Suite; readonly test: ImageTest } | undefined> => {
    if (suite === ENTRYPOINT_SUITE && lock.suites.length === 0) return undefined;
    const read = await suiteOf(store, lock, suite);
    const found = read.tests.find(({ name }) => name === test);
    if (!found) throw new Error(`the suite ${suite} of ${lock.image} has no test ${JSON.stringify(test)}`);
    return { suite: read, test: found };
  };

  return {
    async planSuite(run) {
      const { lock, built } = run;
      const passed = run.anew ? undefined : await store.readRecord<Verdict>('verdicts', passKey(run, sha256));
      const sniffs = run.suite === ENTRYPOINT_SUITE && lock.suites.length === 0;
      const suite = sniffs ? undefined : await suiteOf(store, lock, run.suite);
      const spec = await imageSpecOf(store, lock);
      const tests: PlannedTest[] = [];
      const [untested, impossible]: [string[], string[]] = [[], []];
      for (const architecture of Object.keys(built.sboms)) {
        const reason = spec.untested[architecture];
        const wanted = suite?.tests.map((test) => ({ test: test.name, kind: test.kind, mostSeconds: mostSeconds(test) })) ?? [
          { test: ENTRYPOINT_SUITE, kind: 'container' as const, mostSeconds: mostSecondsHere(undefined) },
        ];
        if (reason !== undefined && !canRun(architecture)) {
          untested.push(`${architecture}: untested by image.yaml: ${reason}`);
          continue;
        }
        const here = wanted.filter(({ kind }) => (kind === 'container' ? canRun(architecture) : cluster !== undefined));
        if (wanted.some(({ kind }) => kind === 'container') && !canRun(architecture))
          impossible.push(
            `${architecture}: this machine cannot run it: install qemu-user-static, or name it under \`untested\` in image.yaml with a reason`,
          );
        if (wanted.some(({ kind }) => kind === 'kubernetes') && !cluster) impossible.push(`${architecture}: ${NO_CLUSTER}`);
        tests.push(...here.map((test) => ({ ...test, architecture })));
      }
      const pause = suite?.pause ?? { mode: 'never', seconds: 0 };
      return {
        order: suite?.order ?? 'in-order',
        tests,
        pause: run.pause ? { ...pause, mode: run.pause } : pause,
        ...{ untested, impossible },
        ...(passed ? { passed } : {}),
      };
    },
    async runTest({ keep, ...input }) {
      const found = await testOf(input, input.test);
      if (found?.test.kind !== 'kubernetes') return await containers.run(input, found?.test);
      if (!cluster) throw new Error(NO_CLUSTER);
      return await cluster.run(input, found.suite, found.test, keep);
    },
    async discardTest(input) {
      const found = await testOf(input, input.test);
      if (found?.test.kind === 'kubernetes') await cluster?.discard(input, found.suite, found.test);
    },
    async concludeSuite(input) {
      const verdict = suiteVerdict(input, input);
      if (verdict.outcome === 'passed') await store.writeRecord('verdicts', passKey(input, sha256), verdict);
      return verdict;
    },
  };
}

const mostSeconds = (test: ImageTest) => (test.kind === 'container' ? mostSecondsHere(test) : mostSecondsOnCluster(test));

/** Whether programs of an architecture run here: this machine's own, and those that the kernel has an interpreter for. */
function canRun(architecture: string): boolean {
  return NATIVE[arch()] === architecture || existsSync(`/proc/sys/fs/binfmt_misc/qemu-${architecture}`);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
