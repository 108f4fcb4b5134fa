import { describe, expect, it } from 'vitest';
import { SinkClock, type ClockName } from './clock.ts';

const START = 1_764_000_000_123_456_789n;

describe('SinkClock', () => {
  it('counts from a full second of TAI and tells Unix time', () => {
    const clock = new SinkClock(fakeClocks(37n).read);
    expect(clock.baseNs).toBe(1_764_000_037_000_000_000n);
    expect(clock.nowNs()).toBe(123_456_789);
    expect(clock.unixText(123_456_789)).toBe(START.toString());
    expect(clock.unixMs(2_000_000_000)).toBe(1_764_000_002_000);
  });

  it('is not disturbed by the time between two readings', () => {
    const clocks = fakeClocks(37n);
    clocks.stepNs = 3000n;
    expect(new SinkClock(clocks.read).unixMs(0)).toBe(1_764_000_000_000);
  });

  it('follows when the kernel learns of leap seconds', () => {
    const clocks = fakeClocks(0n);
    const clock = new SinkClock(clocks.read);
    expect(clock.unixMs(0)).toBe(1_764_000_000_000);
    clocks.offsetSeconds = 37n;
    clock.measureOffset();
    expect(clock.unixText(clock.nowNs())).toBe(START.toString());
  });

  it('tells how long it runs by the clock that is never set', () => {
    const clocks = fakeClocks(37n);
    const clock = new SinkClock(clocks.read);
    clocks.monotonicNs += 2_500_000_000n;
    expect(clock.uptimeSeconds()).toBe(2.5);
  });
});

function fakeClocks(offsetSeconds: bigint) {
  const clocks = {
    offsetSeconds,
    monotonicNs: 5n,
    stepNs: 0n,
    readings: 0n,
    read: (name: ClockName): bigint => {
      if (name === 'monotonic') return clocks.monotonicNs;
      const realtime = START + clocks.readings++ * clocks.stepNs;
      return name === 'realtime' ? realtime : realtime + clocks.offsetSeconds * 1_000_000_000n;
    },
  };
  return clocks;
}
