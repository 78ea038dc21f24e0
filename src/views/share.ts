import type { ReleaseRecord } from '../domain/release/release';

/** Of the releases that were carried to an end, how many needed no person. Superseded ones were not: a newer release took their place. */
export interface Share {
  readonly ended: number;
  readonly withoutPerson: number;
}

export function share(records: readonly Pick<ReleaseRecord, 'outcome' | 'decisions' | 'waivers'>[]): Share {
  const ended = records.filter((record) => record.outcome !== 'superseded');
  return {
    ended: ended.length,
    withoutPerson: ended.filter((record) => record.outcome === 'published' && record.decisions.length === 0 && record.waivers.length === 0)
      .length,
  };
}
