import { expect, test } from 'vitest';
import type { Host } from './host.ts';
import { framesOfPort, isStamped, numbersByStream } from './stamped.ts';
import { twoHosts } from './topology.ts';
import { requestResponse, sendSteady, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7000;
const DATAGRAMS = 100;

const FAMILIES = [
  { family: 'IPv4', host: '10.77.0.2', own: '10.77.0.1', headerBytes: 20 },
  { family: 'IPv6', host: 'fd77::2', own: 'fd77::1', headerBytes: 40 },
] as const;

async function sendDatagrams(from: Host, to: Host, host: string): Promise<void> {
  const receiver = await steadyReceiver(to, { host, port: PORT });
  const sent = await sendSteady(from, { host, port: PORT, count: DATAGRAMS, rate: 1000, bytes: 160 });
  await receiver.received(DATAGRAMS);
  const all = { datagrams: DATAGRAMS, duplicates: 0, damaged: 0, ranges: [[0, DATAGRAMS - 1]] };
  expect(await receiver.stop()).toEqual({ ...sent, ...all });
}

test.each(FAMILIES)(
  'stamps UDP over $family on the wire and delivers it byte-identical',
  async ({ host, own, headerBytes }) => {
    const { a, b } = await twoHosts();
    const sink = await b.sink();
    const source = await a.source();
    const wire = await a.capture({ direction: 'outbound' });
    const delivered = await b.capture({ direction: 'inbound' });
    await sendDatagrams(a, b, host);

    const sent = framesOfPort(
      (await wire.stop()).map(({ data }) => data),
      PORT,
    );
    const stamped = sent.filter(isStamped);
    expect(stamped).toHaveLength(DATAGRAMS);
    expect(sent).toHaveLength(DATAGRAMS);
    for (const { stamp, outer, packet } of stamped) {
      expect(stamp).toMatchObject({
        nodeId: 1,
        instructions: 0xcc00,
        domainInstructions: 0xc000,
        superpacket: undefined,
      });
      expect(outer).toMatchObject({ source: packet.source, destination: packet.destination, ttl: packet.ttl });
      expect(outer.totalBytes).toBe(packet.totalBytes + headerBytes + 56);
    }
    // Each CPU numbers in a stream of its own, from 0 and without gaps.
    const numbers = [...numbersByStream(stamped).values()];
    expect(numbers).toEqual(numbers.map((stream) => stream.map((_, index) => index)));

    const arrived = framesOfPort(
      (await delivered.stop()).map(({ data }) => data),
      PORT,
    );
    expect(arrived.filter(isStamped)).toEqual([]);
    const bytesOf = (frames: typeof sent) => frames.map(({ packet }) => Buffer.from(packet.bytes).toString('hex'));
    expect(bytesOf(arrived)).toEqual(bytesOf(stamped));

    const flow = await waitFor(async () => sink.flow({ protocol: 'udp', destinationPort: PORT, packets: DATAGRAMS }), {
      describe: 'the sink to know the flow with all its packets',
    });
    expect(flow).toMatchObject({
      source: own,
      destination: host,
      sourceNodeId: 1,
      interface: 'veth0',
      bytes: DATAGRAMS * (headerBytes + 8 + 160),
      lost: 0,
      reordered: 0,
      duplicates: 0,
      negative: 0,
    });
    const status = await sink.status();
    expect(status).toMatchObject({
      nodeId: 102,
      telemetry: { records: DATAGRAMS, lost: 0 },
      counters: { stripped: DATAGRAMS },
    });
    // Peers are counted by closed windows, so the last packets show within a second.
    const isWhole = (peer: { readonly packets: number } | undefined) => peer?.packets === DATAGRAMS && peer;
    const peer = await waitFor(async () => isWhole((await sink.status()).peers[0]), { describe: 'the whole peer' });
    expect(peer).toMatchObject({ nodeId: 1, lost: 0 });
    expect(await source.counters()).toMatchObject({ stamped: DATAGRAMS });
  },
);

test.each(FAMILIES)('carries small TCP over $family whole, stamped in both directions', async ({ host, own }) => {
  const { a, b } = await twoHosts();
  const sinks = { a: await a.sink(), b: await b.sink() };
  await a.source();
  await b.source();
  const wires = [await a.capture({ direction: 'outbound' }), await b.capture({ direction: 'outbound' })];
  const { client, server } = await requestResponse(a, b, {
    host,
    port: PORT,
    count: 50,
    bytes: 300,
    'response-bytes': 900,
  });
  expect(client.sent.bytes).toBe(50 * 300);
  expect(client.received.bytes).toBe(50 * 900);
  expect(server).toEqual({ sent: client.received, received: client.sent });

  const [there, back] = await Promise.all(
    wires.map(async (wire) =>
      framesOfPort(
        (await wire.stop()).map(({ data }) => data),
        PORT,
      ),
    ),
  );
  expect(there?.every(isStamped)).toBe(true);
  expect(back?.every(isStamped)).toBe(true);
  const toB = { source: own, destination: host, sourceNodeId: 1, packets: there?.length ?? 0, lost: 0 };
  const toA = { source: host, destination: own, sourceNodeId: 2, packets: back?.length ?? 0, lost: 0 };
  expect(toB.packets).toBeGreaterThan(50);
  await waitFor(() => sinks.b.flow(toB), { describe: `the flow to b with ${toB.packets} packets` });
  await waitFor(() => sinks.a.flow(toA), { describe: `the flow to a with ${toA.packets} packets` });
});

test('ends on SIGINT with a summary, exit code 0 and the interface as it was', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  const source = await a.source();
  expect(sink.ready).toMatchObject({ role: 'sink', nodeId: 102, interfaces: [{ name: 'veth0', mode: 'native' }] });
  expect(source.ready).toMatchObject({ role: 'source', nodeId: 1, interfaces: [{ name: 'veth0' }] });
  await sendDatagrams(a, b, '10.77.0.2');

  const sourceEnd = await source.stop();
  expect(sourceEnd).toMatchObject({ code: 0, signal: null });
  expect(sourceEnd.summary).toMatch(/100 stamped/);
  const sinkEnd = await sink.stop();
  expect(sinkEnd).toMatchObject({ code: 0, signal: null });
  expect(sinkEnd.summary).toMatch(/100/);
  expect(await b.exec(['ip', '-d', 'link', 'show', 'veth0'])).not.toMatch(/xdp/);
  expect(await a.exec(['tc', 'qdisc', 'show', 'dev', 'veth0'])).not.toMatch(/clsact/);

  const wire = await a.capture({ direction: 'outbound' });
  await sendDatagrams(a, b, '10.77.0.2');
  const frames = framesOfPort(
    (await wire.stop()).map(({ data }) => data),
    PORT,
  );
  expect(frames).toHaveLength(DATAGRAMS);
  expect(frames.filter(isStamped)).toEqual([]);
});
