import { expect, it } from 'vitest';
import { summarize } from './summary.ts';

it('tells how many packets were stamped and why others were not', () => {
  const text = summarize({
    version: '0.1.0',
    nodeId: 2,
    uptimeSeconds: 12.34,
    interfaces: [{ name: 'eth0', mode: 'tcx' }],
    encap: 'ip-udp',
    intPort: 33122,
    counters: { stamped: 75, not_ip: 0, no_room: 25 },
    flows: { created: 3, present: 3, evicted: 0 },
    destinations: [],
    peers: [],
  });
  expect(text).toBe(
    '--- hostint source on eth0, node 2 ---\n100 packets seen, 75 stamped (75.00 %), 3 flows, time 12.3 s\nleft alone, no_room: 25\n',
  );
});
