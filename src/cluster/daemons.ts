import { NODE, type ClusterPaths } from './layout';

export interface Daemon {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Ends by SIGTERM in order; the others have nothing to lose. */
  readonly gentle?: boolean;
}

const ETCD = 'http://127.0.0.1:2379';
const ETCD_PEERS = 'http://127.0.0.1:2380';

/** The processes of the cluster in the order of their start. `kubernetes` is the binary of tools/kubernetes. */
export function daemonsOf(paths: ClusterPaths, kubernetes: string) {
  const { pki, configuration } = paths;
  const part = (name: string, options: Readonly<Record<string, string>>, gentle = false): Daemon => ({
    name,
    command: kubernetes,
    args: [name, ...Object.entries(options).map(([key, value]) => `--${key}=${value}`)],
    gentle,
  });
  return {
    etcd: part(
      'etcd',
      {
        'data-dir': paths.etcd,
        'unsafe-no-fsync': 'true',
        'log-level': 'warn',
        'listen-client-urls': ETCD,
        'advertise-client-urls': ETCD,
        'listen-peer-urls': ETCD_PEERS,
        'initial-advertise-peer-urls': ETCD_PEERS,
        'initial-cluster': `default=${ETCD_PEERS}`,
      },
      true,
    ),
    apiServer: part('kube-apiserver', {
      'etcd-servers': ETCD,
      'bind-address': '127.0.0.1',
      'secure-port': '6443',
      'advertise-address': NODE.address,
      'endpoint-reconciler-type': 'none',
      'kubelet-preferred-address-types': 'InternalIP',
      'tls-cert-file': `${pki}/apiserver.crt`,
      'tls-private-key-file': `${pki}/apiserver.key`,
      'client-ca-file': `${pki}/ca.crt`,
      'service-account-key-file': `${pki}/service-accounts.pub`,
      'service-account-signing-key-file': `${pki}/service-accounts.key`,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-cluster-ip-range': '10.0.0.0/24',
      'authorization-mode': 'Node,RBAC',
      'enable-admission-plugins': 'NodeRestriction',
      'allow-privileged': 'true',
      'kubelet-certificate-authority': `${pki}/ca.crt`,
      'kubelet-client-certificate': `${pki}/apiserver-kubelet-client.crt`,
      'kubelet-client-key': `${pki}/apiserver-kubelet-client.key`,
      profiling: 'false',
    }),
    containerd: {
      name: 'containerd',
      command: 'containerd',
      args: ['--config', `${configuration}/containerd.toml`],
      gentle: true,
    } as Daemon,
    controllers: part('kube-controller-manager', {
      kubeconfig: `${configuration}/controllers.kubeconfig`,
      'bind-address': '127.0.0.1',
      'leader-elect': 'false',
      'service-account-private-key-file': `${pki}/service-accounts.key`,
      'root-ca-file': `${pki}/ca.crt`,
      'use-service-account-credentials': 'true',
      'cluster-signing-cert-file': `${pki}/ca.crt`,
      'cluster-signing-key-file': `${pki}/ca.key`,
      profiling: 'false',
    }),
    scheduler: part('kube-scheduler', {
      kubeconfig: `${configuration}/scheduler.kubeconfig`,
      'bind-address': '127.0.0.1',
      'leader-elect': 'false',
      profiling: 'false',
    }),
    kubelet: part('kubelet', {
      config: `${configuration}/kubelet.yaml`,
      kubeconfig: `${configuration}/kubelet.kubeconfig`,
      'root-dir': paths.kubelet,
      'hostname-override': NODE.name,
      'node-ip': NODE.address,
    }),
  } as const;
}
