import { lacking } from '../../domain/image/expected';
import type { HttpExpectation } from '../../domain/image/suite';
import type { KubernetesRun } from '../../domain/kubernetes/run';
import type { ClusterClient, ProxyTarget } from './cluster-client';

/** What of a run's ports and HTTP is not as expected now, a sentence each. What names no Service must be so of one of these pods. */
export async function missingAnswers(
  cluster: Pick<ClusterClient, 'ask'>,
  namespace: string,
  { ports, http }: Pick<KubernetesRun, 'ports' | 'http'>,
  pods: readonly string[],
): Promise<readonly string[]> {
  const anyOf = async (targets: readonly ProxyTarget[], missing: (target: ProxyTarget) => Promise<string | undefined>) => {
    let last: string | undefined = 'there is no pod to ask';
    for (const target of targets) {
      last = await missing(target);
      if (last === undefined) return [];
    }
    return [last];
  };
  const all = pods.map((pod) => ({ pod }));
  const found: string[] = [];
  for (const port of ports) found.push(...(await anyOf(all, (target) => missingPort(cluster, namespace, target, port))));
  for (const expected of http) {
    const targets = expected.service === undefined ? all : [{ service: expected.service }];
    found.push(...(await anyOf(targets, (target) => missingHttp(cluster, namespace, target, expected))));
  }
  return found;
}

async function missingPort(
  cluster: Pick<ClusterClient, 'ask'>,
  namespace: string,
  target: ProxyTarget,
  port: number,
): Promise<string | undefined> {
  const answer = await cluster.ask({ namespace, target, port, path: '/' });
  return answer.kind === 'closed' ? `port ${port} accepts no connection: ${answer.text}` : undefined;
}

async function missingHttp(
  cluster: Pick<ClusterClient, 'ask'>,
  namespace: string,
  target: ProxyTarget,
  { port, path, service, status, body }: HttpExpectation,
): Promise<string | undefined> {
  const answer = await cluster.ask({ namespace, target, port, path });
  const what = `GET ${service === undefined ? '' : service}:${port}${path}`;
  if (answer.kind !== 'http') return `${what}: ${answer.text}`;
  if (answer.status !== status) return `${what} answers ${answer.status}, not ${status}`;
  const wrong = body ? lacking(body, answer.body, 'the body') : [];
  return wrong.length === 0 ? undefined : `${what}: ${wrong.join('; ')}`;
}
