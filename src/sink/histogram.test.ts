import { build } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

const shares = [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1];

describe('Histogram', () => {
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 20_000, seed: 7 });
  const distributions: Record<string, number[]> = {
    'one value': [12_345],
    'zeros and ones': [0, 0, 1, 0, 1],
    'values below the first octave': random.map((share) => Math.floor(share * 64)),
    'a uniform span': random.map((share) => Math.floor(share * 1e6)),
    'a log-normal': random.map((share, index) => Math.round(Math.exp(10 + 3 * gauss(share, random[index - 1] ?? 0.3)))),
    'two far modes': random.map((share, index) => (index % 100 === 0 ? 5e9 : 20_000) + Math.floor(share * 1000)),
    'negative values': random.map((share) => -Math.floor(share * 1e7)),
    'values around zero': random.map((share) => Math.round((share - 0.4) * 50_000)),
    'huge values of both signs': random.map((share, index) => (index % 2 === 0 ? 1 : -1) * Math.floor(share * 2 ** 53)),
  };

  it.each(Object.entries(distributions))('agrees with sorting for %s', (_, values) => {
    const histogram = filled(values);
    const sorted = [...values].sort((a, b) => a - b);
    for (const share of shares) {
      const exact = sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1] ?? NaN;
      expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.01);
    }
    expect(histogram.quantiles(shares)).toEqual(shares.map((share) => histogram.quantile(share)));
    expect(histogram.min).toBe(sorted[0]);
    expect(histogram.max).toBe(sorted.at(-1));
    expect(histogram.count).toBe(values.length);
    expect(histogram.negative).toBe(values.filter((value) => value < 0).length);
    expect(histogram.mean).toBeCloseTo(
      values.reduce((sum, value) => sum + value / values.length, 0),
      -7,
    );
  });

  it('agrees with HdrHistogram on positive values', () => {
    const values = distributions['a log-normal'] ?? [];
    const reference = build({ highestTrackableValue: 2 ** 42, numberOfSignificantValueDigits: 3 });
    for (const value of values) reference.recordValue(value);
    const histogram = filled(values);
    for (const share of [0.1, 0.5, 0.9, 0.99, 0.999]) {
      const expected = reference.getValueAtPercentile(share * 100);
      expect(Math.abs(histogram.quantile(share) / expected - 1)).toBeLessThan(0.011);
    }
  });

  it('keeps mean exact where rounding would show', () => {
    expect(filled([1, 2, 4_398_046_511_103]).mean).toBe(4_398_046_511_106 / 3);
  });

  it('merges into what recording everything in one gives', () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (left, right) => {
        const merged = filled(left);
        merged.merge(filled(right));
        const whole = filled([...left, ...right]);
        expect(merged.bins()).toEqual(whole.bins());
        expect(merged.quantiles(shares)).toEqual(whole.quantiles(shares));
        expect([merged.count, merged.negative, merged.min, merged.max]).toEqual([
          whole.count,
          whole.negative,
          whole.min,
          whole.max,
        ]);
      }),
    );
  });

  it('lists ascending bins that hold every value', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), (values) => {
        const { lowerNs, count } = filled(values).bins();
        expect(lowerNs).toEqual([...lowerNs].sort((a, b) => a - b));
        lowerNs.forEach((lower, index) => {
          const next = lowerNs[index + 1] ?? Infinity;
          expect(values.filter((value) => value >= lower && value < next)).toHaveLength(count[index] ?? -1);
        });
      }),
    );
  });

  it('is as new after clear, whatever it held', () => {
    const histogram = filled([-5, 0, 70, 2 ** 50]);
    histogram.clear();
    expect(histogram.quantile(0.5)).toBeNaN();
    expect(histogram.mean).toBeNaN();
    expect(histogram.bins()).toEqual({ lowerNs: [], count: [] });
    histogram.record(-7, 3);
    expect([histogram.count, histogram.negative, histogram.min, histogram.max]).toEqual([3, 3, -7, -7]);
    expect(histogram.bins()).toEqual({ lowerNs: [-7], count: [3] });
  });

  it('takes the largest 64-bit values without losing count', () => {
    const histogram = filled([2 ** 63 - 1024, -(2 ** 63), 2 ** 43]);
    expect(histogram.bins().count).toEqual([1, 1, 1]);
    expect(histogram.quantile(1)).toBe(2 ** 63 - 1024);
  });
});

const latency = fc.oneof(
  fc.integer({ min: -200, max: 200 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.maxSafeInteger(),
);

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** Box-Muller: two uniform numbers make one of the normal distribution. */
function gauss(first: number, second: number): number {
  return Math.sqrt(-2 * Math.log(Math.max(first, 1e-12))) * Math.cos(2 * Math.PI * second);
}
