/** Of a list of times, in seconds; all 0 for an empty one. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Mean and quantiles; a quantile is a value of the list, the smallest with at least that share of the list at or below it. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: sorted[sorted.length - 1] ?? 0,
  };
}

/** Averages over equal steps of time of something that changes at known moments. */
export interface Gauge {
  /** The value from `at` on, in milliseconds since the epoch, never before the last one. */
  readonly set: (at: number, value: number) => void;
  /** The averages up to `at`, the last over what there is of its step. */
  readonly averages: (at: number) => readonly number[];
  readonly peak: () => number;
}

export function gaugeFrom(start: number, step: number): Gauge {
  const done: number[] = [];
  let [since, value, area, peak] = [start, 0, 0, 0];
  const advance = (at: number): void => {
    for (let end = start + (done.length + 1) * step; end <= at; end += step) {
      done.push((area + value * (end - since)) / step);
      [since, area] = [end, 0];
    }
    area += value * (at - since);
    since = at;
  };
  return {
    set: (at, next) => {
      advance(at);
      value = next;
      peak = Math.max(peak, next);
    },
    averages: (at) => {
      advance(at);
      const open = at - (start + done.length * step);
      return open > 0 ? [...done, area / open] : [...done];
    },
    peak: () => peak,
  };
}
