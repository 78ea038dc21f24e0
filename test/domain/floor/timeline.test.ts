import fc from 'fast-check';
import { timelineOf } from '../../../src/domain/floor/timeline';

test('a timeline gives what was put in by time, and at one time in the order of putting', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(9), { freq: 3 })), (steps) => {
      const timeline = timelineOf<number>();
      let model: { readonly at: number; readonly what: number }[] = [];
      steps.forEach((at, what) => {
        if (at !== null) {
          timeline.put(at, what);
          model = [...model, { at, what }].sort((a, b) => a.at - b.at);
          return;
        }
        const taken = timeline.take();
        const expected = model.shift();
        expect(taken && { at: taken.at, what: taken.what }).toEqual(expected);
      });
    }),
  );
});
