import { connect } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { Complaint } from '../config/complaint';
import type { Config } from '../config/config';
import { settingPlace } from '../config/load';
import { splitAddress } from './ports';

/** A client of the factory's Temporal namespace. Throws a `Complaint` within `seconds` where no server answers. The caller closes `connection`. */
export async function connectClient(config: Config, seconds = 5): Promise<{ readonly client: Client; readonly connection: Connection }> {
  if (await refused(config.temporal.address)) throw noServer(config);
  let connection: Connection;
  try {
    connection = await Connection.connect({ address: config.temporal.address, connectTimeout: seconds * 1000 });
  } catch {
    throw noServer(config);
  }
  return { client: new Client({ connection, namespace: config.temporal.namespace }), connection };
}

/** gRPC retries a refused connection until its deadline; a person is told at once. */
async function refused(address: string): Promise<boolean> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: boolean) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
    socket.setTimeout(1000, () => end(false));
  });
}

/** The one complaint about a Temporal server that does not answer. */
export function noServer(config: Config): Complaint {
  return new Complaint({
    message: `no Temporal server at ${config.temporal.address}`,
    remedy: `run \`millrace up\`, or set ${settingPlace(config, 'temporal.address')}`,
  });
}
