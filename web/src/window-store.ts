import type { Window } from '../../src/sink/messages.ts';

/** Seconds kept: the longest span that the page shows. */
export const STORE_SECONDS = 900;

const COLUMN_NAMES = [
  'packets',
  'bytes',
  'lost',
  'reordered',
  'duplicates',
  'negative',
  'jitter',
  'min',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

/**
 * The last 15 minutes of one-second windows, one typed array a measure, addressed by Unix second.
 * A second without news and a second whose latency is unknown both read as null.
 */
export class WindowStore {
  readonly #seconds = new Float64Array(STORE_SECONDS).fill(NaN);
  readonly #columns: Readonly<Record<ColumnName, Float64Array>>;
  #newest: number | null = null;

  constructor() {
    this.#columns = {
      packets: emptyColumn(),
      bytes: emptyColumn(),
      lost: emptyColumn(),
      reordered: emptyColumn(),
      duplicates: emptyColumn(),
      negative: emptyColumn(),
      jitter: emptyColumn(),
      min: emptyColumn(),
      p50: emptyColumn(),
      p90: emptyColumn(),
      p99: emptyColumn(),
      p999: emptyColumn(),
      max: emptyColumn(),
    };
  }

  /** Unix second of the newest window; null: empty. */
  get newestSecond(): number | null {
    return this.#newest;
  }

  /**
   * Adds the window that followed the ones before. Windows come in order, so one that is older than the
   * newest means that the sink's clock was set back: what lies after it belongs to a time that is now to come, and goes.
   */
  put(window: Window): void {
    const second = Math.floor(window.startMs / 1000);
    if (this.#newest !== null && second < this.#newest) this.#forgetAfter(second);
    const slot = slotOf(second);
    this.#seconds[slot] = second;
    this.#newest = second;
    for (const name of COLUMN_NAMES) this.#columns[name][slot] = valueOf(window, name) ?? NaN;
  }

  /** Forgets everything and takes these windows, oldest first. */
  replace(windows: readonly Window[]): void {
    this.#seconds.fill(NaN);
    this.#newest = null;
    for (const window of windows) this.put(window);
  }

  /** The value of one second; null: no news, or nothing measured. */
  value(name: ColumnName, second: number): number | null {
    const slot = slotOf(second);
    if (this.#seconds[slot] !== second) return null;
    const value = this.#columns[name][slot];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** Values of the seconds first..last, both included. */
  values(name: ColumnName, firstSecond: number, lastSecond: number): (number | null)[] {
    const values: (number | null)[] = [];
    for (let second = firstSecond; second <= lastSecond; second++) values.push(this.value(name, second));
    return values;
  }

  /** Sum over the seconds first..last that are known. */
  sum(name: ColumnName, firstSecond: number, lastSecond: number): number {
    let sum = 0;
    for (let second = firstSecond; second <= lastSecond; second++) sum += this.value(name, second) ?? 0;
    return sum;
  }

  /** The newest second in which a packet arrived; null: none in all that is kept. */
  newestSecondWithPackets(): number | null {
    if (this.#newest === null) return null;
    for (let second = this.#newest; second > this.#newest - STORE_SECONDS; second--) {
      if ((this.value('packets', second) ?? 0) > 0) return second;
    }
    return null;
  }

  #forgetAfter(second: number): void {
    this.#seconds.forEach((kept, slot) => {
      if (kept > second) this.#seconds[slot] = NaN;
    });
  }
}

function emptyColumn(): Float64Array {
  return new Float64Array(STORE_SECONDS).fill(NaN);
}

function slotOf(second: number): number {
  return second % STORE_SECONDS;
}

function valueOf(window: Window, name: ColumnName): number | null {
  switch (name) {
    case 'packets':
    case 'bytes':
    case 'lost':
    case 'reordered':
    case 'duplicates':
    case 'negative':
      return window[name];
    case 'jitter':
      return window.jitterNs;
    case 'min':
    case 'p50':
    case 'p90':
    case 'p99':
    case 'p999':
    case 'max':
      return window.latencyNs === null ? null : window.latencyNs[name];
  }
}
