import type { Client } from '@temporalio/client';
import { send } from '../activities/announce/announce';
import type { Config } from '../config/config';
import { packageDefaults } from '../config/package-defaults';
import { floorId, floorSettingsSignal } from '../workflows/messages';
import { floorStart } from '../workflows/start';

/** Starts the floor where it does not run, and tells one that does what `millrace.yaml` says now. */
export async function ensureFloor(client: Client, config: Config): Promise<void> {
  const defaults = packageDefaults(config);
  await send(client, {
    workflowId: floorId(config.distribution),
    signal: floorSettingsSignal.name,
    argument: defaults.floor,
    start: floorStart(defaults),
  });
}
