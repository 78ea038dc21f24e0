import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../src/activities/kubernetes/cluster-client';

const folder = mkdtempSync(join(tmpdir(), 'millrace-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['is not there', undefined],
  ['is no YAML', '{'],
  ['names no cluster', 'apiVersion: v1\nkind: Config\n'],
])('a kubeconfig that %s is refused for good, by its name', async (what, text) => {
  const file = join(folder, what.replaceAll(' ', '-'));
  if (text !== undefined) writeFileSync(file, text);
  await expect(connectCluster(file)).rejects.toMatchObject({
    type: 'ClusterRefused',
    nonRetryable: true,
    message: expect.stringContaining(file),
  });
});

it('a cluster that does not answer is tried again', async () => {
  const file = join(folder, 'nobody');
  const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:1' } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  writeFileSync(
    file,
    JSON.stringify({ clusters: [cluster], users: [{ name: 'u', user: {} }], contexts: [context], 'current-context': 'x' }),
  );
  const client = await connectCluster(file);
  await expect(client.namespace('n')).rejects.toMatchObject({ type: 'Infrastructure', nonRetryable: false });
});
