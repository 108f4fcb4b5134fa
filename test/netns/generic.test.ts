import { expect, test } from 'vitest';
import { twoHosts } from './topology.ts';
import { bulkTcp, requestResponse } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7009;

test.each([
  { family: 'IPv4', host: '10.77.0.2' },
  { family: 'IPv6', host: 'fd77::2' },
])('strips in generic mode, superpackets over $family that arrive whole included', async ({ host }) => {
  const { a, b } = await twoHosts();
  const sink = await b.sink({ args: ['--xdp-mode', 'generic'] });
  await a.source();
  expect(sink.ready).toMatchObject({ interfaces: [{ name: 'veth0', mode: 'generic' }] });

  const small = await requestResponse(a, b, { host, port: PORT, count: 20 });
  expect(small.server).toEqual({ sent: small.client.received, received: small.client.sent });
  const wire = await a.capture({ direction: 'outbound', snapBytes: 256 });
  const { client, server } = await bulkTcp(a, b, { host, port: PORT, bytes: 30 << 20 });
  expect(server).toEqual(client);
  // Towards a native XDP program the kernel would have cut them.
  expect(Math.max(...(await wire.stop()).map(({ bytes }) => bytes))).toBeGreaterThan(20_000);
  const flow = await waitFor(() => sink.flow({ destinationPort: PORT, lost: 0 }), {
    describe: 'the flow without loss',
  });
  expect(flow.packets).toBeGreaterThan(20);
  const bulk = await waitFor(
    async () => (await sink.flows()).find(({ bytes, destinationPort }) => destinationPort === PORT && bytes > 30 << 20),
    { describe: 'the bulk flow with all its bytes' },
  );
  expect(bulk.lost).toBe(0);
  // Segments of up to 1500 bytes each count, although they came in one piece.
  expect(bulk.packets).toBeGreaterThan((30 << 20) / 1500);
});
