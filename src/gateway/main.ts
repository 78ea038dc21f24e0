import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { send } from '../activities/announce/announce';
import { imageKeyFiles } from '../activities/signing/image-key';
import { Complaint } from '../config/complaint';
import { statePaths } from '../config/config';
import { requireConfig, settingPlace } from '../config/load';
import { packageDefaults } from '../config/package-defaults';
import { webhookSecrets } from '../config/secrets';
import { forgeOf } from '../workers/spec-forge';
import { hintMessage } from '../workflows/start';
import { createPageSources } from './page-sources';
import { createGateway } from './server';
import { createSpecIndex } from './spec-index';

const SEND_MILLISECONDS = 10_000;
const HEALTH_MILLISECONDS = 1000;

/** The gateway process: `main.js --config <file>`. Prints `{"ready":"gateway"}` when it listens; needs no Temporal server to start. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const config = requireConfig(values.config);
  const connection = Connection.lazy({ address: config.temporal.address });
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const forge = forgeOf(config);
  const specs = createSpecIndex(forge, config.specs);
  const healthy = () =>
    client
      .withDeadline(Date.now() + HEALTH_MILLISECONDS, () => connection.workflowService.getSystemInfo({}))
      .then(
        () => true,
        () => false,
      );
  const paths = statePaths(config.state);
  const { distribution, architectures } = config;
  const key = `${distribution}.rsa.pub`;
  const sources = createPageSources({ config, forge, client, healthy });
  const server = createGateway({
    config,
    specs,
    secrets: () => webhookSecrets(config),
    send: ({ package: name, hint }) =>
      client.withDeadline(Date.now() + SEND_MILLISECONDS, () => send(client, hintMessage(packageDefaults(config), name, hint))),
    healthy,
    repository: {
      root: paths.repository,
      architectures,
      key: { folder: paths.keys, name: key },
      ...(config.images ? { imageKey: basename(imageKeyFiles(paths.keys, distribution).publicKey) } : {}),
    },
    pages: { distribution, architectures, key, ...sources },
    clock: () => new Date(),
    log: (line) => process.stderr.write(`${new Date().toISOString()} ${line}\n`),
  });
  const { host, port } = config.gateway;
  try {
    await server.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Complaint({ message: `port ${port} of ${host} is in use`, remedy: `set another: ${settingPlace(config, 'gateway.port')}` });
  }
  // The first webhook need not wait for every spec to be read, nor the first reader for every record.
  for (const warm of [specs, sources.catalogue, sources.overview])
    void warm().catch((error: Error) => process.stderr.write(`${error.message}\n`));
  const close = () => void server.close().then(() => process.exit(0));
  process.once('SIGTERM', close);
  process.once('SIGINT', close);
  process.stdout.write(`${JSON.stringify({ ready: 'gateway' })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Complaint ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(error instanceof Complaint ? error.exitCode : 1);
});
