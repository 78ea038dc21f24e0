import fc from 'fast-check';
import { NOTHING_KEPT, newLines } from '../../../src/domain/kubernetes/log-lines';

const line = (nanoseconds: number, text: string) => `2026-11-25T00:00:${String(nanoseconds).padStart(2, '0')}.000000001Z ${text}`;

it('takes a first reading whole', () => {
  const lines = [line(1, 'a'), line(1, 'b'), line(2, 'a')];
  expect(newLines(NOTHING_KEPT, lines).fresh).toEqual(lines);
});

it('has every line once, wherever readers died and however often they read again', () => {
  const log = fc.array(fc.nat(5), { maxLength: 30 }).map((steps) => {
    let at = 0;
    return steps.map((step, index) => line((at += step > 3 ? 1 : 0), `line ${index}`));
  });
  fc.assert(
    fc.property(log, fc.array(fc.nat(30), { maxLength: 6 }), (lines, ends) => {
      let kept = NOTHING_KEPT;
      const all: string[] = [];
      for (const end of [...ends.sort((a, b) => a - b), lines.length]) {
        const since = kept.last?.slice(0, 19) ?? '';
        const read = newLines(
          kept,
          lines.slice(0, end).filter((text) => text.slice(0, 19) >= since),
        );
        all.push(...read.fresh);
        kept = read.kept;
      }
      expect(all).toEqual(lines);
    }),
  );
});
