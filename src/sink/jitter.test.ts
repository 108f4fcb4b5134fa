import { describe, expect, it } from 'vitest';
import { Jitter } from './jitter.ts';

describe('Jitter', () => {
  it('is unknown before the second packet', () => {
    const jitter = new Jitter();
    expect(jitter.jitterNs).toBeNull();
    jitter.record(5000);
    expect(jitter.jitterNs).toBeNull();
  });

  it('follows the formula of RFC 3550', () => {
    const jitter = new Jitter();
    for (const latencyNs of [1000, 1160, 1160, 840]) jitter.record(latencyNs);
    const first = 160 / 16;
    const second = first - first / 16;
    expect(jitter.jitterNs).toBeCloseTo(second + (320 - second) / 16, 9);
  });

  it('does not depend on the offset between the clocks', () => {
    const near = new Jitter();
    const far = new Jitter();
    for (const latencyNs of [10, 500, 20, 70]) {
      near.record(latencyNs);
      far.record(latencyNs - 3_600_000_000_000);
    }
    expect(far.jitterNs).toBe(near.jitterNs);
  });
});
