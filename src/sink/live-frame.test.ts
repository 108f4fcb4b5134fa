import { describe, expect, it } from 'vitest';
import { decodeLiveMessage, encodeLiveMessage, LiveFrameError } from './live-frame.ts';
import type { Flow, LiveMessage, Measures, Status, Window } from './messages.ts';

const idle: Window = {
  startMs: 1_764_000_000_000,
  packets: 0,
  bytes: 0,
  lost: 0,
  reordered: 0,
  duplicates: 0,
  latencyNs: null,
  jitterNs: null,
  negative: 0,
};
const busy: Window = {
  ...idle,
  startMs: 1_764_000_001_000,
  packets: 12_345,
  bytes: 9_007_199_254_740_991,
  lost: 3,
  reordered: 2,
  duplicates: 1,
  latencyNs: { min: -5, mean: 12.25, p50: 11, p90: 20, p99: 31, p999: 40, max: 4_294_967_296_123 },
  jitterNs: 1.5,
  negative: 7,
};
const measures: Measures = withoutStart(busy);
const flow: Flow = {
  id: '0123456789abcdef',
  source: '10.0.0.1',
  destination: '2001:db8::1',
  sourcePort: 65_535,
  destinationPort: 0,
  protocol: 'tcp',
  sourceNodeId: 4_294_967_294,
  interface: 'veth-ü',
  ...measures,
  firstSeen: '1764000000123456789',
  lastSeen: '1764000001123456789',
  window: busy,
};
const status: Status = {
  version: '0.1.0',
  nodeId: 3,
  uptimeSeconds: 1.5,
  interfaces: [{ name: 'eth0', mode: 'native' }],
  encap: 'ip-udp',
  intPort: 33_122,
  counters: { stripped: 10, not_int: 2 },
  telemetry: { records: 10, lost: 0 },
  peers: [{ nodeId: 2, packets: 10, lost: 0, lastSeen: '1764000001123456789', shared: false }],
};
const messages: readonly LiveMessage[] = [
  { type: 'hello', version: 1, status },
  { type: 'series', series: { flow: null, windows: [] } },
  { type: 'series', series: { flow: flow.id, windows: [idle, busy, idle] } },
  {
    type: 'window',
    sentMs: 1_764_000_002_151,
    skipped: 4,
    failure: 'the program on eth0 is no longer attached',
    telemetry: { records: 10, lost: 1 },
    counters: { stripped: 10 },
    total: busy,
    selected: { flow: flow.id, window: idle },
    known: 2,
    flows: [
      flow,
      { ...flow, id: 'fedcba9876543210', window: null },
      { ...flow, ...withoutStart(idle), id: 'aa', window: idle },
    ],
  },
];

describe('live frames', () => {
  it.each(messages)('carry a $type message there and back unchanged', (message) => {
    expect(decodeLiveMessage(encodeLiveMessage(message))).toEqual(message);
  });

  it.each(messages)('refuse every truncated prefix of a $type message with a clear error', (message) => {
    const whole = encodeLiveMessage(message);
    for (let bytes = 0; bytes < whole.byteLength; bytes++) {
      expect(() => decodeLiveMessage(whole.slice(0, bytes))).toThrow(LiveFrameError);
    }
  });

  it('refuse another version and say what to do', () => {
    const frame = encodeLiveMessage({ type: 'series', series: { flow: null, windows: [idle] } });
    new DataView(frame).setUint16(4, 2, true);
    expect(() => decodeLiveMessage(frame)).toThrow('live frame: version 2, this page reads 1; reload the page');
  });

  it('refuse a header that announces more numbers than could ever follow, without allocating them', () => {
    const frame = encodeLiveMessage({ type: 'series', series: { flow: null, windows: [] } });
    new DataView(frame).setUint32(12, 0xffff_ffff, true);
    expect(() => decodeLiveMessage(frame)).toThrow(/its header announces/);
  });

  it('refuse rows without their numbers', () => {
    const json = new TextEncoder().encode('{"type":"series","flow":null,"windows":5}');
    const frame = new ArrayBuffer(16 + Math.ceil(json.length / 8) * 8 + 8);
    const view = new DataView(frame);
    view.setUint32(0, 0x484c4652, false);
    view.setUint16(4, 1, true);
    view.setUint32(8, json.length, true);
    view.setUint32(12, 1, true);
    new Uint8Array(frame).set(json, 16);
    expect(() => decodeLiveMessage(frame)).toThrow('live frame: fewer numbers than its rows need');
  });
});

function withoutStart(window: Window): Measures {
  const { packets, bytes, lost, reordered, duplicates, latencyNs, jitterNs, negative } = window;
  return { packets, bytes, lost, reordered, duplicates, latencyNs, jitterNs, negative };
}
