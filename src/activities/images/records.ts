import type { ImageControlActivities } from '../contract';
import type { Store } from '../store/store';

/** Writes what outlives Temporal's memory: gate records for signer and publisher, records of ended releases for commands and pages. */
export function createImageRecords(deps: { readonly store: Store }): Pick<ImageControlActivities, 'writeImageGate' | 'writeImageRecord'> {
  return {
    writeImageGate: (gate) => deps.store.writeRecord('image-gate', gate.release, gate),
    async writeImageRecord(record) {
      await deps.store.writeRecord('image', `${record.id}@${record.startedAt}`, record);
    },
  };
}
