import type { OsvRecord } from '../../domain/advisory/osv';
import type { Store } from '../store/store';
import { RecordRefused } from './errors';
import { readOsvRecord } from './osv-record';

const KIND = 'osv';

/** Keeps a record as it came, unless a newer one of the same id is kept already. Answers whether it was taken. */
export async function keepOsvRecord(store: Store, record: OsvRecord, value: unknown): Promise<boolean> {
  const known = await store.readRecord<{ readonly modified: string }>(KIND, record.id);
  if (known && Date.parse(known.modified) > Date.parse(record.modified)) return false;
  await store.writeRecord(KIND, record.id, value);
  return true;
}

/** Every record that was ingested, by id. */
export async function readOsvRecords(store: Store): Promise<readonly OsvRecord[]> {
  const names = [...(await store.listRecords(KIND))].sort();
  return Promise.all(
    names.map(async (name) => {
      const read = readOsvRecord(await store.readRecord(KIND, name), `the kept record ${name}`);
      if (!read.ok) throw new RecordRefused(read.error);
      return read.value;
    }),
  );
}
