/** A source of news for tests of the API and the feed: seconds close when told to. */
import type { LiveSource } from './live.ts';
import { emptyWindow } from './measures.ts';
import type { Flow, FlowDetail, Series, Status, Window } from './messages.ts';
import type { ApiSource } from './routes.ts';
import type { WindowMessage } from './service.ts';

export const exampleFlow: Flow = {
  id: 'aa',
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 5000,
  destinationPort: 443,
  protocol: 'tcp',
  sourceNodeId: 2,
  interface: 'eth0',
  packets: 7,
  bytes: 700,
  lost: 0,
  reordered: 0,
  duplicates: 0,
  latencyNs: { min: 1, mean: 2, p50: 2, p90: 3, p99: 3, p999: 3, max: 4 },
  jitterNs: 0.5,
  negative: 0,
  firstSeen: '1764000000000000001',
  lastSeen: '1764000001000000001',
  window: null,
};

export class FakeSource implements LiveSource, ApiSource {
  closedWindows = 0;
  /** Flows in each window message: more make it larger. */
  rows = 1;
  reason: string | undefined;

  close(windows = 1): void {
    this.closedWindows += windows;
  }

  status(): Status {
    return {
      version: '0.1.0',
      nodeId: 3,
      uptimeSeconds: 1,
      interfaces: [{ name: 'eth0', mode: 'native' }],
      encap: 'ip-udp',
      intPort: 33_122,
      counters: { stripped: 7 },
      telemetry: { records: 7, lost: 0 },
      peers: [],
    };
  }

  failure(): string | undefined {
    return this.reason;
  }

  flows(): { known: number; matching: number; flows: Flow[] } {
    return { known: 1, matching: 1, flows: [exampleFlow] };
  }

  flow(id: string): FlowDetail | undefined {
    if (id === 'broken') throw new Error('a secret of the inside');
    return id === 'aa' ? { ...exampleFlow, histogram: { lowerNs: [1], count: [7] }, windows: [] } : undefined;
  }

  series(flow: string | null): Series {
    const windows = Array.from({ length: this.closedWindows }, (_, index) => this.#window(index + 1));
    return { flow, windows: flow === null ? windows : flow === 'aa' ? [{ ...this.#window(0), packets: 7 }] : [] };
  }

  windowMessages(count: number): WindowMessage[] {
    return Array.from({ length: count }, (_, index) => ({
      type: 'window',
      sentMs: 0,
      skipped: 0,
      failure: null,
      telemetry: { records: 7, lost: 0 },
      counters: {},
      total: this.#window(this.closedWindows - count + index + 1),
      selected: null,
      known: 1,
      flows: Array.from({ length: this.rows }, () => exampleFlow),
    }));
  }

  windowAt(flow: string, startMs: number): Window | null {
    return flow === 'aa' ? { ...emptyWindow(startMs, null), packets: 7 } : null;
  }

  #window(second: number): Window {
    return emptyWindow(second * 1000, null);
  }
}
