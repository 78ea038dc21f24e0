import { floorDetails } from '../../../src/domain/floor/details';
import { whyWaiting } from '../../../src/domain/floor/why';
import { storyOf } from './story';

const many = Object.fromEntries(Array.from({ length: 3000 }, (_, number) => [`package-with-a-long-name-${number}`, ['lib']]));

test('what is stopped and has failed comes first, then causes and builds, in Markdown that foreign text cannot break', () => {
  const floor = storyOf({ a: ['lib'], b: ['lib'], c: ['lib'] }, { slots: 2 });
  floor.release('lib', '2|*-r0', 'break', ['a', 'b', 'c']);
  floor.ended('a', 'failed');
  floor.decide({ kind: 'pause', cause: 'lib@2|*-r0' });
  const text = floorDetails(floor.state(), floor.at() + 60_000);
  expect(text.split('\n\n').slice(0, 3)).toEqual([
    '### story: 2 build, 0 wait, 1 failed',
    '### Waits for a person',
    '- lib 2\\|\\*-r0 is paused, by anna: because\n- a: a 1-r1 failed: it broke',
  ]);
  expect(text).toContain('0 published, 0 equal, 2 build, 0 wait, 1 failed');
  expect(text).toContain('- b, since 60 s, asked for by lib 2\\|\\*-r0');
});

test('they fit however much there is', () => {
  const floor = storyOf(many, { slots: 3000, breaker: { after: 5000, share: 1 } });
  floor.release('lib', '2-r0', 'break', Object.keys(many));
  expect(Buffer.byteLength(floorDetails(floor.state(), floor.at()))).toBeLessThan(20_000);
});

test('where nothing is wanted, that is said', () => {
  const floor = storyOf({ a: ['lib'] }, { debounceSeconds: 60 });
  expect(floorDetails(floor.state(), floor.at())).toBe('### story: nothing is to be rebuilt');
  expect(whyWaiting(floor.state(), 'a', floor.at())).toEqual(['nothing wants a built again']);
  floor.release('lib', '2-r0', 'break', ['a']);
  expect(floorDetails(floor.state(), floor.at())).toContain('lib 2-r0: waits a moment whether more of its kind follows');
  expect(whyWaiting(floor.state(), 'lib', floor.at())[0]).toBe('lib 2-r0 was published; what depends on it is asked for in 60 s');
});

test('why tells of slots, pauses, failures, budgets and what may be asked for', () => {
  const floor = storyOf({ a: ['lib'], b: ['lib'], deep: ['b'] }, { slots: 1 });
  floor.release('lib', '2-r0', 'break', ['a', 'b']);
  const why = (name: string) => whyWaiting(floor.state(), name, floor.at());
  expect(why('b')).toEqual(['b is building since 0 s', 'b was asked for by lib 2-r0']);
  expect(why('a')[0]).toBe('a waits for a slot: 1 of 1 build, 1 could start');
  expect(why('deep')).toEqual(['deep may be asked for: it depends on b, building since 0 s']);
  floor.decide({ kind: 'pause' });
  expect(why('a')[0]).toBe('a could start, but the floor is paused, by anna: because');
  floor.ended('b', 'rejected');
  expect(why('b')[0]).toBe('b failed 0 s ago: b 1-r1 rejected: it broke');
});
