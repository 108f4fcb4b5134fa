/** Sub-buckets an octave: a bucket is at most 1/64 of its value wide, so its middle is within 0.8 % of any value in it. */
const SUB_BUCKETS = 64;
const SUB_BITS = 6;
/** Chunk 0 holds 0…63 one by one, chunk k the octave that begins at 2^(k+5), the last at 2^63: all that 64 bits can say. */
const CHUNKS = 59;
const TWO_32 = 2 ** 32;

type Side = (Float64Array | undefined)[];

/** Non-empty buckets in ascending order: each holds the integers from `lowerNs` up to the next bucket's bound. */
export type HistogramBins = { readonly lowerNs: number[]; readonly count: number[] };

/**
 * Signed log-linear histogram of integer nanoseconds: quantiles within 1 %, exact count, minimum, maximum and mean.
 * Negative values are mirrored into buckets of their own, so that clocks that disagree show as what they measured.
 *
 * Memory: 512 bytes of counts an octave that occurs, allocated when it first does, plus about 600 bytes for the
 * object. A flow's latency usually spans 3 to 6 octaves: 2 to 4 KiB. Counts are doubles, since 32 bits overflow within the
 * hour at a million packets a second.
 */
export class Histogram {
  readonly #positive: Side = new Array<Float64Array | undefined>(CHUNKS).fill(undefined);
  #negative: Side | undefined;
  #count = 0;
  #negativeCount = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  get count(): number {
    return this.#count;
  }

  /** How many values were below zero. */
  get negative(): number {
    return this.#negativeCount;
  }

  /** Exact; Infinity while empty. */
  get min(): number {
    return this.#min;
  }

  /** Exact; -Infinity while empty. */
  get max(): number {
    return this.#max;
  }

  /** Exact as long as the sum stays below 2^53 ns, then to a double's precision; NaN while empty. */
  get mean(): number {
    return this.#sum / this.#count;
  }

  /** Adds an integer `times` times. */
  record(valueNs: number, times = 1): void {
    this.#count += times;
    this.#sum += valueNs * times;
    if (valueNs < this.#min) this.#min = valueNs;
    if (valueNs > this.#max) this.#max = valueNs;
    if (valueNs >= 0) {
      count(this.#positive, valueNs, times);
    } else {
      this.#negativeCount += times;
      this.#negative ??= new Array<Float64Array | undefined>(CHUNKS).fill(undefined);
      count(this.#negative, -valueNs, times);
    }
  }

  merge(other: Histogram): void {
    if (other.#count === 0) return;
    this.#count += other.#count;
    this.#negativeCount += other.#negativeCount;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    mergeSide(this.#positive, other.#positive);
    if (other.#negativeCount > 0 && other.#negative !== undefined) {
      this.#negative ??= new Array<Float64Array | undefined>(CHUNKS).fill(undefined);
      mergeSide(this.#negative, other.#negative);
    }
  }

  /** Empties it and keeps the memory, for one that is about to be filled with like values. */
  clear(): void {
    if (this.#count === 0) return;
    for (const chunk of this.#positive) chunk?.fill(0);
    if (this.#negativeCount > 0) for (const chunk of this.#negative ?? []) chunk?.fill(0);
    this.#count = 0;
    this.#negativeCount = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }

  /** The value that a share of 0…1 of all values does not exceed (nearest rank), within 1 %; NaN while empty. */
  quantile(share: number): number {
    return this.quantiles([share])[0] ?? NaN;
  }

  /** Several quantiles in one pass; `shares` ascend. */
  quantiles(shares: readonly number[]): number[] {
    const found: number[] = [];
    let below = 0;
    this.#eachBucket((lowerNs, upperNs, bucketCount) => {
      below += bucketCount;
      while (found.length < shares.length && below >= this.#rank(shares[found.length] ?? 1)) {
        found.push(this.#representative(this.#rank(shares[found.length] ?? 1), (lowerNs + upperNs) / 2));
      }
      return found.length < shares.length;
    });
    return this.#count === 0 ? shares.map(() => NaN) : found;
  }

  bins(): HistogramBins {
    const bins: HistogramBins = { lowerNs: [], count: [] };
    this.#eachBucket((lowerNs, _upperNs, bucketCount) => {
      bins.lowerNs.push(lowerNs);
      bins.count.push(bucketCount);
      return true;
    });
    return bins;
  }

  #rank(share: number): number {
    return Math.min(Math.max(Math.ceil(share * this.#count), 1), this.#count);
  }

  /** The middle of its bucket stands for a value, but for the first and the last, which are known. */
  #representative(rank: number, middleNs: number): number {
    if (rank === 1) return this.#min;
    if (rank === this.#count) return this.#max;
    return Math.min(Math.max(middleNs, this.#min), this.#max);
  }

  /** Non-empty buckets with their lowest and highest integer, ascending, until `visit` returns false. */
  #eachBucket(visit: Visit): void {
    if (this.#negativeCount > 0 && this.#negative !== undefined) {
      if (!eachMirrored(this.#negative, visit)) return;
    }
    for (let chunkIndex = 0; chunkIndex < CHUNKS; chunkIndex++) {
      const chunk = this.#positive[chunkIndex];
      if (chunk === undefined) continue;
      for (let bucket = 0; bucket < SUB_BUCKETS; bucket++) {
        const bucketCount = chunk[bucket] ?? 0;
        if (bucketCount === 0) continue;
        const lowerNs = lowerBound(chunkIndex, bucket);
        if (!visit(lowerNs, lowerNs + width(chunkIndex) - 1, bucketCount)) return;
      }
    }
  }
}

type Visit = (lowerNs: number, upperNs: number, count: number) => boolean;

/** Buckets of magnitudes as those of negative values, ascending; false where `visit` ended it. */
function eachMirrored(side: Side, visit: Visit): boolean {
  for (let chunkIndex = CHUNKS - 1; chunkIndex >= 0; chunkIndex--) {
    const chunk = side[chunkIndex];
    for (let bucket = SUB_BUCKETS - 1; chunk !== undefined && bucket >= 0; bucket--) {
      const bucketCount = chunk[bucket] ?? 0;
      if (bucketCount === 0) continue;
      const upperNs = 0 - lowerBound(chunkIndex, bucket);
      if (!visit(upperNs - width(chunkIndex) + 1, upperNs, bucketCount)) return false;
    }
  }
  return true;
}

function count(side: Side, magnitude: number, times: number): void {
  let chunkIndex = 0;
  let bucket = magnitude;
  if (magnitude >= TWO_32) {
    const exponent = 63 - Math.clz32(magnitude / TWO_32);
    chunkIndex = exponent - SUB_BITS + 1;
    bucket = Math.floor(magnitude / 2 ** (exponent - SUB_BITS)) - SUB_BUCKETS;
  } else if (magnitude >= SUB_BUCKETS) {
    const exponent = 31 - Math.clz32(magnitude);
    chunkIndex = exponent - SUB_BITS + 1;
    bucket = (magnitude >>> (exponent - SUB_BITS)) - SUB_BUCKETS;
  }
  const chunk = (side[chunkIndex] ??= new Float64Array(SUB_BUCKETS));
  chunk[bucket] = (chunk[bucket] ?? 0) + times;
}

function mergeSide(into: Side, from: Side): void {
  for (let chunkIndex = 0; chunkIndex < CHUNKS; chunkIndex++) {
    const source = from[chunkIndex];
    if (source === undefined) continue;
    const target = (into[chunkIndex] ??= new Float64Array(SUB_BUCKETS));
    for (let bucket = 0; bucket < SUB_BUCKETS; bucket++) target[bucket] = (target[bucket] ?? 0) + (source[bucket] ?? 0);
  }
}

function lowerBound(chunkIndex: number, bucket: number): number {
  return chunkIndex === 0 ? bucket : (SUB_BUCKETS + bucket) * width(chunkIndex);
}

/** How many integers a bucket of this chunk holds. */
function width(chunkIndex: number): number {
  return chunkIndex === 0 ? 1 : 2 ** (chunkIndex - 1);
}
