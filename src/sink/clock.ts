const SECOND_NS = 1_000_000_000n;
const MILLISECOND_NS = 1_000_000n;

export type ClockName = 'tai' | 'realtime' | 'monotonic';
export type ReadClock = (clock: ClockName) => bigint;

/**
 * The sink's time. Records carry TAI, which knows no leap seconds; users see Unix time. In between, times are
 * nanoseconds since `baseNs`, a full second of TAI shortly before the start, which a double holds exactly for 104 days.
 */
export class SinkClock {
  readonly baseNs: bigint;
  readonly #read: ReadClock;
  readonly #startedNs: bigint;
  #unixOffsetNs = 0n;

  constructor(read: ReadClock) {
    this.#read = read;
    this.baseNs = (read('tai') / SECOND_NS) * SECOND_NS;
    this.#startedNs = read('monotonic');
    this.measureOffset();
  }

  nowNs(): number {
    return Number(this.#read('tai') - this.baseNs);
  }

  uptimeSeconds(): number {
    return Number(this.#read('monotonic') - this.#startedNs) / 1e9;
  }

  /** TAI minus Unix time; changes at leap seconds and when the kernel is told of them, so measure it now and then. */
  measureOffset(): void {
    const before = this.#read('realtime');
    const tai = this.#read('tai');
    const after = this.#read('realtime');
    const offset = tai - (before + after) / 2n;
    // It is a whole number of seconds; what is over is the time between the readings.
    const whole = ((offset + SECOND_NS / 2n) / SECOND_NS) * SECOND_NS;
    const over = offset > whole ? offset - whole : whole - offset;
    this.#unixOffsetNs = over < 10n * MILLISECOND_NS ? whole : offset;
  }

  /** Unix milliseconds. */
  unixMs(timeNs: number): number {
    return Number(this.#unixNs(timeNs)) / 1e6;
  }

  /** Unix nanoseconds as text. */
  unixText(timeNs: number): string {
    return this.#unixNs(timeNs).toString();
  }

  #unixNs(timeNs: number): bigint {
    return this.baseNs + BigInt(Math.round(timeNs)) - this.#unixOffsetNs;
  }
}
