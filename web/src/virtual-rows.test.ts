import { expect, test } from 'vitest';
import { scrollToShow, visibleRows } from './virtual-rows.ts';

test.each([
  [0, 0, { first: 0, end: 0 }],
  [5, 0, { first: 0, end: 5 }],
  [1000, 0, { first: 0, end: 28 }],
  [1000, 10_000, { first: 492, end: 528 }],
  [1000, 30_000, { first: 1000, end: 1000 }],
])('of %s rows scrolled by %s px draws %o', (count, scrollPx, range) => {
  expect(visibleRows(count, 20, scrollPx, 400)).toEqual(range);
});

test('scrolls just so far that a row is whole in view', () => {
  expect(scrollToShow(3, 20, 0, 400)).toBe(0);
  expect(scrollToShow(20, 20, 0, 400)).toBe(20);
  expect(scrollToShow(2, 20, 100, 400)).toBe(40);
});
