import fc from 'fast-check';
import { hasImage, placeManifest, readManifest, servicePorts } from '../../../src/domain/kubernetes/manifest';
import { formatProblem } from '../../../src/domain/result';

const FILE = 'images/web/web.yaml';
const OTHER = `example.org/tool@sha256:${'a'.repeat(64)}`;
const PLACE = { namespace: 'n', image: `registry/web@sha256:${'b'.repeat(64)}`, memory: '512Mi', cpu: '500m' };

const problemsOf = (text: string, level: 'restricted' | 'baseline' = 'restricted') => {
  const read = readManifest(text, FILE, level);
  return read.ok ? [] : read.error.map(formatProblem);
};
const placed = (text: string, level: 'restricted' | 'baseline' = 'restricted') => {
  const read = readManifest(text, FILE, level);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return placeManifest(read.value, PLACE);
};
const pod = (spec: string, container = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n${spec}  containers:\n    - name: web\n      image: IMAGE\n${container}`;
const service = (spec: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  selector: { app: web }\n  ports: [{ port: 80 }]\n${spec}`;

const MANAGED = { 'app.kubernetes.io/managed-by': 'millrace' };

it('makes objects for a namespace: the image, the least privileges, limits, no access to the cluster', () => {
  const text = `${pod('')}---
# nothing
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: db, labels: { app: db } }
spec:
  replicas: 2
  selector: { matchLabels: { app: db } }
  strategy: { rollingUpdate: { maxSurge: 25%, maxUnavailable: 1 } }
  template:
    metadata: { labels: { app: db } }
    spec:
      securityContext: { runAsUser: 70, fsGroup: 70 }
      initContainers: [{ name: first, image: IMAGE, command: [/bin/true] }]
      containers:
        - name: db
          image: ${OTHER}
          env: [{ name: MODE, value: "yes" }, { name: N, value: 1.10 }]
          ports: [{ containerPort: 5432, name: sql }]
          readinessProbe: { tcpSocket: { port: sql }, periodSeconds: 1 }
          livenessProbe: { httpGet: { port: 8080, path: / } }
          resources: { requests: { memory: 1Gi } }
          securityContext: { readOnlyRootFilesystem: true, privileged: false }
          volumeMounts: [{ name: conf, mountPath: /etc/db, readOnly: true }]
      volumes: [{ name: conf, configMap: { name: conf, defaultMode: 0644 } }, { name: run, emptyDir: {} }]
---
${service('')}
`;
  const container = { limits: { memory: '512Mi', cpu: '500m' } };
  const least = { capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false };
  const labels = { ...MANAGED, 'millrace.dev/part': 'manifest' };
  const shut = { automountServiceAccountToken: false, enableServiceLinks: false, terminationGracePeriodSeconds: 5 };
  const context = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  const image = { image: PLACE.image, imagePullPolicy: 'IfNotPresent' };
  expect(placed(text)).toEqual([
    {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'n', labels } },
      spec: { ...shut, securityContext: context, containers: [{ name: 'web', ...image, resources: container, securityContext: least }] },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'db', namespace: 'n', labels: { app: 'db', ...MANAGED } } },
      spec: {
        ...{ replicas: 2, selector: { matchLabels: { app: 'db' } } },
        strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
        template: {
          metadata: { labels: { app: 'db', ...labels } },
          spec: {
            ...shut,
            securityContext: { ...context, runAsUser: 70, fsGroup: 70 },
            initContainers: [{ name: 'first', ...image, command: ['/bin/true'], resources: container, securityContext: least }],
            containers: [
              {
                ...{ name: 'db', ...image, image: OTHER },
                env: [
                  { name: 'MODE', value: 'yes' },
                  { name: 'N', value: '1.10' },
                ],
                ports: [{ containerPort: 5432, name: 'sql' }],
                readinessProbe: { tcpSocket: { port: 'sql' }, periodSeconds: 1 },
                livenessProbe: { httpGet: { port: 8080, path: '/' } },
                resources: { requests: { memory: '1Gi' }, limits: { memory: '1Gi', cpu: '500m' } },
                securityContext: { ...least, readOnlyRootFilesystem: true, privileged: false },
                volumeMounts: [{ name: 'conf', mountPath: '/etc/db', readOnly: true }],
              },
            ],
            volumes: [
              { name: 'conf', configMap: { name: 'conf', defaultMode: 0o644 } },
              { name: 'run', emptyDir: {} },
            ],
          },
        },
      },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'n', labels: MANAGED } },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    },
  ]);
});

