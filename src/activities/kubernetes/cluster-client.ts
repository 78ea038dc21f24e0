import { request } from 'node:https';
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import { ApplicationFailure } from '@temporalio/common';
import type { PodState } from '../../domain/kubernetes/pod';
import { infrastructure } from '../melange/infrastructure';

export interface ClusterEvent {
  readonly at: string;
  readonly about: string;
  readonly text: string;
}

/** What Millrace asks of a cluster. What is tried again in vain (a kubeconfig that is refused, a manifest that is) throws `ClusterRefused`; everything else the retryable `Infrastructure`. */
export interface ClusterClient {
  /** Creates it; one of that name that is there already is answered with false, and left as it is. */
  create(object: Readonly<Record<string, unknown>>): Promise<boolean>;
  namespace(name: string): Promise<{ readonly terminating: boolean } | undefined>;
  /** Namespaces with these labels. */
  namespaces(
    labels: Readonly<Record<string, string>>,
  ): Promise<readonly { readonly name: string; readonly annotations: Readonly<Record<string, string>> }[]>;
  /** `selector`: as for labels of Kubernetes (`part=test`, `part!=test`). */
  pods(namespace: string, selector: string): Promise<readonly PodState[]>;
  events(namespace: string): Promise<readonly ClusterEvent[]>;
  /** Deletes it with all that is in it. One that is gone is fine. */
  deleteNamespace(name: string): Promise<void>;
  /**
   * Lines of the log of a pod's container with their timestamps, from `since` (RFC 3339, whole seconds) on, followed while it runs; or its last lines as they are. Whether it came to
   * its end is not told: the pod tells.
   */
  readLog(request: {
    readonly namespace: string;
    readonly pod: string;
    readonly read: { readonly follow: true; readonly since?: string } | { readonly follow: false; readonly lines: number };
    readonly signal: AbortSignal;
    onLine(line: string): void;
  }): Promise<void>;
  /** Asks a server in the cluster with a GET, through the API server: no client and no open port is needed. */
  ask(request: {
    readonly namespace: string;
    readonly target: ProxyTarget;
    readonly port: number;
    readonly path: string;
  }): Promise<ProxyAnswer>;
}

export type ProxyTarget = { readonly pod: string } | { readonly service: string };

/** What came of it: an answer of HTTP; something that listens and says no HTTP; or why nothing listens there. */
export type ProxyAnswer =
  | { readonly kind: 'http'; readonly status: number; readonly body: string }
  | { readonly kind: 'silent'; readonly text: string }
  | { readonly kind: 'closed'; readonly text: string };

/** A client of the cluster that a kubeconfig file names. Throws `ClusterRefused` where the file cannot be used. */
export async function connectCluster(kubeconfig: string): Promise<ClusterClient> {
  // An ES module: it cannot be required.
  const { BatchV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromFile(kubeconfig);
    if (!config.getCurrentCluster()) throw new Error('it names no current cluster');
  } catch (error) {
    throw refused(`${kubeconfig} is no kubeconfig that can be used: ${(error as Error).message}`);
  }
  const core = config.makeApiClient(CoreV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const place = config.getCurrentCluster()!.server;
  const asked = <T>(what: string, call: Promise<T>) => call.catch((error: unknown) => Promise.reject(failureOf(place, what, error)));

  return {
    async create(object) {
      const { kind, metadata } = object as KubernetesObject;
      try {
        await objects.create(object);
        return true;
      } catch (error) {
        if (codeOf(error) === 409 && !messageOf(error).includes('being terminated')) return false;
        throw failureOf(place, `create ${kind} ${metadata?.name}`, error);
      }
    },
    async namespace(name) {
      try {
        const found = await core.readNamespace({ name });
        return { terminating: found.status?.phase === 'Terminating' };
      } catch (error) {
        if (codeOf(error) === 404) return undefined;
        throw failureOf(place, `read namespace ${name}`, error);
      }
    },
    async namespaces(labels) {
      const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      const { items } = await asked('list namespaces', core.listNamespace({ labelSelector }));
      return items.map(({ metadata }) => ({ name: metadata?.name ?? '', annotations: metadata?.annotations ?? {} }));
    },
    async pods(namespace, labelSelector) {
      const { items } = await asked(`list pods of ${namespace}`, core.listNamespacedPod({ namespace, labelSelector }));
      return items;
    },
    async events(namespace) {
      const { items } = await asked(`list events of ${namespace}`, core.listNamespacedEvent({ namespace, limit: 200 }));
      return items.map(({ lastTimestamp, eventTime, involvedObject, reason, message }) => ({
        at: new Date(lastTimestamp ?? eventTime ?? 0).toISOString(),
        about: `${involvedObject.kind ?? ''} ${involvedObject.name ?? ''}`.trim(),
        text: `${reason ?? ''}: ${message ?? ''}`,
      }));
    },
    async deleteNamespace(name) {
      try {
        // A Job that is deleted without a policy orphans its running pod: Jobs first, in the foreground.
        await batch.deleteCollectionNamespacedJob({ namespace: name, propagationPolicy: 'Foreground' });
        await core.deleteNamespace({ name, propagationPolicy: 'Background' });
      } catch (error) {
        const code = codeOf(error);
        if (code !== 404 && code !== 409) throw failureOf(place, `delete namespace ${name}`, error);
      }
    },
    async readLog({ namespace, pod, read, signal, onLine }) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
      const url = new URL(`${place}${path}`);
      url.searchParams.set('timestamps', 'true');
      if (read.follow) url.searchParams.set('follow', 'true');
      else url.searchParams.set('tailLines', String(read.lines));
      if (read.follow && read.since !== undefined) url.searchParams.set('sinceTime', read.since);
      await readLines(config, url, signal, onLine);
    },
    async ask({ namespace, target, port, path }) {
      const [kind, name] = 'pod' in target ? ['pods', target.pod] : ['services', target.service];
      const url = new URL(`${place}/api/v1/namespaces/${namespace}/${kind}/${name}:${port}/proxy${path}`);
      const answer = await askThroughProxy(config, url);
      if ('refused' in answer) throw failureOf(place, `ask ${name}:${port} through its proxy`, answer.refused);
      return answer;
    },
  };
}

