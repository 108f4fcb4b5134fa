import type { LiveMessage } from '../../src/sink/messages.ts';
import { windowAt } from './window.fixture.ts';

export type HelloMessage = Extract<LiveMessage, { type: 'hello' }>;
export type WindowMessage = Extract<LiveMessage, { type: 'window' }>;

/** The message that opens a live feed, for tests. */
export function helloMessage(): HelloMessage {
  return {
    type: 'hello',
    version: 1,
    status: {
      version: '0.1.0',
      nodeId: 3,
      uptimeSeconds: 12,
      interfaces: [{ name: 'eth0', mode: 'native' }],
      encap: 'ip-udp',
      intPort: 33122,
      counters: { stripped: 10, not_int: 4 },
      telemetry: { records: 10, lost: 0 },
      peers: [],
    },
  };
}

/** The message of one Unix second, sent 20 ms after its end, for tests. */
export function windowMessage(second: number, changes: Partial<WindowMessage> = {}): WindowMessage {
  return {
    type: 'window',
    sentMs: (second + 1) * 1000 + 20,
    skipped: 0,
    failure: null,
    telemetry: { records: 10, lost: 0 },
    counters: { stripped: 10 },
    total: windowAt(second),
    selected: null,
    known: 0,
    flows: [],
    ...changes,
  };
}
