/** One test of an image on a cluster. All of it is named by what it is: the same run asked for again finds what the first one made. */
export interface KubernetesRun {
  /** `sha256:…` of the image, the suite and the test, and which attempt of a person it is. */
  readonly key: {
    readonly digest: string;
    readonly suite: string;
    readonly test: string;
    readonly architecture: string;
    readonly attempt: number;
  };
  /** `<host>/<repository>@<digest>`. */
  readonly image: string;
  /** Arguments of the image's own entrypoint; with `program`, of that instead. */
  readonly command: readonly string[];
  readonly program?: readonly string[];
  readonly timeoutSeconds: number;
  /** A server that is tested: started before, reached by the test at the address in the environment variable `SERVER`. */
  readonly server?: { readonly program?: readonly string[]; readonly command: readonly string[]; readonly port: number };
  /** The Pod Security level of the namespace; `baseline` needs a reason. */
  readonly level: { readonly name: 'restricted' } | { readonly name: 'baseline'; readonly reason: string };
  readonly memory: string;
  readonly cpu: string;
}

export const MANAGED = { 'app.kubernetes.io/managed-by': 'millrace' } as const;
/** Of a namespace: seconds since 1970 after which nobody needs it any more. */
export const EXPIRES = 'millrace.dev/expires';
export const TEST = 'test';
export const SERVER = 'server';
/** For pulling the image and starting, beyond the time that the test itself may take. */
export const START_SECONDS = 300;

/** The namespace of a run: `image-<digest>-<hash of the rest>`. `hash` gives at least 12 hexadecimal digits of a text. */
export function namespaceOf({ key }: Pick<KubernetesRun, 'key'>, hash: (text: string) => string): string {
  const rest = [key.digest, key.suite, key.test, key.architecture, String(key.attempt)].join('\0');
  return `millrace-${key.digest.replace(/^sha256:/, '').slice(0, 12)}-${hash(rest).slice(0, 12)}`;
}

type Manifest = Readonly<Record<string, unknown>>;

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
        'millrace.dev/test': `${run.key.suite}/${run.key.test}, attempt ${run.key.attempt}`,
        ...reason,
      },
    },
  };
}

/** What the pods of a run may take together, and that they reach each other and nothing else (where the cluster's network enforces policies). */
export function limitsOf(namespace: string): readonly Manifest[] {
  const metadata = { name: 'limits', namespace, labels: MANAGED };
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
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }],
      },
    },
  ];
}

/** The test as a Job of one pod that is never started twice. Who runs it ends it when its time is over; the pod's own deadline is for when nobody does (a Job's would delete the pod with its log). */
export function testJob(namespace: string, run: KubernetesRun, server: string | undefined): Manifest {
  const env = server === undefined ? [] : [{ name: 'SERVER', value: server }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: TEST, namespace, labels: MANAGED },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { ...MANAGED, 'millrace.dev/part': TEST } },
        spec: { ...podOf(run, TEST, { env }), activeDeadlineSeconds: run.timeoutSeconds + START_SECONDS },
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
      ...podOf({ ...run, command: run.server.command, program: run.server.program }, SERVER, { readinessProbe: probe }),
      activeDeadlineSeconds: run.timeoutSeconds + 2 * START_SECONDS,
    },
  };
}

/** A pod that the restricted level admits: whatever the level of the namespace, less is not asked for. */
function podOf(
  run: Omit<KubernetesRun, 'program'> & { readonly program?: readonly string[] | undefined },
  name: string,
  more: Manifest,
): Manifest {
  const resources = { memory: run.memory, cpu: run.cpu };
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    securityContext: { runAsNonRoot: run.level.name === 'restricted', seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name,
        image: run.image,
        imagePullPolicy: 'IfNotPresent',
        ...(run.program ? { command: run.program } : {}),
        args: run.command,
        resources: { limits: resources, requests: resources },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...more,
      },
    ],
  };
}