/** The client library's own log reader never ends after a dropped connection: this one ends with it. */
async function readLines(config: KubeConfig, url: URL, signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
  const options = { method: 'GET', signal, headers: {} };
  await config.applyToHTTPSOptions(options);
  await new Promise<void>((resolve) => {
    const asking = request(url, options, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return resolve();
      }
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop()!;
        // A line without an end is kept for what follows, but not for ever.
        if (rest.length > LONGEST_LINE) rest = rest.slice(0, LONGEST_LINE);
        for (const part of parts) if (part !== '') onLine(part);
      });
      response.on('close', () => {
        if (response.complete && rest !== '') onLine(rest);
        resolve();
      });
      response.on('error', () => resolve());
    });
    asking.on('error', () => resolve());
    asking.end();
  });
}

/** An error of the API server itself is a Status (meta/v1); everything else is what the server in the cluster said. */
async function askThroughProxy(config: KubeConfig, url: URL): Promise<ProxyAnswer | { readonly refused: unknown }> {
  const signal = AbortSignal.timeout(ASK_MS);
  const options = { method: 'GET', signal, headers: {} };
  await config.applyToHTTPSOptions(options);
  try {
    const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asking = request(url, options, (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          if (bytes < MOST_BODY) parts.push(part);
          bytes += part.length;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }));
        response.on('error', reject);
      });
      asking.on('error', reject);
      asking.end();
    });
    const own = statusOf(body);
    if (own === undefined) return { kind: 'http', status, body };
    if (own.startsWith('error trying to reach service: dial ') || own.startsWith('no endpoints available') || status === 404)
      return { kind: 'closed', text: own };
    if (status >= 500) return { kind: 'silent', text: own };
    return { refused: Object.assign(new Error(own), { code: status }) };
  } catch (error) {
    // A port where nothing listens refuses at once: what says nothing for so long has taken the connection.
    if (signal.aborted) return { kind: 'silent', text: `no answer within ${ASK_MS / 1000} s` };
    return { refused: error };
  }
}

function statusOf(body: string): string | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const { apiVersion, kind, status, message } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return apiVersion === 'v1' && kind === 'Status' && status === 'Failure' ? String(message) : undefined;
  } catch {
    return undefined;
  }
}

const ASK_MS = 10_000;
const MOST_BODY = 1024 * 1024;
const LONGEST_LINE = 64 * 1024;

function codeOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** The API server answers with a Status (meta/v1) as JSON. Where the client library has none, its own message is the code, one word, and headers that help nobody. */
function messageOf(error: unknown): string {
  const { body, message } = error as { readonly body?: unknown; readonly message?: string };
  const own = (message ?? String(error))
    .split(/\n(?:Body|Headers):/)[0]!
    .replace(/^HTTP-Code: (\d+)\s+Message: /, '$1 ')
    .replace(/\s+/g, ' ');
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { readonly message?: string } | undefined;
    return status?.message ?? own;
  } catch {
    return own;
  }
}

function failureOf(place: string, what: string, error: unknown): ApplicationFailure {
  const code = codeOf(error);
  const text = `${place}: cannot ${what}: ${messageOf(error).slice(0, 500)}`;
  if (code === 401) return refused(`${text}; the credentials of the kubeconfig are refused or have expired: renew them`);
  if (code === 403 && /violates PodSecurity|exceeded quota|maximum .* usage per/.test(text))
    return refused(`${text}; ask for less in the manifest, or for \`pod-security: { level: baseline, reason: … }\` in the suite`);
  if (BAD_CERTIFICATE.has((error as { readonly code?: unknown }).code))
    return refused(`${text}; the certificate in the kubeconfig is not that of this cluster`);
  if (code === 403) return refused(`${text}; the account of the kubeconfig needs that right`);
  if (code === 400 || code === 404 || code === 422) return refused(text);
  return infrastructure(text, error);
}

/** Codes of Node (OpenSSL) for a server that is not the one of the kubeconfig. */
const BAD_CERTIFICATE: ReadonlySet<unknown> = new Set([
  'CERT_HAS_EXPIRED',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function refused(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'ClusterRefused', message, nonRetryable: true });
}
