import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { NODE, SANDBOX_IMAGE, type ClusterPaths } from './layout';

/** Writes what containerd, its network plugin and the kubelet read. `registries` are those of plain HTTP that images may be pulled from, as `host:port`. */
export function writeConfiguration(paths: ClusterPaths, registries: readonly string[]): void {
  for (const folder of [paths.configuration, paths.cni, paths.logs, paths.run, paths.containerd, paths.kubelet, paths.pods])
    mkdirSync(folder, { recursive: true });
  writeFileSync(`${paths.cni}/10-bridge.conflist`, JSON.stringify(network(paths), null, 2));
  for (const host of registries) {
    const folder = `${paths.registries}/${host}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/hosts.toml`, `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`);
  }
  writeFileSync(`${paths.configuration}/containerd.toml`, containerd(paths));
  writeFileSync(`${paths.configuration}/kubelet.yaml`, `${JSON.stringify(kubelet(paths), null, 2)}\n`);
}

function network(paths: ClusterPaths) {
  const ranges = [[{ subnet: NODE.pods, rangeStart: NODE.firstPod }]];
  const addresses = { type: 'host-local', dataDir: paths.addresses, ranges, routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: NODE.bridge, isGateway: true, ipMasq: false, hairpinMode: true, ipam: addresses };
  return { cniVersion: '1.0.0', name: 'millrace', plugins: [bridge] };
}

/** A machine without CAP_SYS_RESOURCE cannot lower an OOM score: `restrict_oom_score_adj`. */
function containerd(paths: ClusterPaths): string {
  return `version = 2
root = "${paths.containerd}/root"
state = "${paths.containerd}/state"
[grpc]
  address = "${paths.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${paths.containerd}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${SANDBOX_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${paths.cni}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${paths.registries}"
`;
}

/** Of version kubelet.config.k8s.io/v1beta1. Its OOM, cgroup and pull settings are what a machine without systemd needs. */
function kubelet(paths: ClusterPaths) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE.address,
    healthzBindAddress: '127.0.0.1',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: `${paths.pki}/ca.crt` } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${paths.pki}/kubelet.crt`,
    tlsPrivateKeyFile: `${paths.pki}/kubelet.key`,
    containerRuntimeEndpoint: `unix://${paths.socket}`,
    cgroupDriver: 'cgroupfs',
    // The field is refused where the machine has cgroup v2 alone and needs no leave.
    ...(existsSync('/sys/fs/cgroup/cgroup.controllers') ? {} : { failCgroupV1: false }),
    failSwapOn: false,
    podLogsDir: paths.pods,
    resolvConf: '/etc/resolv.conf',
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%', 'nodefs.inodesFree': '1%' },
    serializeImagePulls: false,
    imagePullCredentialsVerificationPolicy: 'NeverVerify',
    registryPullQPS: 0,
    eventRecordQPS: 0,
    containerLogMaxSize: '10Mi',
    containerLogMonitorInterval: '3s',
    volumePluginDir: `${paths.kubelet}/volumeplugins`,
  };
}
