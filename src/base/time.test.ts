import { expect, expectTypeOf, it, test } from 'vitest';
import { differenceNs, nanoseconds, toMilliseconds, type Nanoseconds } from './time.ts';

test.each([
  [1_700_000_000_000_000_250n, 1_700_000_000_000_000_000n, 250],
  [1_700_000_000_000_000_000n, 1_700_000_000_000_000_250n, -250],
  [2n ** 64n - 1n, 2n ** 64n - 1n, 0],
])('%s after %s are %s ns', (later, earlier, difference) => {
  expect(differenceNs(nanoseconds(later), nanoseconds(earlier))).toBe(difference);
});

test.each([
  [0n, 0],
  [999_999n, 0],
  [1_700_000_000_123_999_999n, 1_700_000_000_123],
])('%s ns are %s whole ms', (time, milliseconds) => {
  expect(toMilliseconds(nanoseconds(time))).toBe(milliseconds);
});

test.each([-1n, 2n ** 64n])('%s ns are refused: no 64-bit clock shows them', (raw) => {
  expect(() => nanoseconds(raw)).toThrow(RangeError);
});

it('is not a plain bigint to the compiler, nor is a sum of two', () => {
  expectTypeOf<bigint>().not.toExtend<Nanoseconds>();
  expectTypeOf(nanoseconds(1n) + nanoseconds(2n)).toEqualTypeOf<bigint>();
});
