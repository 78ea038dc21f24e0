import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/digest';
import type { Store } from '../store/store';

/** The last answer of one address, kept as a store record of kind `upstream` that is written only when it changes. */
export async function rememberAnswer<T>(store: Store, key: AnswerKey, previous: T | undefined, value: T): Promise<void> {
  if (previous !== undefined && canonicalJson(previous) === canonicalJson(value)) return;
  await store.writeRecord('upstream', recordName(key), value);
}

export function recallAnswer<T>(store: Store, key: AnswerKey): Promise<T | undefined> {
  return store.readRecord<T>('upstream', recordName(key));
}

interface AnswerKey {
  readonly kind: string;
  readonly address: string;
}

/** Addresses may be longer than a file name. */
function recordName({ kind, address }: AnswerKey): string {
  return `${kind}:${createHash('sha256').update(address).digest('hex')}`;
}
