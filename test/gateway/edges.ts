import { mkdirSync, writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { statePaths } from '../../src/config/config';
import { requireConfig } from '../../src/config/load';
import { createPageSources } from '../../src/gateway/page-sources';
import type { GatewayDeps } from '../../src/gateway/server';
import { forgeOf } from '../../src/workers/spec-forge';

/** The reading half of a gateway over a folder with the state in it, where no Temporal server answers. `more` are further blocks of millrace.yaml. */
export function quietEdges(folder: string, specRepository: string, more = ''): Pick<GatewayDeps, 'repository' | 'pages'> {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/millrace.yaml`;
  writeFileSync(file, `distribution: my-distro\nspecs: {repository: ${specRepository}}\ntemporal: {address: "127.0.0.1:1"}\n${more}`);
  const config = requireConfig(file);
  const { distribution, architectures } = config;
  const key = `${distribution}.rsa.pub`;
  const paths = statePaths(config.state);
  const client = new Client({ connection: Connection.lazy({ address: config.temporal.address }) });
  const sources = createPageSources({ config, forge: forgeOf(config), client, healthy: async () => false });
  return {
    repository: { root: paths.repository, architectures, key: { folder: paths.keys, name: key } },
    pages: { distribution, architectures, key, ...sources },
  };
}
