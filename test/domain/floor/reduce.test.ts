import { whyWaiting } from '../../../src/domain/floor/why';
import { refusalOf } from '../../../src/domain/floor/decide';
import type { FloorDecision, RebuildPolicy } from '../../../src/domain/floor/floor';
import { floorView } from '../../../src/domain/floor/view';
import { storyOf } from './story';

/** app needs mid, mid needs lib; side needs lib alone. */
const CHAIN = { mid: ['lib'], app: ['mid'], side: ['lib'] };

describe('who is asked for', () => {
  test.each<[RebuildPolicy, 'new' | 'same' | 'compatible' | 'content' | 'break', readonly string[]]>([
    ['static', 'same', ['mid', 'side']],
    ['static', 'compatible', ['mid', 'side']],
    ['static', 'new', []],
    ['content', 'same', []],
    ['content', 'content', ['mid', 'side']],
    ['content', 'compatible', ['mid', 'side']],
    ['abi', 'content', []],
    ['abi', 'compatible', []],
    ['abi', 'break', ['side']],
    ['none', 'break', []],
  ])('a provider with policy %s that is published as %s: %j', (policy, kind, expected) => {
    const floor = storyOf(CHAIN, {}, { lib: policy });
    floor.release('lib', '2-r0', kind, kind === 'break' ? ['side'] : []);
    expect(floor.ordered().sort()).toEqual(expected);
  });

  test('a dependent whose edge was cut from a cycle is asked for like any other', () => {
    const floor = storyOf({ perl: ['glibc'], glibc: ['perl'] }, {}, { perl: 'static', glibc: 'static' });
    floor.release('perl', '2-r0', 'content');
    expect(floor.ordered()).toEqual(['glibc']);
    const other = storyOf({ perl: ['glibc'], glibc: ['perl'] }, {}, { perl: 'static', glibc: 'static' });
    other.release('glibc', '2-r0', 'content');
    expect(other.ordered()).toEqual(['perl']);
  });

  test('a package that is linked without being built with it is asked for, and one without a spec is left', () => {
    const floor = storyOf({ ...CHAIN, other: [] });
    floor.release('lib', '2-r0', 'break', ['other', 'ghost']);
    expect(floor.ordered()).toEqual(['other']);
  });
});

describe('a cascade', () => {
  test('children never before parents, and the same cause all the way down', () => {
    const floor = storyOf({ ...CHAIN, app: ['mid', 'lib'] });
    floor.release('lib', '2-r0', 'break', ['app', 'mid']);
    expect(floor.orders()).toMatchObject([{ package: 'mid', roots: ['lib@2-r0'], text: 'mid was asked for by lib 2-r0', urgency: 3 }]);
    floor.ordered();
    floor.rebuilt('mid', 'break', ['app']);
    expect(floor.orders()).toMatchObject([{ package: 'app', roots: ['lib@2-r0'] }]);
    floor.rebuilt('app');
    expect(floor.state()).toMatchObject({ causes: [], jobs: [], history: [{ id: 'lib@2-r0', started: 2, published: 2 }] });
  });

  test('who asked and because of what', () => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.rebuilt('mid', 'break', ['app']);
    expect(floor.orders().at(-1)!.text).toBe('app was asked for by mid 1-r1, because of lib 2-r0');
  });

  test.each(['equal', 'published'] as const)('it stops where nothing depends on a difference: %s', (outcome) => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.ordered();
    if (outcome === 'equal') floor.ended('mid', 'equal');
    else floor.rebuilt('mid', 'compatible');
    expect(floor.ordered()).toEqual([]);
    expect(floor.state().causes).toEqual([]);
  });

  test('a package behind one that is only possibly asked for waits, and goes on when that is not', () => {
    const floor = storyOf({ mid: ['lib'], app: ['mid', 'other'] });
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.release('other', '2-r0', 'break', ['app']);
    expect(floor.ordered()).toEqual(['mid']);
    expect(whyWaiting(floor.state(), 'app', floor.at() + 240_000)).toEqual([
      'app waits for mid, building since 4 min',
      'mid was asked for by lib 2-r0',
      'app was asked for by other 2-r0',
    ]);
    floor.ended('mid', 'equal');
    expect(floor.ordered()).toEqual(['app']);
  });

  test('a cycle: each member at most as often as the budget says', () => {
    const floor = storyOf({ perl: ['glibc'], glibc: ['perl'] });
    floor.release('glibc', '2-r0', 'break', ['perl']);
    floor.rebuilt('perl', 'break', ['glibc']);
    floor.rebuilt('glibc', 'break', ['perl']);
    expect(floor.ordered()).toEqual(['perl', 'glibc']);
    expect(floor.state().history).toMatchObject([{ overBudget: 1 }]);
  });
});

