import { expect, test } from 'vitest';
import {
  bitLine,
  countPoints,
  fitsLogarithm,
  lonePoints,
  lossPercentLine,
  newestPoint,
  spanEndingAt,
  spanSeconds,
  storeLines,
} from './series.ts';
import { silentWindowAt, windowAt } from './window.fixture.ts';
import { WindowStore } from './window-store.ts';

const T0 = 1_700_000_000;

test('a span has one x value a second and ends with the newest', () => {
  const span = spanEndingAt(T0, 1);
  if (span === null) throw new Error('expected a span');
  const seconds = spanSeconds(span);
  expect(seconds).toHaveLength(60);
  expect(seconds.at(-1)).toBe(T0);
  expect(spanEndingAt(null, 1)).toBeNull();
});

test('seconds without packets are gaps in latency, zero in rate, and unknown seconds are gaps in both', () => {
  const store = new WindowStore();
  store.put(windowAt(T0));
  store.put(silentWindowAt(T0 + 1));
  store.put(windowAt(T0 + 3));
  const span = { firstSecond: T0, lastSecond: T0 + 3 };
  expect(storeLines(store, span, ['p50', 'packets'])).toEqual([
    [100e3, null, null, 100e3],
    [10, 0, null, 10],
  ]);
  expect(bitLine(store, span)).toEqual([8000, 0, null, 8000]);
});

test('loss is a share of what was sent, and unknown where nothing was', () => {
  const store = new WindowStore();
  store.put(windowAt(T0, { packets: 3, lost: 1 }));
  store.put(silentWindowAt(T0 + 1));
  expect(lossPercentLine(store, { firstSecond: T0, lastSecond: T0 + 2 })).toEqual([25, null, null]);
});

test('counts what is drawn', () => {
  expect(countPoints([1, null, 0, -3])).toBe(3);
  expect(countPoints(undefined)).toBe(0);
});

test('finds the points that no line would show', () => {
  expect(lonePoints([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonePoints([null, 7, null])).toEqual([1]);
  expect(lonePoints([1, 2])).toEqual([]);
});

test('a logarithmic axis fits positive values only', () => {
  expect(fitsLogarithm([[1, null], [5]])).toBe(true);
  expect(fitsLogarithm([[1], [0]])).toBe(false);
  expect(fitsLogarithm([[1, -2]])).toBe(false);
  expect(fitsLogarithm([])).toBe(true);
});

test('finds the newest value before a gap', () => {
  expect(newestPoint([1, 2, null])).toEqual({ index: 1, value: 2 });
  expect(newestPoint([null])).toBeNull();
});
