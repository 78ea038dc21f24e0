import { createHash } from 'node:crypto';
import { EXPIRES, namespaceManifest, namespaceOf, serverPod, testJob, type KubernetesRun } from '../../../src/domain/kubernetes/run';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const run: KubernetesRun = {
  key: {
    digest: `sha256:${'ab'.repeat(32)}`,
    suite: 'basic',
    content: 'a suite',
    test: 'starts',
    architecture: 'x86_64',
    attempt: 0,
    try: 1,
  },
  image: `127.0.0.1:5000/web@sha256:${'ab'.repeat(32)}`,
  manifests: [],
  ports: [],
  http: [],
  keepSeconds: 0,
  timeoutSeconds: 60,
  level: { name: 'restricted' },
  memory: '64Mi',
  cpu: '100m',
};

it('a namespace is named by what is run, and by nothing else', () => {
  const name = namespaceOf(run, hash);
  expect(name).toMatch(/^millrace-abababababab-[0-9a-f]{12}$/);
  expect(namespaceOf({ key: { ...run.key } }, hash)).toBe(name);
  for (const other of [{ suite: 'more' }, { content: 'mended' }, { test: 'ends' }, { attempt: 1 }, { try: 2 }, { architecture: 'aarch64' }])
    expect(namespaceOf({ key: { ...run.key, ...other } }, hash)).not.toBe(name);
});

it('a namespace has the level of Pod Security, when it expires, and the reason of a lower level', () => {
  expect(namespaceManifest('n', run, 1234)).toMatchObject({
    metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' }, annotations: { [EXPIRES]: '1234' } },
  });
  const lower = namespaceManifest('n', { ...run, level: { name: 'baseline', reason: 'it runs as root' } }, 0);
  expect(lower).toMatchObject({
    metadata: {
      labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
      annotations: { 'millrace.dev/level-reason': 'it runs as root' },
    },
  });
});

it('a test runs once, without a token, without rights, and with its limits', () => {
  expect(testJob('n', { ...run, job: { command: ['--check'] } }, '10.0.0.9:80')).toMatchObject({
    metadata: { namespace: 'n' },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true },
          activeDeadlineSeconds: 360,
          containers: [
            {
              image: run.image,
              args: ['--check'],
              env: [{ name: 'SERVER', value: '10.0.0.9:80' }],
              resources: { limits: { memory: '64Mi', cpu: '100m' } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  });
});

it('a server runs its own command, and is ready when its port answers', () => {
  const server = { command: ['--listen', '80'], port: 80 };
  expect(serverPod('n', { ...run, job: { program: ['/bin/check'], command: [] }, server })).toMatchObject({
    spec: { containers: [{ args: ['--listen', '80'], readinessProbe: { tcpSocket: { port: 80 } } }] },
  });
});