test('a rebuild that breaks what no plan has asks for a plan with it', () => {
  const floor = storyOf({ ...CHAIN, other: [] });
  floor.release('lib', '2-r0', 'break', ['mid']);
  floor.rebuilt('mid', 'break', ['app', 'other', 'ghost']);
  expect(floor.ordered().sort()).toEqual(['app', 'mid', 'other']);
  expect(floor.plans()).toBe(2);
});

describe('coalescing', () => {
  test('two causes that want a package that waits make one build', () => {
    const floor = storyOf({ app: ['a', 'b'] }, { slots: 1 });
    floor.decide({ kind: 'pause' });
    floor.release('a', '2-r0', 'break', ['app']);
    floor.release('b', '2-r0', 'break', ['app']);
    floor.decide({ kind: 'resume' });
    expect(floor.orders()).toMatchObject([{ package: 'app', roots: ['a@2-r0', 'b@2-r0'] }]);
    floor.ordered();
    floor.rebuilt('app');
    expect(floor.ordered()).toEqual([]);
  });

  test('three releases during a rebuild make one more, not three', () => {
    const floor = storyOf({ app: ['lib'] });
    floor.release('lib', '2-r0', 'break', ['app']);
    for (const version of ['3-r0', '4-r0', '5-r0']) floor.release('lib', version, 'break', ['app']);
    expect(floor.ordered()).toEqual(['app']);
    floor.rebuilt('app');
    expect(floor.orders()).toMatchObject([{ package: 'app', roots: ['lib@3-r0', 'lib@4-r0', 'lib@5-r0'] }]);
    floor.ordered();
    floor.rebuilt('app');
    expect(floor.ordered()).toEqual([]);
  });

  test('versions within the debounce are one cause, whose time does not run anew', () => {
    const floor = storyOf({ app: ['vim'], other: ['vim'] }, { debounceSeconds: 30 });
    floor.release('vim', '1-r0', 'break', ['app']);
    floor.pass(20);
    floor.release('vim', '2-r0', 'break', ['other']);
    floor.pass(9);
    expect(floor.ordered()).toEqual([]);
    floor.pass(1);
    expect(floor.orders()).toMatchObject([
      { package: 'app', roots: ['vim@2-r0'] },
      { package: 'other', roots: ['vim@2-r0'] },
    ]);
    expect(floor.plans()).toBe(1);
  });

  test('a build that began after the news has what it wants', () => {
    const floor = storyOf({ app: ['a', 'b'] }, { debounceSeconds: 30 });
    floor.release('a', '2-r0', 'break', ['app']);
    floor.pass(20);
    floor.release('b', '2-r0', 'break', ['app']);
    floor.pass(10);
    expect(floor.ordered()).toEqual(['app']);
    floor.pass(20);
    floor.rebuilt('app');
    expect(floor.ordered()).toEqual([]);
    expect(floor.state().causes).toEqual([]);
  });

  test('a build that came to nothing has nothing of what it was wanted for', () => {
    const floor = storyOf({ app: ['a', 'b'] }, { debounceSeconds: 30 });
    floor.release('a', '2-r0', 'break', ['app']);
    floor.pass(20);
    floor.release('b', '2-r0', 'break', ['app']);
    floor.pass(10);
    floor.ended('app', 'rejected');
    floor.decide({ kind: 'drop', cause: 'a@2-r0' });
    floor.pass(20);
    expect(floor.orders()).toMatchObject([{ roots: ['a@2-r0'] }, { roots: ['b@2-r0'] }]);
  });

  test('a build that waited for a person and began before the last wish does not serve it', () => {
    const floor = storyOf({ app: ['lib'] });
    floor.release('lib', '2-r0', 'break', ['app']);
    floor.pass(10);
    floor.release('lib', '3-r0', 'break', ['app']);
    floor.ended('app', 'waits');
    floor.pass(10);
    floor.rebuilt('app', 'compatible', [], 20);
    expect(floor.orders()).toMatchObject([{ roots: ['lib@2-r0'] }, { roots: ['lib@2-r0', 'lib@3-r0'] }]);
  });

  test('an older wish that waited longer for its plan does not make a younger one older', () => {
    const floor = storyOf({ mid: ['lib'], app: ['mid', 'a'] }, { debounceSeconds: 30 });
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.pass(30);
    floor.decide({ kind: 'hold', package: 'app' });
    floor.release('a', '2-r0', 'break', ['app']);
    floor.pass(10);
    floor.rebuilt('mid', 'break', ['app']);
    floor.pass(20);
    floor.ordered();
    floor.release('app', '2-r0', 'compatible', [], { seconds: 25 });
    floor.decide({ kind: 'release', package: 'app' });
    expect(floor.ordered()).toEqual(['app']);
  });

  test('the same news twice is one', () => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['mid'], { id: 'same' });
    expect(floor.release('lib', '2-r0', 'break', ['mid'], { id: 'same' })).toBe('heard before');
    expect(floor.ordered()).toEqual(['mid']);
  });

  test('a release of its own makes a waiting rebuild needless, unless its build began before', () => {
    for (const [seconds, expected] of [
      [0, []],
      [60, ['side']],
    ] as const) {
      const floor = storyOf(CHAIN, { slots: 1 });
      floor.release('lib', '2-r0', 'break', ['mid', 'side']);
      expect(floor.ordered()).toEqual(['mid']);
      floor.pass(30);
      floor.release('side', '7-r0', 'compatible', [], { seconds });
      floor.rebuilt('mid');
      expect(floor.ordered()).toEqual(expected);
    }
  });

  test('a release of its own that was under way before the order is no answer to it: it is ordered once more', () => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.release('mid', '7-r0', 'compatible');
    expect(floor.ordered()).toEqual(['mid', 'mid']);
    floor.rebuilt('mid');
    expect(floor.ordered()).toEqual([]);
  });
});

