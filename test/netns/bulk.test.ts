import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Flow } from '../../src/sink/messages.ts';
import type { Host } from './host.ts';
import { framesOfPort, isStamped, numbersByStream } from './stamped.ts';
import { twoHosts } from './topology.ts';
import { bulkTcp } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7001;
const BYTES = 60 << 20;
/** Ethernet, outer and inner IPv6, telemetry, TCP with options: all that is looked at. */
const SNAP_BYTES = 256;

test.each([
  { family: 'IPv4', host: '10.77.0.2' },
  { family: 'IPv6', host: 'fd77::2' },
])('stamps bulk TCP over $family, superpackets included, and delivers it whole', async ({ host }) => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  const source = await a.source();
  const wire = await a.capture({ direction: 'outbound', snapBytes: SNAP_BYTES });
  const { client, server } = await bulkTcp(a, b, { host, port: PORT, bytes: BYTES });
  expect(client.bytes).toBe(BYTES);
  expect(server).toEqual(client);

  const frames = framesOfPort(
    (await wire.stop()).map(({ data }) => data),
    PORT,
  );
  const data = frames.filter(({ transport }) => transport.payloadBytes > 0);
  const stamped = frames.filter(isStamped);
  expect(data.filter(isStamped).length / data.length).toBeGreaterThanOrEqual(0.99);
  const segments = stamped.filter(({ stamp }) => (stamp.superpacket?.segments ?? 0) > 1);
  expect(segments.length).toBeGreaterThan(BYTES / 1500 / 2);

  // Every segment has a number of its own: each stream counts from 0 without a gap.
  const numbers = [...numbersByStream(stamped).values()];
  expect(numbers).toEqual(numbers.map((stream) => stream.map((_, index) => index)));

  // A veth whose ring is full drops what the capture has seen leave: that is loss, and is told as such.
  const isWhole = (flow: Flow): boolean => flow.packets + flow.lost === stamped.length;
  const flow = await waitFor(
    async () => {
      const found = await sink.flow({ destinationPort: PORT });
      return found !== undefined && isWhole(found) ? found : undefined;
    },
    { describe: () => `the sink to account for all ${stamped.length} stamped packets` },
  );
  expect(flow.lost).toBeLessThanOrEqual(await droppedBy(a));
  expect(flow.duplicates).toBe(0);
  expect((await sink.status()).telemetry.lost).toBe(0);
  expect((await source.counters())['stamped']).toBe(stamped.length);
});

const linksSchema = z.array(z.object({ stats64: z.object({ tx: z.object({ dropped: z.number() }) }) }));

/** Packets that veth0 could not hand to its peer. */
async function droppedBy(host: Host): Promise<number> {
  const links = linksSchema.parse(JSON.parse(await host.exec(['ip', '-json', '-statistics', 'link', 'show', 'veth0'])));
  return links[0]?.stats64.tx.dropped ?? 0;
}
