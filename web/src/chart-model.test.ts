import { expect, test } from 'vitest';
import { describeChart, formatValue, latencyChart, lossChart, rateChart } from './chart-model.ts';
import { windowAt } from './window.fixture.ts';
import { WindowStore } from './window-store.ts';

const T0 = 1_700_000_000;
const SPAN = { firstSecond: T0, lastSecond: T0 + 1 };
const AHEAD = { min: -2_500, mean: 100, p50: 200, p90: 300, p99: 400, p999: 500, max: 600 };

function storeWith(...windows: ReturnType<typeof windowAt>[]): WindowStore {
  const store = new WindowStore();
  store.replace(windows);
  return store;
}

test('latency is logarithmic where it can be', () => {
  const chart = latencyChart(storeWith(windowAt(T0)), SPAN, 'log');
  expect(chart.series.every((series) => series.unit === 'duration-log')).toBe(true);
  expect(chart.notes).toEqual([]);
  expect(latencyChart(storeWith(windowAt(T0)), SPAN, 'linear').series[0]?.unit).toBe('duration');
});

test('negative latency makes it linear, is shown as it is, and is explained', () => {
  const chart = latencyChart(storeWith(windowAt(T0, { latencyNs: AHEAD, negative: 3 })), SPAN, 'log');
  expect(chart.series.find((series) => series.mark === 'min')).toMatchObject({
    line: [-2_500, null],
    unit: 'duration',
  });
  expect(chart.notes).toEqual([
    'Clocks disagree: 3 packets arrived “before” they were sent, so latencies here are too low by at least 2.50 µs. Shown as measured.',
    'Shown linear: a logarithmic scale has no place for zero or negative latency.',
  ]);
});

test('negative latency outside the span does not bend the scale', () => {
  const store = storeWith(windowAt(T0 - 10, { latencyNs: AHEAD, negative: 3 }), windowAt(T0));
  expect(latencyChart(store, SPAN, 'log').notes).toEqual([]);
});

test('loss is told as a number and as a share', () => {
  const chart = lossChart(storeWith(windowAt(T0, { packets: 3, lost: 1, reordered: 2, duplicates: 4 })), SPAN);
  expect(chart.series.map((series) => [series.mark, series.line[0]])).toEqual([
    ['lost', 1],
    ['loss-share', 25],
    ['reordered', 2],
    ['duplicates', 4],
  ]);
});

test('says its newest values in words', () => {
  const text = describeChart(latencyChart(storeWith(windowAt(T0)), SPAN, 'log'), 'all traffic');
  expect(text).toMatch(
    /^Latency over time, all traffic\. At \d\d:\d\d:\d\d: max 400 µs, p99\.9 350 µs, .*min 50\.0 µs\.$/,
  );
  expect(describeChart(rateChart(storeWith(), SPAN), 'all traffic')).toBe(
    'Rate over time, all traffic. No values yet.',
  );
});

test('a value is written in its unit', () => {
  expect(formatValue(8_000_000, 'bits')).toBe('8.00 Mbit/s');
  expect(formatValue(0.5, 'percent')).toBe('0.5 %');
  expect(formatValue(null, 'bits')).toBe('–');
});
