import type { Latency, Measures, Window } from './messages.ts';

/** startMs, seven counts, jitter, seven latencies; NaN stands for null. */
const COLUMNS = 15;

/**
 * The newest windows of a flow or of all traffic, at most `capacity`.
 * Memory: 120 bytes a window, grown by doubling as windows come.
 */
export class WindowRing {
  readonly #capacity: number;
  #rows = new Float64Array(0);
  #first = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(startMs: number, measures: Measures): void {
    const { packets, bytes, lost, reordered, duplicates, negative, jitterNs, latencyNs } = measures;
    const latency = latencyNs === null ? NO_LATENCY : latencyColumns(latencyNs);
    const counts = [packets, bytes, lost, reordered, duplicates, negative];
    const slot = this.#slot();
    this.#rows.set([startMs, ...counts, jitterNs ?? NaN, ...latency], slot * COLUMNS);
  }

  /** Oldest first. */
  list(): Window[] {
    return Array.from({ length: this.#length }, (_, index) => this.#read(index));
  }

  /** NaN while there is none. */
  get newestStartMs(): number {
    return this.#rows[this.#at(this.#length - 1)] ?? NaN;
  }

  /** 0 while there is none. */
  get newestPackets(): number {
    return this.#rows[this.#at(this.#length - 1) + 1] ?? 0;
  }

  newest(): Window | undefined {
    return this.#length === 0 ? undefined : this.#read(this.#length - 1);
  }

  /** Where the next row goes; the oldest gives way when the ring is full. */
  #slot(): number {
    const size = this.#rows.length / COLUMNS;
    if (this.#length === this.#capacity) {
      const slot = this.#first;
      this.#first = (this.#first + 1) % this.#capacity;
      return slot;
    }
    if (this.#length === size) {
      const grown = new Float64Array(Math.min(Math.max(4, size * 2), this.#capacity) * COLUMNS);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    return this.#length++;
  }

  /** Offset of a row, oldest 0; beyond the columns' end where there is none. */
  #at(index: number): number {
    return index < 0 ? this.#rows.length : ((this.#first + index) % this.#capacity) * COLUMNS;
  }

  #read(index: number): Window {
    const from = this.#at(index);
    const row = this.#rows.subarray(from, from + COLUMNS);
    const [startMs = 0, packets = 0, bytes = 0, lost = 0, reordered = 0, duplicates = 0, negative = 0] = row;
    const [jitter = NaN, min = NaN, mean = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0] = row.subarray(7);
    const latencyNs = Number.isNaN(min) ? null : { min, mean, p50, p90, p99, p999, max };
    const jitterNs = Number.isNaN(jitter) ? null : jitter;
    return { startMs, packets, bytes, lost, reordered, duplicates, latencyNs, jitterNs, negative };
  }
}

const NO_LATENCY: readonly number[] = new Array<number>(7).fill(NaN);

function latencyColumns({ min, mean, p50, p90, p99, p999, max }: Latency): number[] {
  return [min, mean, p50, p90, p99, p999, max];
}
