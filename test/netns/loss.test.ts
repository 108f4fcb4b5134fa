import { expect, test } from 'vitest';
import type { RelayedFrame } from './relay/relay.ts';
import { framesOfPort, isStamped, numberOf, numbersByStream, type StampedFrame, streamOf } from './stamped.ts';
import { twoHostsWithRelay } from './topology.ts';
import { bulkTcp, sendSteady, sendUdpSuperpackets, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7005;
/** Enough for the stamp and the inner TCP header over IPv6. */
const HEAD_BYTES = 256;

function stampedWith(log: readonly RelayedFrame[], verdict: RelayedFrame['verdict']): readonly StampedFrame[] {
  const heads = log
    .filter((frame) => frame.direction === 'toRight' && frame.verdict === verdict)
    .map(({ head }) => head);
  return framesOfPort(heads, PORT).filter(isStamped);
}

/**
 * What a sink can know of as lost: numbers missing between others of their stream that arrived. Before the
 * first and behind the last one nothing tells that a packet was ever sent.
 */
function losses(log: readonly RelayedFrame[]): {
  readonly knowable: number;
  readonly forwarded: number;
  readonly dropped: number;
} {
  const forwarded = stampedWith(log, 'forwarded');
  const dropped = stampedWith(log, 'dropped');
  const arrived = numbersByStream(forwarded);
  let knowable = 0;
  for (const [stream, numbers] of numbersByStream(dropped)) {
    const [first, last] = [arrived.get(stream)?.at(0) ?? Infinity, arrived.get(stream)?.at(-1) ?? -Infinity];
    knowable += numbers.filter((number) => number > first && number < last).length;
  }
  return { knowable, forwarded: forwarded.length, dropped: dropped.length };
}

test.each([
  { family: 'IPv4', host: '10.77.0.2' },
  { family: 'IPv6', host: 'fd77::2' },
])('counts exactly the datagrams over $family that were lost on the wire', async ({ host }) => {
  const { a, b, relay } = await twoHostsWithRelay({
    lossPerMille: { toRight: 50, toLeft: 0 },
    seed: 11,
    headBytes: HEAD_BYTES,
  });
  const sink = await b.sink();
  await a.source();
  await sendSteady(a, { host, port: PORT, count: 4000, rate: 4000, bytes: 100 });

  const { knowable, forwarded, dropped } = losses(await relay.stop());
  expect(forwarded + dropped).toBe(4000);
  expect(knowable).toBeGreaterThan(150);
  // The tail may go unnoticed; all else must be known.
  expect(dropped - knowable).toBeLessThan(5);
  await waitFor(() => sink.flow({ destinationPort: PORT, packets: forwarded, lost: knowable }), {
    describe: async () =>
      `${forwarded} packets and ${knowable} lost: ${JSON.stringify(await sink.flow({ destinationPort: PORT }))}`,
  });
});

test('counts exactly the segments of superpackets that were lost on the wire', async () => {
  const { a, b, relay } = await twoHostsWithRelay({
    lossPerMille: { toRight: 5, toLeft: 0 },
    seed: 12,
    headBytes: HEAD_BYTES,
  });
  const sink = await b.sink();
  await a.source();
  const { client, server } = await bulkTcp(a, b, { host: '10.77.0.2', port: PORT, bytes: 30 << 20 });
  expect(server).toEqual(client);

  const log = await relay.stop();
  const segments = stampedWith(log, 'dropped').filter(({ stamp }) => (stamp.superpacket?.segments ?? 0) > 1);
  expect(segments.length).toBeGreaterThan(50);
  const { knowable, forwarded } = losses(log);
  await waitFor(() => sink.flow({ destinationPort: PORT, packets: forwarded, lost: knowable }), {
    describe: async () =>
      `${forwarded} packets and ${knowable} lost: ${JSON.stringify(await sink.flow({ destinationPort: PORT }))}`,
  });
});

test('counts exactly the datagrams of UDP superpackets that were lost on the wire', async () => {
  const { a, b, relay } = await twoHostsWithRelay({
    lossPerMille: { toRight: 50, toLeft: 0 },
    seed: 13,
    headBytes: HEAD_BYTES,
    checksumOffload: true,
  });
  const sink = await b.sink();
  await a.source();
  await steadyReceiver(b, { host: '10.77.0.2', port: PORT });
  const [sends, segments] = [300, 10];
  await sendUdpSuperpackets(a, { host: '10.77.0.2', port: PORT, sends, segments, bytes: 1000, pauseUs: 1000 });

  const log = await relay.stop();
  const [forwarded, dropped] = [stampedWith(log, 'forwarded'), stampedWith(log, 'dropped')];
  expect(forwarded.length + dropped.length).toBe(sends * segments);
  // Datagrams of one stamp cannot be told apart; what is missing of a stream's last stamp waits for the next one.
  const newest = numbersByStream(forwarded);
  const knowable = dropped.filter((frame) => numberOf(frame) !== newest.get(streamOf(frame))?.at(-1)).length;
  expect(knowable).toBeGreaterThan(100);
  const counted = { destinationPort: PORT, packets: forwarded.length, lost: knowable };
  await waitFor(() => sink.flow(counted), {
    describe: async () => `${JSON.stringify(counted)}: ${JSON.stringify(await sink.flow({ destinationPort: PORT }))}`,
  });
});
