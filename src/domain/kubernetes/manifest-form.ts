import type { Definition } from '../spec/schema';

/** The kinds of a manifest by the version of their API; each is a definition of its own. */
export const KINDS: Readonly<Record<string, string>> = {
  Pod: 'v1',
  Job: 'batch/v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  Service: 'v1',
  ConfigMap: 'v1',
  Secret: 'v1',
  PersistentVolumeClaim: 'v1',
};

const HEAD = { apiVersion: 'text', kind: 'text', metadata: 'Metadata' } as const;
const HEAD_KEYS = ['apiVersion', 'kind', 'metadata'];

const PROBE_TIMES = {
  initialDelaySeconds: 'natural',
  periodSeconds: 'natural',
  timeoutSeconds: 'natural',
  successThreshold: 'natural',
  failureThreshold: 'natural',
  terminationGracePeriodSeconds: 'natural',
} as const;

const USER = { runAsNonRoot: 'boolean', runAsUser: 'natural', runAsGroup: 'natural', seccompProfile: 'Seccomp' } as const;

/**
 * What a manifest may hold (API of Kubernetes 1.35). It lists what is allowed: a field that is not here cannot give a pod a privilege, whatever Kubernetes comes to know.
 * A field that is a number or a name (`targetPort`) is text here.
 */
