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
