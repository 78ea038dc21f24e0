/** Where a local cluster keeps what, below its folder. */
export function clusterPaths(folder: string) {
  return {
    folder,
    pki: `${folder}/pki`,
    logs: `${folder}/log`,
    run: `${folder}/run`,
    configuration: `${folder}/configuration`,
    etcd: `${folder}/etcd`,
    containerd: `${folder}/containerd`,
    socket: `${folder}/containerd/c.sock`,
    kubelet: `${folder}/kubelet`,
    pods: `${folder}/pods`,
    cni: `${folder}/cni`,
    addresses: `${folder}/cni-ipam`,
    registries: `${folder}/registries`,
    /** What clients are given. */
    kubeconfig: `${folder}/configuration/admin.kubeconfig`,
  } as const;
}

export type ClusterPaths = ReturnType<typeof clusterPaths>;

/** Fixed: one such cluster a machine. The bridge is the node's address and the network of its pods. */
export const NODE = { name: 'node1', bridge: 'millrace0', address: '10.244.0.1', pods: '10.244.0.0/24', firstPod: '10.244.0.10' } as const;
export const API_SERVER = 'https://127.0.0.1:6443';
export const SANDBOX_IMAGE = 'localhost/millrace-sandbox:1';
