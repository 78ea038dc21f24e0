import { storyOf } from './story';

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => `lib${String(number).padStart(3, '0')}`);
const needs = Object.fromEntries([
  ['app', ['core', ...names(300)]],
  ['core', ['base']],
]);
const breaker = { after: 1000, share: 1 };

/** `core` has failed, so that what `app` is wanted for gathers: as many causes as packages were released. */
function gathered(releases: readonly string[]) {
  const floor = storyOf(needs, { slots: 1, breaker });
  floor.release('base', '2-r0', 'break', ['core']);
  floor.ended('core', 'failed');
  for (const name of releases) floor.release(name, '2-r0', 'break', ['app']);
  return floor;
}

test('256 causes are told apart', () => {
  const floor = gathered(names(255));
  expect(floor.state().causes).toHaveLength(256);
  expect(floor.state().causes.some((cause) => cause.merged)).toBe(false);
});

test('of more the oldest go on as one, and nothing that any of them wants is lost', () => {
  const floor = gathered(names(256));
  const { causes, jobs } = floor.state();
  expect(causes).toHaveLength(128);
  expect(causes.at(-1)).toMatchObject({
    id: 'merged-258',
    text: 'base 2-r0 and 129 more',
    judged: true,
    failed: 1,
    merged: { count: 130 },
  });
  expect(jobs.flatMap((job) => (job ? [job.roots.length] : [])).sort()).toEqual([1, 128]);
  floor.decide({ kind: 'release', package: 'core' });
  floor.rebuilt('core', 'break', ['app']);
  floor.rebuilt('app');
  expect(floor.ordered()).toEqual(['core', 'core', 'app']);
  expect(floor.state()).toMatchObject({ causes: [], jobs: [] });
  expect(floor.state().history).toContainEqual(expect.objectContaining({ text: 'base 2-r0 and 129 more', published: 2 }));
});

test('a person who names a part is told of the whole', () => {
  const floor = gathered(names(256));
  expect(floor.decide({ kind: 'drop', cause: 'lib000@2-r0' })).toBe(
    'lib000@2-r0 goes on as a part of merged-258 (base 2-r0 and 129 more), one of too many causes: name that',
  );
  expect(floor.decide({ kind: 'drop', cause: 'merged-258' })).toMatch(/^merged-258 is dropped/);
});

test('news of an order that began before answers the whole', () => {
  const floor = storyOf(needs, { slots: 1, breaker });
  floor.release('base', '2-r0', 'break', ['core']);
  for (const name of names(256)) floor.release(name, '2-r0', 'break', ['app']);
  expect(floor.state().causes.at(-1)!.merged!.ids).toContain('base@2-r0');
  floor.rebuilt('core', 'break', ['app']);
  expect(floor.ordered()).toEqual(['core', 'app']);
  expect(floor.state().causes.at(-1)).toMatchObject({ published: 1, started: 2 });
});

test('what a person paused goes on apart from what runs', () => {
  const floor = gathered(names(3));
  floor.decide({ kind: 'pause', cause: 'lib001@2-r0' });
  for (const name of names(300).slice(3)) floor.release(name, '2-r0', 'break', ['app']);
  const { causes } = floor.state();
  expect(causes.find((cause) => cause.id === 'lib001@2-r0')).toMatchObject({ paused: { by: 'anna' } });
  expect(causes.find((cause) => cause.merged)!.paused).toBeUndefined();
});

test('a merged cause may build again what one of its parts has built: the others are owed it', () => {
  const floor = storyOf({ ...needs, app: ['core', 'lib000'], lib000: ['app'] }, { slots: 9, breaker }, { lib000: 'content' });
  floor.release('base', '2-r0', 'break', ['core']);
  floor.ended('core', 'failed');
  for (const name of names(256)) floor.release(name, '2-r0', 'break', ['app']);
  const past = floor.state().past.flatMap((entry) => (entry ? [entry.built] : []));
  expect(past.flat()).toEqual([]);
});
