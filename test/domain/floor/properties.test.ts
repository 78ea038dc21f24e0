import fc from 'fast-check';
import { live, worlds } from './world';

test('no law of the floor is broken in any world', () => {
  fc.assert(
    fc.property(worlds, (world) => void live(world)),
    { numRuns: 300 },
  );
});

test('an order whose cause was dropped serves no later wish when another release was published in its place', () => {
  const nothing = { kind: 'new' as const, breaks: [] };
  live({
    ...{ edges: [], policies: ['static', 'static', 'static', 'static', 'static', 'none', 'static'] },
    ...{ slots: 1, budget: 1, debounce: 0, after: 2 },
    actions: [
      { do: 'release', node: 0, change: { kind: 'break', breaks: ['p2'] }, seconds: 0 },
      { do: 'plan' },
      { do: 'finish', pick: 0, change: { kind: 'break', breaks: ['p1', 'p0', 'p5'] }, outcome: 'published' },
      { do: 'plan' },
      { do: 'release', node: 0, change: nothing, seconds: 0 },
      { do: 'release', node: 2, change: { kind: 'break', breaks: ['p0'] }, seconds: 0 },
      { do: 'finish', pick: 0, change: nothing, outcome: 'published' },
      { do: 'finish', pick: 0, change: nothing, outcome: 'published' },
      { do: 'decide', kind: 'drop', node: 0, cause: 0 },
      { do: 'release', node: 0, change: nothing, seconds: 1000 },
    ],
  });
});
