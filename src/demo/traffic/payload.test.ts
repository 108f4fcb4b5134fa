import { expect, test } from 'vitest';
import { meter, numberedPayload, readNumber, streamBlocks } from './payload.ts';
import { rangesOf } from './steady.ts';

test('reads back the number of a payload', () => {
  for (const number of [0, 1, 255, 256, 70_000, 2 ** 32 - 1])
    expect(readNumber(numberedPayload(number, 160))).toBe(number);
});

test('does not read the number of a payload with any byte changed, or cut below its number', () => {
  const payload = numberedPayload(1234, 64);
  for (let index = 0; index < payload.length; index++) {
    const damaged = Buffer.from(payload);
    damaged.writeUInt8(damaged.readUInt8(index) ^ 1, index);
    expect(readNumber(damaged)).toBeUndefined();
  }
  for (let bytes = 0; bytes < 4; bytes++) expect(readNumber(payload.subarray(0, bytes))).toBeUndefined();
});

test('hashes a stream alike however it is cut, and unlike one with blocks swapped', () => {
  const blocks = [...streamBlocks(200_000)];
  const [whole, cut, swapped] = [meter(), meter(), meter()];
  whole.add(Buffer.concat(blocks));
  for (const block of blocks) for (const half of [block.subarray(0, 1000), block.subarray(1000)]) cut.add(half);
  for (const block of [...blocks].reverse()) swapped.add(block);
  expect(whole.digest().bytes).toBe(200_000);
  expect(cut.digest()).toEqual(whole.digest());
  expect(swapped.digest()).not.toEqual(whole.digest());
});

test('writes numbers as runs', () => {
  expect(rangesOf([])).toEqual([]);
  expect(rangesOf([5, 3, 4, 9, 1])).toEqual([
    [1, 1],
    [3, 5],
    [9, 9],
  ]);
});
