import { share } from '../../src/views/share';
import { record } from '../cli/records';

const decided = [{ decision: { kind: 'retry' as const, by: 'ann' }, at: '2026-01-01T10:00:30Z', answered: [] }];

it.each([
  ['nothing', [], { ended: 0, withoutPerson: 0 }],
  ['a release on its own', [record], { ended: 1, withoutPerson: 1 }],
  ['one that a person answered', [record, { ...record, decisions: decided }], { ended: 2, withoutPerson: 1 }],
  [
    'one that failed or was rejected',
    [
      { ...record, outcome: 'rejected' as const },
      { ...record, outcome: 'failed' as const },
    ],
    { ended: 2, withoutPerson: 0 },
  ],
  ['an equal rebuild did what it was to do', [{ ...record, outcome: 'equal' as const }], { ended: 1, withoutPerson: 1 }],
  ['a superseded one is not counted', [record, { ...record, outcome: 'superseded' as const }], { ended: 1, withoutPerson: 1 }],
])('share of %s', (_, records, expected) => expect(share(records)).toEqual(expected));
