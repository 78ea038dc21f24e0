import fc from 'fast-check';
import { live, worlds } from './world';

test('no law of the floor is broken in any world', () => {
  fc.assert(
    fc.property(worlds, (world) => void live(world)),
    { numRuns: 300 },
  );
});
