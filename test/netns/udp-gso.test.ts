import { expect, test } from 'vitest';
import { framesOfPort, isStamped } from './stamped.ts';
import { twoHosts } from './topology.ts';
import { sendUdpSuperpackets, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7002;
const SENDS = 100;
const SEGMENTS = 10;
const DATAGRAMS = SENDS * SEGMENTS;
const ALL = { datagrams: DATAGRAMS, duplicates: 0, damaged: 0, ranges: [[0, DATAGRAMS - 1]] };

test.each([
  { family: 'IPv4', host: '10.77.0.2' },
  { family: 'IPv6', host: 'fd77::2' },
])('stamps UDP superpackets over $family, each datagram of which arrives whole', async ({ host }) => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  await a.source();
  const wire = await a.capture({ direction: 'outbound' });
  const receiver = await steadyReceiver(b, { host, port: PORT });
  await sendUdpSuperpackets(a, { host, port: PORT, sends: SENDS, segments: SEGMENTS, bytes: 1200, pauseUs: 500 });
  await receiver.received(DATAGRAMS);
  expect(await receiver.stop()).toMatchObject({ ...ALL, bytes: DATAGRAMS * 1200 });

  const frames = framesOfPort(
    (await wire.stop()).map(({ data }) => data),
    PORT,
  );
  expect(frames).toHaveLength(DATAGRAMS);
  expect(frames.every(isStamped)).toBe(true);
  const flow = await waitFor(() => sink.flow({ destinationPort: PORT, packets: DATAGRAMS }), {
    describe: 'the sink to know all datagrams',
  });
  expect(flow).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
});

test('leaves UDP superpackets alone whose datagrams have no room for telemetry', async () => {
  const { a, b } = await twoHosts();
  await b.sink();
  const source = await a.source();
  const wire = await a.capture({ direction: 'outbound' });
  const receiver = await steadyReceiver(b, { host: '10.77.0.2', port: PORT });
  const bytes = 1472;
  await sendUdpSuperpackets(a, {
    host: '10.77.0.2',
    port: PORT,
    sends: SENDS,
    segments: SEGMENTS,
    bytes,
    pauseUs: 500,
  });
  await receiver.received(DATAGRAMS);
  expect(await receiver.stop()).toMatchObject({ ...ALL, bytes: DATAGRAMS * bytes });

  const frames = framesOfPort(
    (await wire.stop()).map(({ data }) => data),
    PORT,
  );
  expect(frames).toHaveLength(DATAGRAMS);
  expect(frames.filter(isStamped)).toEqual([]);
  expect(await source.counters()).toMatchObject({ no_room: DATAGRAMS, stamped: 0 });
});

test.each([
  { family: 'IPv4', host: '10.77.0.2' },
  { family: 'IPv6', host: 'fd77::2' },
])('loses no UDP superpacket over $family where the device computes no checksums', async ({ host }) => {
  const { a, b } = await twoHosts();
  await a.exec(['ethtool', '-K', 'veth0', 'tx', 'off']);
  await b.sink();
  const source = await a.source();
  const receiver = await steadyReceiver(b, { host, port: PORT });
  await sendUdpSuperpackets(a, { host, port: PORT, sends: SENDS, segments: SEGMENTS, bytes: 1200, pauseUs: 500 });
  await receiver.received(DATAGRAMS);
  expect(await receiver.stop()).toMatchObject(ALL);
  // Unstamped since Linux 6.11, where the kernel could not segment it otherwise; stamped before.
  const { stamped = 0, segments_unsupported: left = 0 } = await source.counters();
  expect(stamped + left).toBe(DATAGRAMS);
});
