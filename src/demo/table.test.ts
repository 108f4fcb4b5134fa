import { expect, test } from 'vitest';
import type { Flow, Window } from '../sink/messages.ts';
import { formatNs, tableLines } from './table.ts';

const LATENCY = { min: 1000, mean: 9000, p50: 8312, p90: 20_000, p99: 84_000, p999: 90_000, max: 95_000 };
const MEASURES = {
  packets: 10,
  bytes: 1000,
  lost: 3,
  reordered: 0,
  duplicates: 0,
  latencyNs: LATENCY,
  jitterNs: 5,
  negative: 0,
};
const WINDOW: Window = { startMs: 0, ...MEASURES, packets: 2903, lost: 0 };

function flow(changes: Partial<Flow>): Flow {
  return {
    id: '1',
    source: '10.78.0.1',
    destination: '10.78.0.2',
    sourcePort: 40_412,
    destinationPort: 5001,
    protocol: 'tcp',
    sourceNodeId: 1,
    interface: 'veth0',
    ...MEASURES,
    firstSeen: '1',
    lastSeen: '2',
    window: WINDOW,
    ...changes,
  };
}

test('shows the last second’s rate and latency, and the loss since the flow began', () => {
  const [heads, row] = tableLines([flow({})]);
  expect(heads?.trim().split(/\s{2,}/)).toEqual(['flow', 'packets/s', 'p50', 'p99', 'lost']);
  expect(row?.split(/\s{2,}/)).toEqual(['tcp 10.78.0.1:40412 → 10.78.0.2:5001', '2903', '8.31 µs', '84.0 µs', '3']);
});

test('shows a flow without a full second, or without latency, with dashes', () => {
  const [, fresh, silent] = tableLines([
    flow({ window: null }),
    flow({ sourcePort: 50_000, window: { ...WINDOW, latencyNs: null } }),
  ]);
  expect(fresh?.split(/\s{2,}/).slice(1)).toEqual(['0', '–', '–', '3']);
  expect(silent?.split(/\s{2,}/).slice(1)).toEqual(['2903', '–', '–', '3']);
});

test('brackets IPv6 addresses and aligns the columns', () => {
  const lines = tableLines([flow({ source: 'fd78::1', destination: 'fd78::2' }), flow({})]);
  expect(lines[2]).toContain('[fd78::1]:40412 → [fd78::2]:5001');
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test('keeps flows in one order, whatever order they come in', () => {
  const flows = [
    flow({ destinationPort: 5003, protocol: 'udp' }),
    flow({ destinationPort: 5002 }),
    flow({}),
    flow({ source: '10.78.0.2', destination: '10.78.0.1' }),
  ];
  expect(tableLines([...flows].reverse())).toEqual(tableLines(flows));
});

test.each([
  [0, '0 ns'],
  [-12, '-12 ns'],
  [999.4, '999 ns'],
  [999.6, '1.00 µs'],
  [8312, '8.31 µs'],
  [9996, '10.0 µs'],
  [-84_000, '-84.0 µs'],
  [345_678, '346 µs'],
  [999_960, '1.00 ms'],
  [2.5e9, '2.50 s'],
])('writes %d ns as %s', (ns, text) => {
  expect(formatNs(ns)).toBe(text);
});
