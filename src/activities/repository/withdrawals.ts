import type { Withdrawal } from '../../domain/repository/index-rules';
import type { Store } from '../store/store';

/** Every recorded withdrawal, oldest first. */
export async function readWithdrawals(store: Store): Promise<readonly Withdrawal[]> {
  const names = await store.listRecords('withdrawal');
  const records = await Promise.all(names.map((name) => store.readRecord<Withdrawal>('withdrawal', name)));
  return records.filter((record) => record !== undefined);
}
