import { expect, test } from 'vitest';
import { framesOfPort, isStamped } from './stamped.ts';
import { twoHosts, type Pair } from './topology.ts';
import { bulkTcp, sendSteady, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7011;
const HOST = '10.77.0.2';
const COUNT = 50;

async function withJumboFrames(): Promise<Pair> {
  const pair = await twoHosts();
  for (const host of [pair.a, pair.b]) await host.exec(['ip', 'link', 'set', 'veth0', 'mtu', '9000']);
  return pair;
}

/** Sends datagrams from a to b and returns how many of them were stamped on the wire. */
async function stampedOf({ a, b }: Pair, bytes: number): Promise<number> {
  const wire = await a.capture({ direction: 'outbound' });
  const receiver = await steadyReceiver(b, { host: HOST, port: PORT });
  const sent = await sendSteady(a, { host: HOST, port: PORT, count: COUNT, rate: 500, bytes });
  await receiver.received(COUNT);
  expect(await receiver.stop()).toMatchObject({ ...sent, datagrams: COUNT, damaged: 0, duplicates: 0 });
  const frames = (await wire.stop()).map(({ data }) => data);
  return framesOfPort(frames, PORT).filter(isStamped).length;
}

test('stamps and strips jumbo datagrams, which XDP sees in several buffers', async () => {
  const pair = await withJumboFrames();
  const sink = await pair.b.sink();
  expect(sink.ready['interfaces']).toEqual([{ name: 'veth0', mode: 'native' }]);
  await pair.a.source();
  expect(await stampedOf(pair, 8500)).toBe(COUNT);
  const flow = await waitFor(() => sink.flow({ destinationPort: PORT, packets: COUNT }), { describe: 'all datagrams' });
  expect(flow).toMatchObject({ bytes: COUNT * (8500 + 28), lost: 0 });
});

test('delivers bulk TCP over jumbo frames whole', async () => {
  const { a, b } = await withJumboFrames();
  const sink = await b.sink();
  await a.source();
  const { client, server } = await bulkTcp(a, b, { host: HOST, port: PORT, bytes: 40 << 20 });
  expect(server).toEqual(client);
  expect((await sink.status()).counters['stripped']).toBeGreaterThan((40 << 20) / 9000);
});

test('leaves a jumbo datagram alone that has no room for telemetry, and one that must be fragmented', async () => {
  const pair = await withJumboFrames();
  await pair.b.sink();
  const source = await pair.a.source();
  expect(await stampedOf(pair, 8960)).toBe(0);
  expect((await source.counters())['no_room']).toBe(COUNT);
  expect(await stampedOf(pair, 20_000)).toBe(0);
  expect((await source.counters())['fragment']).toBe(3 * COUNT);
});
