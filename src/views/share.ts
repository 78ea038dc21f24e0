import type { ReleaseRecord } from '../domain/release/release';

/** Of the releases that were carried to an end, how many needed no person. Superseded ones were not: a newer release took their place. */
export interface Share {
  readonly ended: number;
  readonly withoutPerson: number;
}

/** An equal rebuild did what it was to do. */
const CARRIED: readonly ReleaseRecord['outcome'][] = ['published', 'equal'];

export function share(records: readonly Pick<ReleaseRecord, 'outcome' | 'decisions' | 'waivers'>[]): Share {
  const ended = records.filter((record) => record.outcome !== 'superseded');
  return {
    ended: ended.length,
    withoutPerson: ended.filter(
      (record) => CARRIED.includes(record.outcome) && record.decisions.length === 0 && record.waivers.length === 0,
    ).length,
  };
}
