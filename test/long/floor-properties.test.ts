import fc from 'fast-check';
import { live, worlds } from '../domain/floor/world';

test('no law of the floor is broken in ten thousand worlds', () => {
  fc.assert(
    fc.property(worlds, (world) => void live(world)),
    { numRuns: 10_000 },
  );
});