it('answers what a suite asks of it', () => {
  const read = readManifest(`${pod('').replace('IMAGE', OTHER)}---\n${service('')}`, FILE, 'restricted');
  if (!read.ok) throw new Error('it is right');
  expect(hasImage(read.value)).toBe(false);
  expect(servicePorts(read.value, 'web')).toEqual([80]);
  expect(servicePorts(read.value, 'db')).toBeUndefined();
});

describe('refuses, with place and remedy,', () => {
  it.each([
    ['', ':1:1: the manifest has no objects'],
    ['- a\n', ':1:1: an object of Kubernetes is a mapping (it starts with `apiVersion:`)'],
    [`${pod('')}---\na: [\n`, ':11:1: not valid YAML'],
    ['apiVersion: v1\n', ':1:1: kind is missing'],
    ['apiVersion: v1\nkind: Namespace\n', ':2:7: a test may not make a Namespace (the kinds of a manifest are: Pod, Job,'],
    ['apiVersion: v1\nkind: toString\n', 'a test may not make a toString'],
    ['apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n', 'a test may not make a ClusterRoleBinding'],
    ['apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n', 'a test may not make a Val'],
    ['apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n', 'a test may not make a CustomResourceDefinition'],
    [pod('').replace('v1', 'v2'), ':1:13: a Pod is not of v2 (write `apiVersion: v1`)'],
    [pod('').replace('name: web', 'name: Web'), ':4:9: "Web" is no name of a Pod'],
    [pod('').replace('name: web', 'name: server'), ":4:9: Pod server is Millrace's own"],
    [`${pod('')}---\n${pod('')}`, ':10:1: Pod web is there twice'],
    [pod('').replace('name: web', 'name: web\n  namespace: kube-system'), ':5:3: metadata.namespace names a namespace'],
    [pod('').replace('name: web', 'generateName: web'), 'unknown key `generateName` in metadata'],
    [pod('').replace('name: web', 'name: web\n  labels: {millrace.dev/part: test}'), 'metadata.labels has "millrace.dev/part"'],
    [
      pod('').replace('name: web', 'name: web\n  annotations: {container.apparmor.security.beta.kubernetes.io/web: unconfined}'),
      'metadata.annotations has "container.apparmor',
    ],
    [
      pod('').replace('IMAGE', 'nginx:1'),
      ':8:7: spec.containers[0].image "nginx:1" names no content (write IMAGE for the image under test',
    ],
    [pod('').replace('IMAGE', 'image'), 'spec.containers[0].image "image" names no content'],
    [pod('').replace('IMAGE', 'IMAGE:1'), 'spec.containers[0].image "IMAGE:1" names no content'],
    [pod('').replace('      image: IMAGE\n', ''), 'spec.containers[0].image is missing'],
    [pod('  hostNetwork: true\n'), ":6:3: spec.hostNetwork asks for the node's network (remove it"],
    [pod('  hostPID: true\n'), "spec.hostPID asks for the node's processes"],
    [pod('  hostIPC: TRUE\n'), "spec.hostIPC asks for the node's memory"],
    [pod('  serviceAccountName: admin\n'), 'spec.serviceAccountName asks for a service account'],
    [pod('  automountServiceAccountToken: true\n'), 'spec.automountServiceAccountToken asks for a service account'],
    [pod('  nodeName: a\n'), 'unknown key `nodeName` in spec'],
    [pod('  ephemeralContainers: []\n'), 'unknown key `ephemeralContainers` in spec'],
    [pod('  securityContext: {runAsUser: 0}\n'), 'spec.securityContext.runAsUser is root, which the level restricted refuses'],
    [pod('  securityContext: {runAsNonRoot: false}\n'), 'spec.securityContext.runAsNonRoot allows root'],
    [pod('  securityContext: {sysctls: []}\n'), "spec.securityContext.sysctls changes the node's kernel"],
    [pod('  securityContext: {seccompProfile: {type: Unconfined}}\n'), 'seccompProfile.type takes the filter'],
    [pod('  volumes: [{name: a, hostPath: {path: /}}]\n'), ":6:23: spec.volumes[0].hostPath asks for the node's files (use emptyDir"],
    [pod('  volumes: [{name: a, nfs: {server: x, path: /}}]\n'), 'unknown key `nfs` in spec.volumes[0]'],
    [
      pod('  volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}]}}]\n'),
      'serviceAccountToken asks for a service account',
    ],
    [
      pod('', '      securityContext: {privileged: true}\n'),
      ':9:25: spec.containers[0].securityContext.privileged asks for the whole node',
    ],
    [pod('', '      securityContext: {allowPrivilegeEscalation: true}\n'), 'allowPrivilegeEscalation asks for more'],
    [pod('', '      securityContext: {capabilities: {add: [SYS_ADMIN]}}\n'), 'capabilities.add asks for capabilities'],
    [pod('', '      securityContext: {capabilities: {drop: [NET_RAW]}}\n'), 'capabilities.drop keeps capabilities'],
    [pod('', '      securityContext: {runAsUser: 0}\n'), 'securityContext.runAsUser is root'],
    [pod('', '      securityContext: {procMount: Unmasked}\n'), 'procMount shows what /proc hides'],
    [pod('', '      ports: [{containerPort: 80, hostPort: 80}]\n'), 'ports[0].hostPort opens a port of the node'],
    [pod('', '      readinessProbe: {httpGet: {port: 80, host: 10.0.0.1}}\n'), 'httpGet.host probes another host than the pod'],
    [pod('', '      volumeDevices: []\n'), 'unknown key `volumeDevices`'],
    [pod('', '      resources: {limits: {nvidia.com/gpu: 1}}\n'), 'unknown key `nvidia.com/gpu`'],
    [
      pod('  initContainers: [{name: a, image: IMAGE, securityContext: {privileged: true}}]\n'),
      'spec.initContainers[0].securityContext.privileged',
    ],
    [service('  type: NodePort\n'), ':7:3: spec.type opens the service to the outside'],
    [service('  type: LoadBalancer\n'), 'spec.type opens'],
    [service('  externalIPs: [1.2.3.4]\n'), 'spec.externalIPs opens'],
    [service('  clusterIP: 10.0.0.1\n'), 'spec.clusterIP asks for an address'],
    [service('').replace('{ port: 80 }', '{ port: 80, nodePort: 30000 }'), 'spec.ports[0].nodePort opens a port of the node'],
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/service-account-token\n', ':4:1: type is a type of Secret'],
    [pod('  hostNetwork: &a false\n  hostPID: *a\n'), 'is an alias'],
    [pod('').replace('spec:\n', 'spec:\n  <<: {hostNetwork: true}\n'), 'unknown key `<<`'],
    [pod('  hostNetwork: false\n  hostNetwork: true\n'), 'spec.hostNetwork'],
  ])('%#', (text, problem) => expect(problemsOf(text).join('\n')).toContain(problem));
});