export const MANIFEST_DEFINITIONS: Readonly<Record<string, Definition>> = {
  Pod: { fields: { ...HEAD, spec: 'PodSpec' }, required: [...HEAD_KEYS, 'spec'] },
  Job: { fields: { ...HEAD, spec: 'JobSpec' }, required: [...HEAD_KEYS, 'spec'] },
  Deployment: { fields: { ...HEAD, spec: 'DeploymentSpec' }, required: [...HEAD_KEYS, 'spec'] },
  StatefulSet: { fields: { ...HEAD, spec: 'StatefulSetSpec' }, required: [...HEAD_KEYS, 'spec'] },
  Service: { fields: { ...HEAD, spec: 'ServiceSpec' }, required: [...HEAD_KEYS, 'spec'] },
  ConfigMap: { fields: { ...HEAD, data: 'text{}', binaryData: 'text{}', immutable: 'boolean' }, required: HEAD_KEYS },
  Secret: { fields: { ...HEAD, type: 'text', data: 'text{}', stringData: 'text{}', immutable: 'boolean' }, required: HEAD_KEYS },
  PersistentVolumeClaim: { fields: { ...HEAD, spec: 'ClaimSpec' }, required: [...HEAD_KEYS, 'spec'] },

  Metadata: { fields: { name: 'text', labels: 'text{}', annotations: 'text{}' }, required: ['name'] },
  TemplateMetadata: { fields: { labels: 'text{}', annotations: 'text{}' } },
  Template: { fields: { metadata: 'TemplateMetadata', spec: 'PodSpec' }, required: ['spec'] },
  Selector: { fields: { matchLabels: 'text{}', matchExpressions: 'LabelExpression[]' } },
  LabelExpression: { fields: { key: 'text', operator: 'text', values: 'text[]' }, required: ['key', 'operator'] },

  JobSpec: {
    fields: {
      template: 'Template',
      backoffLimit: 'natural',
      completions: 'natural',
      parallelism: 'natural',
      completionMode: 'text',
    },
    required: ['template'],
  },
  DeploymentSpec: {
    fields: {
      replicas: 'natural',
      selector: 'Selector',
      template: 'Template',
      strategy: 'Strategy',
      minReadySeconds: 'natural',
      progressDeadlineSeconds: 'natural',
      revisionHistoryLimit: 'natural',
    },
    required: ['selector', 'template'],
  },
  StatefulSetSpec: {
    fields: {
      replicas: 'natural',
      selector: 'Selector',
      template: 'Template',
      serviceName: 'text',
      podManagementPolicy: 'text',
      updateStrategy: 'Strategy',
      minReadySeconds: 'natural',
      revisionHistoryLimit: 'natural',
      volumeClaimTemplates: 'ClaimTemplate[]',
    },
    required: ['selector', 'template'],
  },
  Strategy: { fields: { type: 'text', rollingUpdate: 'RollingUpdate' } },
  RollingUpdate: { fields: { maxSurge: 'text', maxUnavailable: 'text', partition: 'natural' } },

  ServiceSpec: {
    fields: {
      ports: 'ServicePort[]',
      selector: 'text{}',
      type: 'text',
      clusterIP: 'text',
      sessionAffinity: 'text',
      publishNotReadyAddresses: 'boolean',
    },
    required: ['ports', 'selector'],
  },
  ServicePort: {
    fields: { name: 'text', port: 'natural', targetPort: 'text', protocol: 'text', appProtocol: 'text' },
    required: ['port'],
  },

  ClaimTemplate: { fields: { metadata: 'Metadata', spec: 'ClaimSpec' }, required: ['metadata', 'spec'] },
  ClaimSpec: {
    fields: { accessModes: 'text[]', resources: 'ClaimResources', storageClassName: 'text' },
    required: ['accessModes', 'resources'],
  },
  ClaimResources: { fields: { requests: 'Storage', limits: 'Storage' }, required: ['requests'] },
  Storage: { fields: { storage: 'text' }, required: ['storage'] },

  PodSpec: {
    fields: {
      containers: 'Container[]',
      initContainers: 'Container[]',
      volumes: 'Volume[]',
      restartPolicy: 'text',
      terminationGracePeriodSeconds: 'natural',
      activeDeadlineSeconds: 'natural',
      securityContext: 'PodSecurityContext',
      hostname: 'text',
      subdomain: 'text',
      hostAliases: 'HostAlias[]',
      enableServiceLinks: 'boolean',
      shareProcessNamespace: 'boolean',
      automountServiceAccountToken: 'boolean',
      hostNetwork: 'boolean',
      hostPID: 'boolean',
      hostIPC: 'boolean',
    },
    required: ['containers'],
  },
  HostAlias: { fields: { ip: 'text', hostnames: 'text[]' }, required: ['ip', 'hostnames'] },
  Container: {
    fields: {
      name: 'text',
      image: 'text',
      imagePullPolicy: 'text',
      command: 'text[]',
      args: 'text[]',
      workingDir: 'text',
      env: 'Env[]',
      envFrom: 'EnvFrom[]',
      ports: 'ContainerPort[]',
      resources: 'Resources',
      volumeMounts: 'VolumeMount[]',
      livenessProbe: 'Probe',
      readinessProbe: 'Probe',
      startupProbe: 'Probe',
      lifecycle: 'Lifecycle',
      restartPolicy: 'text',
      securityContext: 'SecurityContext',
      terminationMessagePath: 'text',
      terminationMessagePolicy: 'text',
      stdin: 'boolean',
      tty: 'boolean',
    },
    required: ['name', 'image'],
  },
  Env: { fields: { name: 'text', value: 'text', valueFrom: 'EnvSource' }, required: ['name'] },
  EnvSource: {
    fields: { fieldRef: 'FieldRef', resourceFieldRef: 'ResourceFieldRef', configMapKeyRef: 'KeyRef', secretKeyRef: 'KeyRef' },
  },
  FieldRef: { fields: { fieldPath: 'text' }, required: ['fieldPath'] },
  ResourceFieldRef: { fields: { containerName: 'text', resource: 'text', divisor: 'text' }, required: ['resource'] },
  KeyRef: { fields: { name: 'text', key: 'text', optional: 'boolean' }, required: ['name', 'key'] },
  EnvFrom: { fields: { prefix: 'text', configMapRef: 'Reference', secretRef: 'Reference' } },
  Reference: { fields: { name: 'text', optional: 'boolean' }, required: ['name'] },
  ContainerPort: { fields: { name: 'text', containerPort: 'natural', protocol: 'text' }, required: ['containerPort'] },
  Resources: { fields: { limits: 'Quantities', requests: 'Quantities' } },
  Quantities: { fields: { memory: 'text', cpu: 'text', 'ephemeral-storage': 'text' } },
  VolumeMount: {
    fields: { name: 'text', mountPath: 'text', subPath: 'text', subPathExpr: 'text', readOnly: 'boolean' },
    required: ['name', 'mountPath'],
  },
  Probe: { fields: { exec: 'Exec', httpGet: 'HttpGet', tcpSocket: 'TcpSocket', grpc: 'Grpc', ...PROBE_TIMES } },
  Lifecycle: { fields: { postStart: 'Handler', preStop: 'Handler' } },
  Handler: { fields: { exec: 'Exec', httpGet: 'HttpGet', sleep: 'Sleep' } },
  Exec: { fields: { command: 'text[]' }, required: ['command'] },
  HttpGet: { fields: { path: 'text', port: 'text', scheme: 'text', httpHeaders: 'HttpHeader[]' }, required: ['port'] },
  HttpHeader: { fields: { name: 'text', value: 'text' }, required: ['name', 'value'] },
  TcpSocket: { fields: { port: 'text' }, required: ['port'] },
  Grpc: { fields: { port: 'natural', service: 'text' }, required: ['port'] },
  Sleep: { fields: { seconds: 'natural' }, required: ['seconds'] },

  PodSecurityContext: {
    fields: { ...USER, fsGroup: 'natural', fsGroupChangePolicy: 'text', supplementalGroups: 'natural[]' },
  },
  SecurityContext: {
    fields: {
      ...USER,
      readOnlyRootFilesystem: 'boolean',
      allowPrivilegeEscalation: 'boolean',
      privileged: 'boolean',
      capabilities: 'Capabilities',
    },
  },
  Capabilities: { fields: { drop: 'text[]' } },
  Seccomp: { fields: { type: 'text' }, required: ['type'] },

  Volume: {
    fields: {
      name: 'text',
      emptyDir: 'EmptyDir',
      configMap: 'ConfigMapVolume',
      secret: 'SecretVolume',
      persistentVolumeClaim: 'ClaimReference',
      downwardAPI: 'DownwardVolume',
      projected: 'Projected',
    },
    required: ['name'],
  },
  EmptyDir: { fields: { medium: 'text', sizeLimit: 'text' } },
  ConfigMapVolume: { fields: { name: 'text', items: 'Item[]', defaultMode: 'number', optional: 'boolean' }, required: ['name'] },
  SecretVolume: { fields: { secretName: 'text', items: 'Item[]', defaultMode: 'number', optional: 'boolean' }, required: ['secretName'] },
  Item: { fields: { key: 'text', path: 'text', mode: 'number' }, required: ['key', 'path'] },
  ClaimReference: { fields: { claimName: 'text', readOnly: 'boolean' }, required: ['claimName'] },
  DownwardVolume: { fields: { items: 'DownwardItem[]', defaultMode: 'number' } },
  DownwardItem: {
    fields: { path: 'text', fieldRef: 'FieldRef', resourceFieldRef: 'ResourceFieldRef', mode: 'number' },
    required: ['path'],
  },
  Projected: { fields: { sources: 'ProjectedSource[]', defaultMode: 'number' }, required: ['sources'] },
  ProjectedSource: { fields: { configMap: 'ProjectedFiles', secret: 'ProjectedFiles', downwardAPI: 'ProjectedDownward' } },
  ProjectedFiles: { fields: { name: 'text', items: 'Item[]', optional: 'boolean' }, required: ['name'] },
  ProjectedDownward: { fields: { items: 'DownwardItem[]' } },
};
