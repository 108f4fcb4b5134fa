import type { Histogram } from './histogram.ts';
import type { Latency, Measures, Window } from './messages.ts';

const SHARES = [0.5, 0.9, 0.99, 0.999] as const;

/** Counts of a flow or of all traffic over some span. `lost` may go below zero while a loss is taken back. */
export class Counts {
  packets = 0;
  bytes = 0;
  lost = 0;
  reordered = 0;
  duplicates = 0;

  add(other: Counts): void {
    this.packets += other.packets;
    this.bytes += other.bytes;
    this.lost += other.lost;
    this.reordered += other.reordered;
    this.duplicates += other.duplicates;
  }

  clear(): void {
    this.packets = 0;
    this.bytes = 0;
    this.lost = 0;
    this.reordered = 0;
    this.duplicates = 0;
  }
}

/** null for an empty histogram. */
export function latencyOf(histogram: Histogram): Latency | null {
  if (histogram.count === 0) return null;
  const [p50 = NaN, p90 = NaN, p99 = NaN, p999 = NaN] = histogram.quantiles(SHARES);
  return { min: histogram.min, mean: histogram.mean, p50, p90, p99, p999, max: histogram.max };
}

export function measuresOf(counts: Counts, latency: Histogram, jitterNs: number | null): Measures {
  const { packets, bytes, lost, reordered, duplicates } = counts;
  return {
    packets,
    bytes,
    // A loss taken back in a later window than its own would make that one negative.
    lost: Math.max(lost, 0),
    reordered,
    duplicates,
    latencyNs: latencyOf(latency),
    jitterNs,
    negative: latency.negative,
  };
}

/** A second in which nothing arrived. */
export function emptyWindow(startMs: number, jitterNs: number | null): Window {
  const counts = { packets: 0, bytes: 0, lost: 0, reordered: 0, duplicates: 0 };
  return { startMs, ...counts, latencyNs: null, jitterNs, negative: 0 };
}
