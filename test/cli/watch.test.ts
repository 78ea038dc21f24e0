import { changes, standings } from '../../src/cli/watch';
import type { Overview } from '../../src/views/overview';
import { record, view } from './records';

const nothing: Overview = {
  distribution: 'd',
  generation: 0,
  inFlight: [],
  published: [],
  given: [],
  share: { ended: 0, withoutPerson: 0 },
};
const flying = { release: view.release, package: 'lz4', stage: 'builds', startedAt: view.waitingFor!.since };

it('prints a line for what is new or changed, and nothing else', () => {
  const first = standings({ ...nothing, inFlight: [flying], published: [record] });
  expect(changes(new Map(), first)).toEqual(['zlib-1.3.1-r0 published in generation 3', 'lz4-1.10.0-r0 builds']);
  expect(changes(first, first)).toEqual([]);
  const second = standings({ ...nothing, inFlight: [{ ...flying, view }], published: [record] });
  expect(changes(first, second)).toEqual(['lz4-1.10.0-r0 waits for a person: package-tests: lz4 --version says something else']);
});

it('a release that runs again stands before its records, and its newest record before the older', () => {
  const again = { ...record, id: view.release, outcome: 'rejected' as const, reason: 'ann: no' };
  const { generation: _generation, ...rejected } = again;
  expect(standings({ ...nothing, given: [rejected], inFlight: [flying] }).get('lz4-1.10.0-r0')).toBe('builds');
  expect(
    standings({ ...nothing, given: [rejected, { ...rejected, reason: 'older', finishedAt: '2025-01-01T00:00:00Z' }] }).get('lz4-1.10.0-r0'),
  ).toBe('rejected: ann: no');
});
