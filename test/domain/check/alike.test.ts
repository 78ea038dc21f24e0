import { alikeFailures, lastGood } from '../../../src/domain/check/alike';
import type { Decision, ReleaseRecord } from '../../../src/domain/release/release';

const record = (name: string, version: string, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  id: `release:${name}-${version}-r0`,
  input: {
    distribution: 'd',
    package: name,
    version,
    epoch: 0,
    change: 'bump',
    causes: [],
    architectures: ['x86_64'],
    reminders: { everySeconds: 1, escalateAfterSeconds: 2 },
  },
  outcome: 'published',
  reason: 'all passed',
  builds: [],
  verdicts: [],
  waivers: [],
  decisions: [],
  attempts: 1,
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T01:00:00Z',
  seconds: {},
  ...more,
});
const answered = (check: string, decision: Decision) => ({
  decisions: [{ decision, at: '2026-01-01T00:30:00Z', answered: [`${check}: it broke`] }],
});
const retry: Decision = { kind: 'retry', by: 'ada', reason: 'a full disk' };

test('the same check is found with its answer: those of the same package first, the newest first, five at most', () => {
  const records = [
    record('zlib', '1', answered('abi', { kind: 'waive', by: 'ada', check: 'abi', reason: 'nobody uses it' })),
    record('lz4', '1', answered('abi', retry)),
    record('zlib', '2', answered('sbom', retry)),
    record('zlib', '3', { ...answered('abi', { kind: 'patch', by: 'bob', commit: 'c'.repeat(40) }) }),
    record('png', '1', { ...answered('abi', { kind: 'reject', by: 'eve', reason: 'too old' }), outcome: 'rejected' }),
    record('xml', '1', {
      outcome: 'superseded',
      reason: 'replaced by 2',
      verdicts: [{ check: 'abi', outcome: 'failed', summary: 'x', details: [], seconds: 1 }],
    }),
    record('curl', '1'),
  ];
  expect(alikeFailures('abi', 'zlib', records)).toEqual([
    { release: 'release:zlib-3-r0', check: 'abi', answer: `patched with ${'c'.repeat(12)} by bob (then published)` },
    { release: 'release:zlib-1-r0', check: 'abi', answer: 'waived by ada: nobody uses it (then published)' },
    { release: 'release:xml-1-r0', check: 'abi', answer: 'superseded without an answer: replaced by 2' },
    { release: 'release:png-1-r0', check: 'abi', answer: 'rejected by eve: too old' },
    { release: 'release:lz4-1-r0', check: 'abi', answer: 'retried by ada: a full disk (then published)' },
  ]);
  expect(alikeFailures('abi', 'zlib', [...records, ...records])).toHaveLength(5);
});

test('the last good release is the newest published one of the package', () => {
  const records = [record('zlib', '1'), record('zlib', '2'), record('zlib', '3', { outcome: 'rejected' }), record('lz4', '9')];
  expect(lastGood('zlib', records)?.input.version).toBe('2');
  expect(lastGood('curl', records)).toBeUndefined();
});
