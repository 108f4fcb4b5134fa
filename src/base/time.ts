declare const brand: unique symbol;

/**
 * Nanoseconds since the epoch of some clock, as 64-bit counters hold them. Branded, so that a plain bigint or the
 * result of bigint arithmetic is not mistaken for a time; differences become plain numbers.
 */
export type Nanoseconds = bigint & { readonly [brand]: 'nanoseconds' };

function fitsClock(raw: bigint): raw is Nanoseconds {
  return raw >= 0n && raw < 2n ** 64n;
}

/** The only way in. Throws RangeError for what no 64-bit clock shows. */
export function nanoseconds(raw: bigint): Nanoseconds {
  if (!fitsClock(raw)) throw new RangeError(`${raw} is not a 64-bit time in nanoseconds`);
  return raw;
}

/** `later - earlier` in nanoseconds, signed; exact up to 104 days, beyond that to a few nanoseconds. */
export function differenceNs(later: Nanoseconds, earlier: Nanoseconds): number {
  return Number(later - earlier);
}

/** Whole milliseconds since the same epoch, rounded down, as Date uses them. */
export function toMilliseconds(time: Nanoseconds): number {
  return Number(time / 1_000_000n);
}
