import type { ControlActivities } from '../contract';
import type { Store } from '../store/store';

/** Writes what outlives Temporal's memory: gate records for the signer, release records for `show`, `why` and every figure. */
export function createRecordActivities(deps: { readonly store: Store }): Pick<ControlActivities, 'writeGateRecord' | 'writeReleaseRecord'> {
  return {
    writeGateRecord: (gate) => deps.store.writeRecord('gate', gate.release, gate),
    async writeReleaseRecord(record) {
      await deps.store.writeRecord('release', `${record.id}@${record.startedAt}`, record);
    },
  };
}
