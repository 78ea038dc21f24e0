import { Client, Connection } from '@temporalio/client';
import { Complaint } from '../config/complaint';
import type { Config } from '../config/config';
import { settingPlace } from '../config/load';

/** A client of the factory's Temporal namespace. Throws a `Complaint` within `seconds` where no server answers. The caller closes `connection`. */
export async function connectClient(config: Config, seconds = 5): Promise<{ readonly client: Client; readonly connection: Connection }> {
  let connection: Connection;
  try {
    connection = await Connection.connect({ address: config.temporal.address, connectTimeout: seconds * 1000 });
  } catch {
    throw noServer(config);
  }
  return { client: new Client({ connection, namespace: config.temporal.namespace }), connection };
}

/** The one complaint about a Temporal server that does not answer. */
export function noServer(config: Config): Complaint {
  return new Complaint({
    message: `no Temporal server at ${config.temporal.address}`,
    remedy: `run \`millrace up\`, or set ${settingPlace(config, 'temporal.address')}`,
  });
}
