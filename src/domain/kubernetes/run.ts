import type { HttpExpectation, KubernetesTest } from '../image/suite';

/** One try of a test of an image on a cluster. All of it is named by what it is: the same run asked for again finds what the first one made. */
export interface KubernetesRun {
  /** `sha256:…` of the image, the suite and the test, which attempt of a person it is, and which try of that (from 1). */
  readonly key: {
    readonly digest: string;
    readonly suite: string;
    /** Of the suite, see `suiteContent`: one that was mended finds nothing of the one before. */
    readonly content: string;
    readonly test: string;
    readonly architecture: string;
    readonly attempt: number;
    readonly try: number;
  };
  /** `<host>/<repository>@<digest>`. */
  readonly image: string;
  /** What a Job runs: arguments of the image's own entrypoint; with `program`, of that instead. Absent where the server or the manifest alone is looked at. */
  readonly job?: { readonly program?: readonly string[]; readonly command: readonly string[] };
  readonly timeoutSeconds: number;
  /** A server that is tested: started before, reached by the Job at the address in the environment variable `SERVER`. */
  readonly server?: { readonly program?: readonly string[]; readonly command: readonly string[]; readonly port: number };
  /** Objects that are made before, ready for the namespace. */
  readonly manifests: readonly Manifest[];
  /** What must answer before the Job is started; without server and manifest, the Job's own pod. */
  readonly ports: readonly number[];
  readonly http: readonly HttpExpectation[];
  /** How long the namespace may be kept for a person. */
  readonly keepSeconds: number;
  /** The Pod Security level of the namespace; `baseline` needs a reason. */
  readonly level: { readonly name: 'restricted' } | { readonly name: 'baseline'; readonly reason: string };
  readonly memory: string;
  readonly cpu: string;
}

export type Manifest = Readonly<Record<string, unknown>>;

export const MANAGED = { 'app.kubernetes.io/managed-by': 'millrace' } as const;
/** Of a namespace: seconds since 1970 after which nobody needs it any more. */
export const EXPIRES = 'millrace.dev/expires';
export const TEST = 'test';
export const SERVER = 'server';
/** For pulling the image and starting, beyond the time that the test itself may take. */
export const START_SECONDS = 300;
/** Until a namespace of the same name is gone, and for what is asked of the cluster between. */
const BETWEEN_SECONDS = 300;
/** How OCI and Kubernetes call the architectures of packages. */
const NODES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** What all the tries of a test may take together. */
export function mostSecondsOnCluster({ retries, timeoutSeconds, server, manifest }: KubernetesTest): number {
  const parts = server !== undefined || manifest !== undefined ? 2 : 1;
  return (retries + 1) * (parts * (timeoutSeconds + START_SECONDS) + BETWEEN_SECONDS);
}

/** What a Job of a test runs; undefined where the server or the manifest alone is looked at. */
export function jobOf({ entrypoint, command, server, manifest }: KubernetesTest): KubernetesRun['job'] {
  const alone = (server !== undefined || manifest !== undefined) && !entrypoint && command.length === 0;
  return alone ? undefined : { command, ...(entrypoint ? { program: entrypoint } : {}) };
}

/** How many pods the objects of a manifest make. */
export function podsOf(manifests: readonly Manifest[]): number {
  const count = (value: unknown) => (typeof value === 'number' ? value : 1);
  return manifests.reduce((sum, { kind, spec }) => {
    const { replicas, parallelism } = (spec ?? {}) as { readonly replicas?: unknown; readonly parallelism?: unknown };
    if (kind === 'Deployment' || kind === 'StatefulSet') return sum + count(replicas);
    if (kind === 'Job') return sum + count(parallelism);
    return kind === 'Pod' ? sum + 1 : sum;
  }, 0);
}

/** The namespace of a run: `image-<digest>-<hash of the rest>`. `hash` gives at least 12 hexadecimal digits of a text. */
export function namespaceOf({ key }: Pick<KubernetesRun, 'key'>, hash: (text: string) => string): string {
  const rest = [key.digest, key.content, key.suite, key.test, key.architecture, String(key.attempt), String(key.try)].join('\0');
  return `millrace-${key.digest.replace(/^sha256:/, '').slice(0, 12)}-${hash(rest).slice(0, 12)}`;
}

export function namespaceManifest(name: string, run: KubernetesRun, expires: number): Manifest {
  const { name: level } = run.level;
  const reason = run.level.name === 'baseline' ? { 'millrace.dev/level-reason': run.level.reason } : {};
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...MANAGED, 'pod-security.kubernetes.io/enforce': level, 'pod-security.kubernetes.io/enforce-version': 'latest' },
      annotations: {
        [EXPIRES]: String(expires),
        'millrace.dev/image': run.image,
        'millrace.dev/test': `${run.key.suite}/${run.key.test}, attempt ${run.key.attempt}, try ${run.key.try}`,
        ...reason,
      },
    },
  };
}

const NAMES = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
  ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })),
};

/**
 * What the pods of a run may take together, and that they reach each other and the names of the cluster and nothing else (where its network enforces
 * policies). What is asked through the API server's proxy comes from no pod: where something is, all may come in.
 */
export function limitsOf(namespace: string, run: Pick<KubernetesRun, 'ports' | 'http'>): readonly Manifest[] {
  const metadata = { name: 'limits', namespace, labels: MANAGED };
  const asked = run.ports.length > 0 || run.http.length > 0;
  return [
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata,
      spec: { hard: { pods: '10', 'limits.memory': '8Gi', 'limits.cpu': '8', services: '5', secrets: '5', configmaps: '10' } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [asked ? {} : { from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }, NAMES],
      },
    },
  ];
}

/** The test as a Job of one pod that is never started twice. Who runs it ends it when its time is over; the pod's own deadline is for when nobody does (a Job's would delete the pod with its log). */
export function testJob(
  namespace: string,
  run: KubernetesRun & { readonly job: NonNullable<KubernetesRun['job']> },
  server: string | undefined,
): Manifest {
  const env = server === undefined ? [] : [{ name: 'SERVER', value: server }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: TEST, namespace, labels: MANAGED },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { ...MANAGED, 'millrace.dev/part': TEST } },
        spec: { ...podOf(run, run.job, TEST, { env }), activeDeadlineSeconds: run.timeoutSeconds + START_SECONDS },
      },
    },
  };
}

/** The server under test: a pod that is not started again when it ends. */
export function serverPod(namespace: string, run: KubernetesRun & { readonly server: NonNullable<KubernetesRun['server']> }): Manifest {
  const probe = { tcpSocket: { port: run.server.port }, periodSeconds: 1, failureThreshold: 30 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: SERVER, namespace, labels: { ...MANAGED, 'millrace.dev/part': SERVER } },
    spec: {
      ...podOf(run, run.server, SERVER, { readinessProbe: probe }),
      activeDeadlineSeconds: run.timeoutSeconds + 2 * START_SECONDS,
    },
  };
}

/** A pod that the restricted level admits: whatever the level of the namespace, less is not asked for. */
function podOf(run: KubernetesRun, { program, command }: NonNullable<KubernetesRun['job']>, name: string, more: Manifest): Manifest {
  const resources = { memory: run.memory, cpu: run.cpu };
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    nodeSelector: { 'kubernetes.io/arch': NODES[run.key.architecture] ?? run.key.architecture },
    securityContext: { runAsNonRoot: run.level.name === 'restricted', seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name,
        image: run.image,
        imagePullPolicy: 'IfNotPresent',
        ...(program ? { command: program } : {}),
        args: command,
        resources: { limits: resources, requests: resources },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...more,
      },
    ],
  };
}