describe('failures', () => {
  test('one holds what truly depends on it, and nothing else', () => {
    const floor = storyOf(CHAIN, { slots: 1 });
    floor.release('lib', '2-r0', 'break', ['app', 'mid', 'side']);
    expect(floor.ordered()).toEqual(['mid']);
    floor.ended('mid', 'waits');
    expect(floor.ordered()).toEqual(['side']);
    floor.rebuilt('side');
    expect(floor.ordered()).toEqual([]);
    expect(whyWaiting(floor.state(), 'app', floor.at() + 60_000)).toContain('app waits for mid, which failed 60 s ago');
    floor.rebuilt('mid', 'content');
    expect(floor.ordered()).toEqual(['app']);
  });

  test('a publication of its own mends it', () => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['app', 'mid']);
    floor.ended('mid', 'failed');
    floor.ordered();
    floor.release('mid', '8-r0', 'compatible');
    expect(floor.ordered()).toEqual(['app']);
  });

  test('one that gave way to a newer release goes on building until that tells', () => {
    const floor = storyOf(CHAIN);
    floor.release('lib', '2-r0', 'break', ['mid']);
    floor.ordered();
    floor.ended('mid', 'superseded');
    expect(floor.state().jobs.filter((job) => job !== 0)).toMatchObject([{ status: 'building' }]);
    floor.rebuilt('mid');
    expect(floor.state().causes).toEqual([]);
  });

  test('too many of the first stop a cause, and a person is told once', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`p${number}`, ['lib']]));
    const floor = storyOf(many, { slots: 2, breaker: { after: 4, share: 0.5 } });
    floor.release('lib', '2-r0', 'break', Object.keys(many));
    for (const name of ['p0', 'p1', 'p2']) floor.ended(name, 'failed');
    expect(floor.told).toEqual(['lib 2-r0 is stopped: 3 of its first 3 rebuilds failed; resume or drop it']);
    floor.ordered();
    floor.rebuilt('p3');
    expect(floor.ordered()).toEqual([]);
    floor.decide({ kind: 'resume', cause: 'lib@2-r0' });
    expect(floor.ordered()).toEqual(['p4', 'p5']);
    floor.ended('p4', 'failed');
    expect(floor.told).toHaveLength(1);
  });

  test('half of them is not more than half', () => {
    const floor = storyOf({ a: ['lib'], b: ['lib'], c: ['lib'] }, { breaker: { after: 2, share: 0.5 } });
    floor.release('lib', '2-r0', 'break', ['a', 'b', 'c']);
    floor.ended('a', 'failed');
    floor.rebuilt('b');
    floor.ended('c', 'failed');
    expect(floor.told).toEqual([]);
  });

  test('a package whose own release waits for a person is not ordered behind it, and goes on when that is published', () => {
    const floor = storyOf(CHAIN);
    floor.outcome('mid', 'waits');
    floor.release('lib', '2-r0', 'break', ['mid', 'app']);
    expect(floor.ordered()).toEqual([]);
    expect(refusalOf(floor.state(), { kind: 'release', by: 'anna', reason: 'try', package: 'mid' })).toMatch(/waits for an answer/);
    floor.release('mid', '9-r0', 'compatible');
    expect(floor.ordered()).toEqual(['app']);
  });
});

