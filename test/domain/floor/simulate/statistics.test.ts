import fc from 'fast-check';
import { gaugeFrom, spreadOf } from '../../../../src/domain/floor/simulate/statistics';

test('a quantile is a value of the list', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(spreadOf(values)).toEqual({ count: 100, mean: 50.5, p50: 50, p90: 90, p99: 99, max: 100 });
  expect(spreadOf([3])).toEqual({ count: 1, mean: 3, p50: 3, p90: 3, p99: 3, max: 3 });
  expect(spreadOf([])).toEqual({ count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 });
});

test('a gauge averages over its steps, the last over what there is of it', () => {
  const gauge = gaugeFrom(1000, 10);
  gauge.set(1005, 4);
  gauge.set(1022, 1);
  expect([gauge.averages(1024), gauge.peak()]).toEqual([[2, 4, 2.5], 4]);
});

test('the area below a gauge is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(9)), { minLength: 1 }), (changes) => {
      const gauge = gaugeFrom(0, 7);
      let [at, value, area] = [0, 0, 0];
      for (const [later, next] of changes) {
        area += value * later;
        at += later;
        value = next;
        gauge.set(at, next);
      }
      const averages = gauge.averages(at);
      const widths = averages.map((_, index) => Math.min(7, at - index * 7));
      expect(averages.reduce((sum, average, index) => sum + average * widths[index]!, 0)).toBeCloseTo(area, 6);
    }),
  );
});
