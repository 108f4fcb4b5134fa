import { describe, expect, it } from 'vitest';
import { buildSourceApp } from './app.ts';
import type { SourceFlow, SourceStatus } from './messages.ts';

const status: SourceStatus = {
  version: '0.1.0',
  nodeId: 2,
  uptimeSeconds: 1.5,
  interfaces: [{ name: 'eth0', mode: 'tcx' }],
  encap: 'ip-udp',
  intPort: 33122,
  counters: { stamped: 10, no_room: 1 },
  flows: { created: 3, present: 2, evicted: 1 },
  destinations: ['10.0.0.2/32'],
  peers: [{ address: '10.0.0.2', packets: 11, stamped: 10 }],
};
const flow: SourceFlow = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 40000,
  destinationPort: 443,
  protocol: 'tcp',
  packets: 11,
  bytes: 900,
  stamped: 10,
  skipped: { no_room: 1 },
};

function app(...detached: string[]): ReturnType<typeof buildSourceApp> {
  return buildSourceApp({ status: () => status, flows: () => [flow], detached: () => detached });
}

describe('the source API', () => {
  it('tells status and flows', async () => {
    expect((await app().inject('/api/v1/status')).json()).toEqual(status);
    expect((await app().inject('/api/v1/flows')).json()).toEqual({ flows: [flow] });
  });

  it('is healthy only while the programs are attached', async () => {
    expect((await app().inject('/healthz')).json()).toEqual({ status: 'ok' });
    const failing = await app('eth0').inject('/healthz');
    expect(failing.statusCode).toBe(503);
    expect(failing.json()).toEqual({ status: 'failing', reason: 'no longer attached to eth0' });
  });
});
