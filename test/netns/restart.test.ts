import { expect, test } from 'vitest';
import type { Host } from './host.ts';
import type { Sink } from './hostint.ts';
import type { Running } from './process.ts';
import { twoHosts } from './topology.ts';
import { steadyReceiver, traffic } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7006;
const HOST = '10.77.0.2';
const FLOW = { protocol: 'udp', destinationPort: PORT };

/** Datagrams at 1000 a second until the test ends. */
function endlessTraffic(from: Host): Running {
  return traffic(from, 'steady-send', { host: HOST, port: PORT, count: 1_000_000, rate: 1000, bytes: 100 });
}

async function morePackets(sink: Sink, than: number): Promise<void> {
  await waitFor(async () => ((await sink.flow(FLOW))?.packets ?? 0) > than, { describe: `more than ${than} packets` });
}

async function packetsNow(sink: Sink): Promise<number> {
  return (await sink.flow(FLOW))?.packets ?? 0;
}

test('knows a flow again after the sink was restarted, without taking what it missed for loss', async () => {
  const { a, b } = await twoHosts();
  const first = await b.sink();
  await a.source();
  const receiver = await steadyReceiver(b, { host: HOST, port: PORT });
  endlessTraffic(a);
  await morePackets(first, 500);
  expect(await first.stop()).toMatchObject({ code: 0 });

  const second = await b.sink();
  await morePackets(second, 2000);
  expect(await second.flow(FLOW)).toMatchObject({ lost: 0, duplicates: 0, sourceNodeId: 1 });
  // The application has its packets again, too.
  await receiver.received(2500);
  expect(await receiver.stop()).toMatchObject({ duplicates: 0, damaged: 0 });
});

test('goes on with a flow after the source was restarted, without loss or duplicates', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  const first = await a.source();
  const receiver = await steadyReceiver(b, { host: HOST, port: PORT });
  const sender = endlessTraffic(a);
  await morePackets(sink, 500);
  expect(await first.stop()).toMatchObject({ code: 0 });
  const between = await packetsNow(sink);

  await a.source();
  // Longer than the second after which a missing number counts as lost.
  await morePackets(sink, between + 2000);
  expect(await sink.flow(FLOW)).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
  await sender.stop();
  const sent = Number(sender.stdout().match(/"bytes":(\d+)/)?.[1]) / 100;
  await receiver.received(sent);
  expect(await receiver.stop()).toMatchObject({ datagrams: sent, duplicates: 0, damaged: 0, ranges: [[0, sent - 1]] });
});

test('leaves the host’s traffic alone after the sink was killed', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  await sink.process.stop('SIGKILL');
  // A link of the kernel's own would go on stripping with nobody to read.
  await waitFor(async () => !(await b.exec(['ip', '-d', 'link', 'show', 'veth0'])).includes('xdp'), {
    describe: 'the XDP program to go with its process',
  });
  const receiver = await steadyReceiver(b, { host: HOST, port: PORT });
  traffic(a, 'steady-send', { host: HOST, port: PORT, count: 10, rate: 1000 });
  await receiver.received(10);
});