it('the level baseline lets a server be root, and nothing else', () => {
  const root = pod('  securityContext: {runAsUser: 0}\n', '      securityContext: {capabilities: {drop: [NET_RAW]}}\n');
  expect(placed(root, 'baseline')).toMatchObject([
    {
      spec: {
        securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ securityContext: { capabilities: { drop: ['NET_RAW'] }, allowPrivilegeEscalation: false } }],
      },
    },
  ]);
  expect(problemsOf(pod('  hostNetwork: true\n'), 'baseline')).toHaveLength(1);
  expect(problemsOf(pod('', '      securityContext: {privileged: true}\n'), 'baseline')).toHaveLength(1);
});

/** What must never be in an object, told by keys alone and not by our rules. */
function privilegesIn(value: unknown, restricted: boolean): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => privilegesIn(item, restricted));
  if (typeof value !== 'object' || value === null) return [];
  const forbidden = [
    'hostPath',
    'hostPort',
    'add',
    'serviceAccountName',
    'nodePort',
    'externalIPs',
    'serviceAccountToken',
    'sysctls',
    'procMount',
  ];
  return Object.entries(value).flatMap(([key, inner]) => {
    const bad =
      forbidden.includes(key) ||
      (['hostNetwork', 'hostPID', 'hostIPC', 'privileged', 'allowPrivilegeEscalation', 'automountServiceAccountToken'].includes(key) &&
        inner !== false) ||
      (key === 'namespace' && inner !== 'n') ||
      (restricted && ((key === 'runAsUser' && inner === 0) || (key === 'runAsNonRoot' && inner !== true)));
    return [...(bad ? [key] : []), ...privilegesIn(inner, restricted)];
  });
}

