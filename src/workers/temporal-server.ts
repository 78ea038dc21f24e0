import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { statePaths, type Config } from '../config/config';
import type { ChildOptions } from './child';
import { splitAddress } from './ports';
import { searchAttributeArguments } from './search-attributes';

/** Whether `millrace up` runs Temporal itself: where the address is of this machine's loopback. Elsewhere it is a cluster that only has to answer. */
export function ownsTemporal(config: Config): boolean {
  return ['127.0.0.1', 'localhost', '::1'].includes(splitAddress(config.temporal.address).host);
}

/** The development server with a database file (WAL halves its CPU), with every search attribute registered. */
export function temporalServer(config: Config): Omit<ChildOptions, 'logFile' | 'pidFile'> {
  const folder = statePaths(config.state).temporal;
  mkdirSync(folder, { recursive: true });
  const { host, port } = splitAddress(config.temporal.address);
  const ip = host === 'localhost' ? '127.0.0.1' : host;
  return {
    name: 'temporal',
    command: 'temporal',
    args: [
      ...['server', 'start-dev', '--db-filename', `${folder}/temporal.db`],
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
      ...['--ip', ip, '--port', String(port), '--ui-ip', ip, '--ui-port', String(config.temporal.uiPort)],
      ...(config.temporal.namespace === 'default' ? [] : ['--namespace', config.temporal.namespace]),
      ...['--ui-disable-news-fetch', '--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
      ...searchAttributeArguments(),
    ],
    probe: (signal) => answers(config, signal),
    readySeconds: 60,
  };
}

/** Resolves when the server knows the namespace. */
async function answers(config: Config, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const connection = await Connection.connect({ address: config.temporal.address, connectTimeout: 2000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: config.temporal.namespace });
        return;
      } finally {
        await connection.close();
      }
    } catch {
      await sleep(200, undefined, { signal }).catch(() => undefined);
    }
  }
  // Whoever waits is told by the end of the process.
  await new Promise<never>(() => {});
}
