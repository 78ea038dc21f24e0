import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterPaths } from '../../src/cluster/layout';

/** The kubeconfig of a cluster with a client certificate whose last day was yesterday, signed by the cluster's own authority. */
export function expiredKubeconfig(clusterFolder: string, kubeconfig: string, folder: string): string {
  const { pki } = clusterPaths(clusterFolder);
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  openssl('req', '-new', '-key', join(pki, 'admin.key'), '-subj', '/O=system:masters/CN=admin', '-out', 'admin.csr');
  const authority = ['-CA', join(pki, 'ca.crt'), '-CAkey', join(pki, 'ca.key'), '-set_serial', '99'];
  openssl('x509', '-req', '-in', 'admin.csr', ...authority, '-days', '-1', '-out', 'admin.crt');
  const content = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] };
  content.users[0]!.user['client-certificate-data'] = readFileSync(join(folder, 'admin.crt')).toString('base64');
  const file = join(folder, 'expired.kubeconfig');
  writeFileSync(file, JSON.stringify(content));
  return file;
}