test('a release that waits for a person is remembered when its cause is dropped', () => {
  const floor = storyOf(CHAIN);
  floor.release('lib', '2-r0', 'break', ['mid']);
  floor.ended('mid', 'waits');
  floor.decide({ kind: 'drop', cause: 'lib@2-r0' });
  floor.release('lib', '3-r0', 'break', ['mid']);
  expect(floor.ordered()).toEqual(['mid']);
  expect(floorView(floor.state(), floor.at()).failed).toMatchObject([{ package: 'mid', causes: ['lib@3-r0'] }]);
});

describe('the order', () => {
  const WIDE = { a: ['lib'], b: ['lib'], c: ['lib'], deep: ['c'], deeper: ['deep'] };

  test('the longest chain first, then the name', () => {
    const floor = storyOf(WIDE, { slots: 1 });
    floor.decide({ kind: 'rebuild', id: 'mass', packages: ['a', 'b', 'c', 'deep', 'deeper'] });
    const order: string[] = [];
    for (let next = floor.ordered(); next.length > 0; next = floor.ordered()) {
      order.push(...next);
      floor.rebuilt(next[0]!);
    }
    expect(order).toEqual(['c', 'deep', 'a', 'b', 'deeper']);
  });

  test('what is urgent lifts what it waits for', () => {
    const floor = storyOf({ ...WIDE, fix: ['b'], cve: [] }, { slots: 1 });
    floor.decide({ kind: 'rebuild', id: 'mass', packages: ['a', 'b', 'c', 'deep', 'deeper'] });
    expect(floor.ordered()).toEqual(['c']);
    floor.release('cve', '2-r0', 'break', ['fix'], { urgency: 1 });
    floor.rebuilt('c');
    expect(floor.ordered()).toEqual(['b']);
    floor.rebuilt('b');
    expect(floor.ordered()).toEqual(['fix']);
  });

  test('a mass rebuild does not starve another of the same urgency', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`p${number}`, ['lib']]));
    const floor = storyOf({ ...many, z: ['other'] }, { slots: 2 });
    floor.release('lib', '2-r0', 'break', Object.keys(many));
    floor.ordered();
    floor.release('other', '2-r0', 'break', ['z']);
    floor.rebuilt('p0');
    expect(floor.ordered()).toEqual(['z']);
  });

  test('no more than there are slots, and more when there are more', () => {
    const floor = storyOf({ a: ['lib'], b: ['lib'], c: ['lib'] }, { slots: 2 });
    floor.release('lib', '2-r0', 'break', ['a', 'b', 'c']);
    expect(floor.ordered()).toEqual(['a', 'b']);
    floor.rebuilt('a');
    expect(floor.ordered()).toEqual(['c']);
  });
});

