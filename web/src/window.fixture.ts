import type { Flow, Measures, Window } from '../../src/sink/messages.ts';

/** Measures for tests: ten packets of 100 bytes, 50 to 400 µs. */
export function measures(changes: Partial<Measures> = {}): Measures {
  return {
    packets: 10,
    bytes: 1000,
    lost: 0,
    reordered: 0,
    duplicates: 0,
    latencyNs: { min: 50e3, mean: 110e3, p50: 100e3, p90: 200e3, p99: 300e3, p999: 350e3, max: 400e3 },
    jitterNs: 5e3,
    negative: 0,
    ...changes,
  };
}

/** The window of one Unix second, for tests. */
export function windowAt(second: number, changes: Partial<Measures> = {}): Window {
  return { startMs: second * 1000, ...measures(changes) };
}

/** The window of a second in which nothing arrived, for tests. */
export function silentWindowAt(second: number): Window {
  return windowAt(second, { packets: 0, bytes: 0, latencyNs: null, jitterNs: null });
}

/** A flow for tests. */
export function flow(changes: Partial<Flow> = {}): Flow {
  return {
    id: '1',
    source: '10.0.0.1',
    destination: '10.0.0.2',
    sourcePort: 40000,
    destinationPort: 443,
    protocol: 'tcp',
    sourceNodeId: 2,
    interface: 'eth0',
    ...measures(),
    firstSeen: '1700000000000000000',
    lastSeen: '1700000100000000000',
    window: windowAt(1_700_000_099),
    ...changes,
  };
}
