/**
 * Interarrival jitter of RFC 3550 section 6.4.1: J += (|D| − J) / 16, where D is the difference of two successive
 * packets' transit times in order of arrival. Transit time is what hostint calls latency, so D needs no common clock.
 */
export class Jitter {
  #lastLatencyNs = 0;
  #jitterNs = 0;
  #packets = 0;

  record(latencyNs: number): void {
    if (this.#packets > 0) this.#jitterNs += (Math.abs(latencyNs - this.#lastLatencyNs) - this.#jitterNs) / 16;
    this.#lastLatencyNs = latencyNs;
    this.#packets++;
  }

  /** Nanoseconds; null before the second packet. */
  get jitterNs(): number | null {
    return this.#packets < 2 ? null : this.#jitterNs;
  }
}
