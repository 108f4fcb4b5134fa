import { describe, expect, test } from 'vitest';
import {
  formatAge,
  formatBitsPerSecond,
  formatCount,
  formatDuration,
  formatDurationTick,
  formatDurationTicks,
  formatEndpoint,
  formatMetric,
  formatMetricTick,
  formatPercent,
  lossPercent,
} from './format.ts';

describe('durations', () => {
  test.each([
    [0, '0 ns'],
    [1, '1 ns'],
    [999, '999 ns'],
    [999.4, '999 ns'],
    [999.7, '1.00 µs'],
    [1_000, '1.00 µs'],
    [9_994, '9.99 µs'],
    [9_996, '10.0 µs'],
    [99_960, '100 µs'],
    [312_000, '312 µs'],
    [999_600, '1.00 ms'],
    [1_234_567, '1.23 ms'],
    [2_500_000_000, '2.50 s'],
    [7_200_000_000_000, '7200 s'],
    [-4_500, '−4.50 µs'],
    [-0.2, '0 ns'],
    [null, '–'],
    [undefined, '–'],
  ])('%s ns reads %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  test('ticks of a linear axis share the unit of the largest', () => {
    expect(formatDurationTicks([-500_000, 0, 500_000, 1_500_000])).toEqual(['−0.5 ms', '0 ms', '0.5 ms', '1.5 ms']);
  });

  test('ticks of a logarithmic axis have each their own unit', () => {
    expect([200, 1_000, 50_000, 1e6, 1e9].map(formatDurationTick)).toEqual(['200 ns', '1 µs', '50 µs', '1 ms', '1 s']);
  });
});

describe('counts and rates', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_234, '1,234'],
    [12_345_678, '12,345,678'],
    [null, '–'],
  ])('counts %s as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  test.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1_234, '1.23 k'],
    [999_900, '1.00 M'],
    [45_678_900, '45.7 M'],
    [2.5, '2.5'],
    [null, '–'],
  ])('%s with a metric prefix reads %s', (value, text) => {
    expect(formatMetric(value)).toBe(text);
  });

  test('ticks drop needless zeros', () => {
    expect([0, 500, 1_500, 2e9].map((value) => formatMetricTick(value))).toEqual(['0', '500', '1.5 k', '2 G']);
  });

  test('a second of bytes becomes bits per second', () => {
    expect(formatBitsPerSecond(125_000_000)).toBe('1.00 Gbit/s');
    expect(formatBitsPerSecond(null)).toBe('–');
  });
});

describe('loss', () => {
  test.each([
    [0, 0, null],
    [0, 10, 0],
    [1, 3, 25],
    [5, 0, 100],
  ])('%s lost beside %s arrived', (lost, packets, percent) => {
    expect(lossPercent(lost, packets)).toBe(percent);
  });

  test.each([
    [0, '0 %'],
    [0.00001, '<0.001 %'],
    [0.0123, '0.012 %'],
    [0.25, '0.25 %'],
    [12.345, '12.3 %'],
    [99.97, '>99.9 %'],
    [100, '100 %'],
    [null, '–'],
  ])('%s percent reads %s', (percent, text) => {
    expect(formatPercent(percent)).toBe(text);
  });
});

test.each([
  [-5, '0 s'],
  [4_200, '4 s'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
  [3 * 86_400_000, '3 d 0 h'],
])('an age of %s ms reads %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

test('endpoints bracket IPv6 and leave out a missing port', () => {
  expect(formatEndpoint('10.0.0.1', 443)).toBe('10.0.0.1:443');
  expect(formatEndpoint('2001:db8::1', 443)).toBe('[2001:db8::1]:443');
  expect(formatEndpoint('2001:db8::1', 0)).toBe('2001:db8::1');
});
