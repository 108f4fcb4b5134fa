import { expect, test } from 'vitest';
import { ethernet, ipv4, payload, udp } from './frames.ts';
import { framesOfPort, isStamped } from './stamped.ts';
import { twoHosts } from './topology.ts';
import { sendFrames } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7012;
const SMALLEST_MAP = 512;
const FLOWS = 3000;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('delivers every packet of more flows than the maps hold, and counts who was forgotten', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink({ args: ['--max-flows', String(SMALLEST_MAP)] });
  const source = await a.source({ args: ['--max-flows', String(SMALLEST_MAP)] });
  const delivered = await b.capture({ direction: 'inbound' });
  // One packet of each flow, and another one of the first when it has long been forgotten.
  const packets = [...Array(FLOWS).keys(), 0].map((flow) => ipv4(udp(payload(32), 20_000 + flow, PORT)));
  await sendFrames(
    a,
    packets.map((packet) => hex(ethernet(0x0800, packet))),
  );

  const { counters } = await waitFor(
    async () => {
      const status = await sink.status();
      return status.telemetry.records === packets.length ? status : undefined;
    },
    { describe: 'a record of every packet' },
  );
  expect(counters).toMatchObject({ stripped: packets.length, flow_map_full: 0 });
  // The first flow was met twice, at both ends.
  expect(counters['flows_created']).toBeGreaterThan(FLOWS);
  expect(await source.counters()).toMatchObject({ stamped: packets.length, flow_map_full: 0 });

  const arrived = framesOfPort(
    (await delivered.stop()).map(({ data }) => data),
    PORT,
  );
  expect(arrived.filter(isStamped)).toEqual([]);
  expect(arrived.map(({ packet }) => hex(packet.bytes))).toEqual(packets.map(hex));

  const flows = await sink.flows();
  expect(flows.length).toBeLessThanOrEqual(SMALLEST_MAP);
  for (const flow of flows) expect(flow).toMatchObject({ packets: 1, lost: 0, duplicates: 0 });
});
