import { isMap, isScalar } from 'yaml';

export type PodLevel = 'restricted' | 'baseline';

/** What is wrong with the value of a field, and the remedy; undefined where nothing is. The value is empty text where it is no scalar. */
export type ManifestRule = (value: string, level: PodLevel, node: unknown) => readonly [string, string] | undefined;

const REMOVE = 'remove it: no test may have it';
const FORBIDDEN_PREFIXES = ['kubernetes.io/', 'k8s.io/', 'millrace.dev/'];
const SECRETS = ['Opaque', 'kubernetes.io/tls', 'kubernetes.io/basic-auth', 'kubernetes.io/ssh-auth'];

const never =
  (what: string, remedy = REMOVE): ManifestRule =>
  () => [what, remedy];

const unlessFalse =
  (what: string, remedy = REMOVE): ManifestRule =>
  (value) =>
    /^false$/i.test(value) ? undefined : [what, remedy];

const only =
  (allowed: readonly string[], what: string, remedy: string): ManifestRule =>
  (value) =>
    allowed.includes(value) ? undefined : [what, remedy];

const account = never('asks for a service account', 'remove it: tests have no access to the cluster');
const namespace = never('names a namespace', 'remove it: the objects of a test are in a namespace of their own');
const node = never('opens a port of the node', 'remove it: tests of one namespace reach each other');
const probed = never('probes another host than the pod', 'remove it: the pod itself is probed');
const outside = never('opens the service to the outside', 'remove it: tests of one namespace reach each other');

const notRoot: ManifestRule = (value, level) =>
  level === 'restricted' && Number(value) === 0
    ? ['is root, which the level restricted refuses', 'use another user, or `pod-security: { level: baseline, reason: … }` in the suite']
    : undefined;

const staysUser: ManifestRule = (value, level) =>
  level === 'restricted' && /^false$/i.test(value)
    ? ['allows root, which the level restricted refuses', 'remove it, or `pod-security: { level: baseline, reason: … }` in the suite']
    : undefined;

const dropsAll: ManifestRule = (_value, level, list) => {
  const dropped = list as { readonly items?: readonly { readonly value?: unknown }[] } | null;
  if (level === 'baseline' || dropped?.items?.some(({ value }) => value === 'ALL')) return undefined;
  return ['keeps capabilities, which the level restricted refuses', 'write `drop: [ALL]`, or leave it out'];
};

/** Labels and annotations by which the cluster or Millrace itself decides. */
const plainKeys: ManifestRule = (_value, _level, map) => {
  if (!isMap(map)) return undefined;
  const keys = map.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
  const taken = keys.find(
    (key) =>
      FORBIDDEN_PREFIXES.some((prefix) => key.includes(prefix)) &&
      !/^app\.kubernetes\.io\/(name|instance|version|component|part-of)$/.test(key),
  );
  return taken === undefined ? undefined : [`has ${JSON.stringify(taken)}, which is not a manifest's to say`, 'remove it'];
};

const image: ManifestRule = (value) =>
  value === 'IMAGE' || /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(value)
    ? undefined
    : [
        `${JSON.stringify(value)} names no content`,
        'write IMAGE for the image under test, or another one by digest: registry.example.com/tool@sha256:…',
      ];

const user = { runAsUser: notRoot, runAsNonRoot: staysUser };

/** By definition and field of `MANIFEST_DEFINITIONS`, also of fields that are not in there: they say better what is wrong. */
export const MANIFEST_RULES: Readonly<Record<string, Readonly<Record<string, ManifestRule>>>> = {
  Metadata: { namespace, labels: plainKeys, annotations: plainKeys },
  TemplateMetadata: { namespace, labels: plainKeys, annotations: plainKeys },
  PodSpec: {
    hostNetwork: unlessFalse("asks for the node's network"),
    hostPID: unlessFalse("asks for the node's processes"),
    hostIPC: unlessFalse("asks for the node's memory"),
    serviceAccountName: account,
    serviceAccount: account,
    automountServiceAccountToken: unlessFalse('asks for a service account', 'remove it: tests have no access to the cluster'),
  },
  Container: { image },
  ContainerPort: { hostPort: node, hostIP: node },
  HttpGet: { host: probed },
  TcpSocket: { host: probed },
  PodSecurityContext: { ...user, sysctls: never("changes the node's kernel") },
  SecurityContext: {
    ...user,
    privileged: unlessFalse('asks for the whole node'),
    allowPrivilegeEscalation: unlessFalse('asks for more privileges than its parent'),
    procMount: never('shows what /proc hides'),
  },
  Capabilities: { add: never('asks for capabilities'), drop: dropsAll },
  Seccomp: { type: only(['RuntimeDefault'], 'takes the filter of system calls away', 'write RuntimeDefault, or leave it out') },
  Volume: { hostPath: never("asks for the node's files", 'use emptyDir or a PersistentVolumeClaim') },
  ProjectedSource: { serviceAccountToken: account },
  Secret: { type: only(SECRETS, 'is a type of Secret that gives more than its data', `one of: ${SECRETS.join(', ')}`) },
  ServiceSpec: {
    type: only(['ClusterIP'], 'opens the service to the outside', 'remove it: tests of one namespace reach each other'),
    clusterIP: only(['None'], 'asks for an address of the cluster', 'remove it, or write None'),
    externalIPs: outside,
    externalName: outside,
    loadBalancerIP: outside,
    loadBalancerClass: outside,
    loadBalancerSourceRanges: outside,
  },
  ServicePort: { nodePort: node },
};
