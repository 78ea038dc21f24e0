import type { Store } from '../activities/store/store';
import { comparisonLine } from '../domain/release/comparison';
import type { Cause, ReleaseRecord } from '../domain/release/release';

/** A publication that rebuilds go back to. */
export interface ChainLink {
  /** `libxml2-2.15.4-r0`. */
  readonly release: string;
  /** What it did to those that are linked with it. */
  readonly text: string;
  readonly causes: readonly Cause[];
}

/** Of an order that served many causes. */
const MOST = 20;

/** What the causes of a rebuild go back to, from the records: each publication that the floor names, with what set that off. A cause that a person made, and one whose record is gone, has none. */
export async function causeChain(
  store: Pick<Store, 'listRecords' | 'readRecord'>,
  causes: readonly Cause[],
): Promise<readonly ChainLink[]> {
  const roots = [...new Set(causes.flatMap((cause) => cause.roots ?? []))].slice(0, MOST);
  if (roots.length === 0) return [];
  const names = await store.listRecords('release');
  const links = await Promise.all(
    roots.map(async (root) => {
      const release = root.replace(/@(?=[^@]*$)/, '-');
      const name = names.findLast((one) => one.startsWith(`release:${release}@`));
      const record = name === undefined ? undefined : await store.readRecord<ReleaseRecord>('release', name);
      return (
        record && { release, text: record.comparison ? comparisonLine(record.comparison) : record.outcome, causes: record.input.causes }
      );
    }),
  );
  return links.filter((link) => link !== undefined);
}
