import { releaseNews } from '../../../src/domain/release/news';
import type { Cause, Comparison } from '../../../src/domain/release/release';
import { urgencyOf } from '../../../src/domain/release/urgency';
import { input } from '../../cli/records';

const cause = (kind: Cause['kind'], ...roots: string[]): Cause => ({ id: kind, kind, text: kind, at: '2026-01-01T00:00:00Z', roots });
const compared = (more: Partial<Comparison>): Comparison => ({ kind: 'content', breaks: [], removed: [], changes: ['much'], ...more });
const story = { release: 'release:x', startedAt: '2026-01-01T00:00:00Z', input, reason: 'so it is', builds: [] };
const what = `${input.package} ${input.version}-r${input.epoch}`;

test.each([
  [['upstream-release'], 3],
  [['rebuild'], 5],
  [['rebuild', 'upstream-release'], 3],
  [['rebuild', 'vulnerability'], 1],
  [[], 3],
] as const)('causes %j have the urgency %d', (kinds, urgency) => {
  expect(urgencyOf(kinds.map((kind) => cause(kind)))).toBe(urgency);
});

test('what was published says how it differs, and is called by what is gone', () => {
  const news = releaseNews({
    ...story,
    outcome: 'published',
    comparison: compared({ kind: 'break', breaks: ['a'], removed: ['libx.so.1'] }),
  });
  expect(news).toMatchObject({ change: { kind: 'break', breaks: ['a'] }, text: `${what} removed libx.so.1` });
  expect(news.change).not.toHaveProperty('changes');
  expect(releaseNews({ ...story, outcome: 'published', comparison: compared({}) }).text).toBe(`${what} was published`);
});

test('any other end says why, and changes nothing', () => {
  const news = releaseNews({ ...story, outcome: 'failed', comparison: compared({}) });
  expect(news.text).toBe('so it is');
  expect(news.change).toBeUndefined();
});

test('the roots of all causes once, the longest build, and an id for each outcome of a run', () => {
  const causes = [cause('rebuild', 'b', 'a'), cause('rebuild', 'a'), cause('person')];
  const builds = [3, 9].map((seconds) => ({ seconds }) as never);
  const told = (outcome: 'waits' | 'equal', startedAt = story.startedAt) =>
    releaseNews({ ...story, startedAt, input: { ...input, causes }, builds, outcome });
  expect(told('equal')).toMatchObject({ roots: ['a', 'b'], seconds: 9 });
  expect(new Set([told('equal').id, told('waits').id, told('equal', '2027').id]).size).toBe(3);
});
