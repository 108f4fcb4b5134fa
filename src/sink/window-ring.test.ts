import { describe, expect, it } from 'vitest';
import { emptyWindow } from './measures.ts';
import { WindowRing } from './window-ring.ts';

describe('WindowRing', () => {
  it('gives back what was put in, nulls included', () => {
    const ring = new WindowRing(10);
    const idle = emptyWindow(1000, null);
    const latencyNs = { min: -5, mean: 1.5, p50: 1, p90: 2, p99: 3, p999: 4, max: 5e12 };
    const busy = { ...idle, startMs: 2000, packets: 5, bytes: 7e12, lost: 3, reordered: 2, duplicates: 1, negative: 4 };
    ring.push(1000, idle);
    ring.push(2000, { ...busy, latencyNs, jitterNs: 0.25 });
    expect(ring.list()).toEqual([idle, { ...busy, latencyNs, jitterNs: 0.25 }]);
    expect([ring.newestStartMs, ring.newestPackets]).toEqual([2000, 5]);
  });

  it('keeps the newest, oldest first, through growth and wrapping', () => {
    for (const capacity of [1, 3, 4, 5, 60]) {
      const ring = new WindowRing(capacity);
      for (let second = 1; second <= 2 * capacity + 1; second++) {
        ring.push(second, emptyWindow(second, null));
        const expected = Array.from({ length: Math.min(second, capacity) }, (_, index) => second + index);
        expect(ring.list().map(({ startMs }) => startMs)).toEqual(
          expected.map((start) => start - Math.min(second, capacity) + 1),
        );
        expect(ring.newest()?.startMs).toBe(second);
        expect(ring.newestStartMs).toBe(second);
      }
    }
  });

  it('has no newest while it is empty', () => {
    const ring = new WindowRing(4);
    expect([ring.newest(), ring.newestStartMs, ring.newestPackets]).toEqual([undefined, NaN, 0]);
  });
});