/** A pod with a few fields more, of those that give privileges and of harmless ones. */
const FIELDS = {
  metadata: ['namespace', 'labels'],
  spec: ['hostNetwork', 'hostPID', 'hostIPC', 'serviceAccountName', 'automountServiceAccountToken', 'restartPolicy'],
  volume: ['hostPath', 'emptyDir'],
  context: ['runAsUser', 'runAsNonRoot', 'sysctls', 'fsGroup'],
  security: ['privileged', 'allowPrivilegeEscalation', 'runAsUser', 'runAsNonRoot', 'procMount', 'readOnlyRootFilesystem'],
  capabilities: ['add', 'drop'],
  port: ['hostPort', 'protocol'],
} as const;
type Slot = keyof typeof FIELDS;
const VALUES = [
  'true',
  'false',
  'TRUE',
  '"true"',
  '0',
  '"0"',
  '1',
  '00',
  'yes',
  '',
  '~',
  '{}',
  '[]',
  '[SYS_ADMIN]',
  '[ALL]',
  '{path: /}',
  'n',
];

const hazard = fc
  .constantFrom(...(Object.keys(FIELDS) as Slot[]))
  .chain((slot) => fc.tuple(fc.constant(slot), fc.constantFrom(...FIELDS[slot]), fc.constantFrom(...VALUES)));

function manifestWith(kind: string, hazards: readonly (readonly [Slot, string, string])[]): string {
  const fill = (slot: Slot, ...own: readonly string[]) =>
    `{${[...own, ...hazards.filter(([where]) => where === slot).map(([, key, value]) => `${key}: ${value}`)].join(', ')}}`;
  const security = fill('security', `capabilities: ${fill('capabilities')}`);
  const container = `{name: c, image: IMAGE, securityContext: ${security}, ports: [${fill('port', 'containerPort: 80')}]}`;
  const lists = [`volumes: [${fill('volume', 'name: v')}]`, `containers: [${container}]`, `initContainers: [${container}]`];
  const spec = fill('spec', `securityContext: ${fill('context')}`, ...lists);
  const head = `kind: ${kind}\nmetadata: ${fill('metadata', 'name: web')}\n`;
  if (kind === 'Pod') return `apiVersion: v1\n${head}spec: ${spec}\n`;
  if (kind === 'Job') return `apiVersion: batch/v1\n${head}spec: {template: {spec: ${spec}}}\n`;
  return `apiVersion: apps/v1\n${head}spec: {selector: {}, template: {spec: ${spec}}}\n`;
}

it('never yields an object with privileges, and tells where they are asked for', () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('Pod', 'Job', 'Deployment', 'StatefulSet'),
      fc.array(hazard, { maxLength: 3 }),
      fc.constantFrom('restricted' as const, 'baseline' as const),
      (kind, hazards, level) => {
        const read = readManifest(manifestWith(kind, hazards), FILE, level);
        if (!read.ok) return read.error.every(({ at }) => at !== undefined);
        accepted++;
        return placeManifest(read.value, PLACE).every((made) => privilegesIn(made, level === 'restricted').length === 0);
      },
    ),
    { numRuns: 1000 },
  );
  // A law about what is accepted says nothing where nothing is.
  expect(accepted).toBeGreaterThan(100);
});

it('answers any text without throwing', () => {
  fc.assert(fc.property(fc.string(), (text) => void readManifest(text, FILE, 'restricted')));
});
