import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { runOrThrow } from '../activities/process';
import { API_SERVER, NODE, type ClusterPaths } from './layout';

interface Identity {
  readonly name: string;
  readonly subject: string;
  readonly alternatives?: string;
}

const IDENTITIES: readonly Identity[] = [
  {
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    alternatives: `DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.0.0.1,IP:${NODE.address}`,
  },
  {
    name: 'kubelet',
    subject: `/O=system:nodes/CN=system:node:${NODE.name}`,
    alternatives: `DNS:${NODE.name},IP:${NODE.address}`,
  },
  { name: 'apiserver-kubelet-client', subject: '/O=system:masters/CN=apiserver-kubelet-client' },
  { name: 'controllers', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
];

const DAYS = '3650';

/** One authority with a certificate for each part, and a kubeconfig for each that speaks to the API server. Made once; a half made set is made anew. */
export async function ensureCertificates(paths: ClusterPaths): Promise<void> {
  if (existsSync(paths.kubeconfig)) return;
  mkdirSync(paths.pki, { recursive: true, mode: 0o700 });
  const openssl = (...args: readonly string[]) => runOrThrow('openssl', args, { cwd: paths.pki });
  const key = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  await key('ca');
  await openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=millrace-cluster', '-days', DAYS, '-out', 'ca.crt');
  for (const { name, subject, alternatives } of IDENTITIES) {
    await key(name);
    await openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    const usage = ['keyUsage=digitalSignature,keyEncipherment', 'extendedKeyUsage=serverAuth,clientAuth'];
    const extensions = [...usage, ...(alternatives ? [`subjectAltName=${alternatives}`] : [])].join('\n');
    writeFileSync(`${paths.pki}/extensions`, `${extensions}\n`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', DAYS, '-extfile', 'extensions'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
  }
  await openssl('genrsa', '-out', 'service-accounts.key', '2048');
  await openssl('rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
  // `admin` last: its kubeconfig says that all are there.
  for (const name of ['kubelet', 'controllers', 'scheduler', 'admin']) writeKubeconfig(paths, name);
}

function writeKubeconfig(paths: ClusterPaths, name: string): void {
  const encoded = (file: string) => readFileSync(`${paths.pki}/${file}`).toString('base64');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'millrace', cluster: { server: API_SERVER, 'certificate-authority-data': encoded('ca.crt') } }],
    users: [{ name, user: { 'client-certificate-data': encoded(`${name}.crt`), 'client-key-data': encoded(`${name}.key`) } }],
    contexts: [{ name: 'millrace', context: { cluster: 'millrace', user: name } }],
    'current-context': 'millrace',
  };
  mkdirSync(paths.configuration, { recursive: true });
  writeFileSync(`${paths.configuration}/${name}.kubeconfig`, `${JSON.stringify(kubeconfig, null, 2)}\n`, { mode: 0o600 });
}
