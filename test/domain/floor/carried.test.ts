import { carryFloor, uncarryFloor, type CarriedFloor } from '../../../src/domain/floor/carried';
import type { FloorState } from '../../../src/domain/floor/state';
import { storyOf } from './story';

const travelled = (state: FloorState): FloorState => uncarryFloor(JSON.parse(JSON.stringify(carryFloor(state))) as CarriedFloor);

/** One that builds and is wanted once more, one that failed, one in front, and what a plan no longer has. */
function busy(): FloorState {
  const floor = storyOf({ a: ['lib'], b: ['lib'], c: ['lib'], d: ['tool'] }, { slots: 2 });
  floor.release('lib', '2-r0', 'break', ['a', 'b', 'c']);
  floor.ended('a', 'waits');
  floor.pass(5);
  floor.release('lib', '3-r0', 'break', ['b', 'c']);
  floor.decide({ kind: 'front', package: 'a' });
  floor.release('tool', '2-r0', 'break', ['d']);
  floor.decide({ kind: 'hold', package: 'd' });
  return floor.state();
}

test('a state that travelled is the same', () => {
  const state = busy();
  expect(new Set(state.jobs.map((job) => job && job.status))).toEqual(new Set([0, 'building', 'failed', 'waiting']));
  expect(state.jobs.some((job) => job && job.again)).toBe(true);
  expect(travelled(state)).toEqual(state);
});

test.each([1, 6, 7, 8, 70, 256])('lists of %i causes are told as they are, whether few or most are meant', (count) => {
  const state = busy();
  const numbers = Array.from({ length: count }, (_, place) => place * 3 + 1);
  const causes = numbers.map((number) => ({ ...state.causes[0]!, number, id: `c${number}` }));
  const lists = [numbers, numbers.slice(-1), numbers.filter((_, place) => place % 2 === 0), numbers.slice(1), []];
  const jobs = state.jobs.map(
    (_, node) => ({ status: 'waiting', roots: lists[node % lists.length]!, by: `p${node}`, wanted: node }) as const,
  );
  const past = state.jobs.map((_, node) => ({ step: node - 1, built: lists[node % lists.length]!.flatMap((root) => [root, 1]) }));
  const whole = { ...state, causes, jobs, past, beyond: { gone: { step: -1, built: numbers.flatMap((root) => [root, 200]) } }, asks: [] };
  expect(travelled(whole)).toEqual(whole);
});

test('what was built for causes that have ended is left out, and decides nothing', () => {
  const state = busy();
  const [first] = state.causes;
  const past = state.past.map((entry) => entry && { ...entry, built: [first!.number, 1, 999, 1] });
  expect(travelled({ ...state, past }).past.find((entry) => entry)).toMatchObject({ built: [first!.number, 1] });
});

test('one that was cut on its way is told', () => {
  const carried = carryFloor(busy());
  expect(() => uncarryFloor({ ...carried, jobs: carried.jobs.slice(0, -4) })).toThrow(/ends within its rows/);
});