describe('a person', () => {
  const paused = () => {
    const floor = storyOf(CHAIN, { slots: 1 });
    floor.release('lib', '2-r0', 'break', ['mid', 'side']);
    floor.ordered();
    return floor;
  };

  test('pauses and resumes a cause: what builds ends, nothing of it starts', () => {
    const floor = paused();
    floor.decide({ kind: 'pause', cause: 'lib@2-r0' });
    floor.rebuilt('mid');
    expect(floor.ordered()).toEqual([]);
    expect(whyWaiting(floor.state(), 'side', floor.at())[0]).toBe('side could start, but lib 2-r0 is paused, by anna: because');
    floor.decide({ kind: 'resume', cause: 'lib@2-r0' });
    expect(floor.ordered()).toEqual(['side']);
  });

  test('drops a cause: what waits for it alone is wanted no more', () => {
    const floor = paused();
    floor.decide({ kind: 'drop', cause: 'lib@2-r0' });
    expect(floorView(floor.state(), floor.at())).toMatchObject({ building: [{ package: 'mid', causes: [] }], waitingCount: 0 });
    floor.rebuilt('mid');
    expect(floor.ordered()).toEqual([]);
    expect(floor.state().history).toMatchObject([{ id: 'lib@2-r0', dropped: { by: 'anna', reason: 'because' } }]);
  });

  test('puts a package in front, and on hold', () => {
    const floor = storyOf({ a: ['lib'], b: ['lib'], c: ['lib'], d: ['lib'] }, { slots: 1 });
    floor.release('lib', '2-r0', 'break', ['a', 'b', 'c', 'd']);
    floor.decide({ kind: 'front', package: 'd' });
    floor.decide({ kind: 'hold', package: 'b' });
    floor.rebuilt('a');
    floor.rebuilt('d');
    floor.rebuilt('c');
    expect(floor.ordered()).toEqual(['a', 'd', 'c']);
    expect(whyWaiting(floor.state(), 'b', floor.at())).toContain('b is on hold, by anna: because');
    floor.decide({ kind: 'release', package: 'b' });
    expect(floor.ordered()).toEqual(['b']);
  });

  test('has a failed one tried again', () => {
    const floor = paused();
    floor.ended('mid', 'failed');
    floor.ordered();
    floor.decide({ kind: 'release', package: 'mid' });
    floor.rebuilt('side');
    expect(floor.ordered()).toEqual(['mid']);
  });

  test.each<[Partial<FloorDecision>, RegExp]>([
    [{ kind: 'pause', reason: ' ' }, /needs a reason/],
    [{ kind: 'pause', by: '' }, /needs the name/],
    [{ kind: 'resume' }, /the floor is not paused/],
    [{ kind: 'resume', cause: 'lib@2-r0' }, /lib@2-r0 is not paused/],
    [{ kind: 'drop', cause: 'lib@3-r0' }, /lib@3-r0 is no cause; causes now: lib@2-r0/],
    [{ kind: 'front', package: 'siide' }, /siide is not wanted; did you mean side\?/],
    [{ kind: 'front', package: 'mid' }, /mid builds already/],
    [{ kind: 'release', package: 'side' }, /side is neither on hold nor failed: it is waiting/],
    [{ kind: 'rebuild', id: 'lib@2-r0', packages: ['a'] }, /was asked for before/],
    [{ kind: 'rebuild', id: 'x', packages: [] }, /at least one package/],
  ])('is refused %j', (decision, expected) => {
    const floor = paused();
    const before = JSON.stringify(floor.state().jobs);
    const whole = { by: 'anna', reason: 'because', ...decision } as FloorDecision;
    expect(refusalOf(floor.state(), whole)).toMatch(expected);
    expect(floor.decide(whole)).toMatch(expected);
    expect(JSON.stringify(floor.state().jobs)).toBe(before);
  });

  test('sees causes, what builds, waits and failed, and when it will be done', () => {
    const floor = paused();
    const view = floorView(floor.state(), floor.at());
    expect(view).toMatchObject({
      slots: 1,
      causes: [{ id: 'lib@2-r0', stage: 'running', waiting: 1, building: 1, failing: 0 }],
      building: [{ package: 'mid', causes: ['lib@2-r0'], by: 'lib 2-r0' }],
      waiting: [{ package: 'side', blockers: 0 }],
      waitingCount: 1,
      failed: [],
    });
    expect(view.eta!.p50).toBeGreaterThan(0);
    expect(view.eta!.p90).toBeGreaterThan(view.eta!.p50);
    expect(view.causes[0]!.eta).toEqual(view.eta);
  });
});

test('a package whose spec is gone is wanted no more', () => {
  const floor = storyOf(CHAIN, { slots: 1 });
  floor.decide({ kind: 'rebuild', id: 'mass', packages: ['mid', 'ghost'] });
  expect(floor.ordered()).toEqual(['mid']);
  floor.rebuilt('mid');
  expect(floor.state().causes).toEqual([]);
});
