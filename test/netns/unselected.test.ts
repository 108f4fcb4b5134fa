import { expect, test } from 'vitest';
import type { Host } from './host.ts';
import { twoHosts } from './topology.ts';
import { bulkTcp, sendFrames, sendSteady, steadyReceiver } from './traffic.ts';
import { framesOfPort, isStamped } from './stamped.ts';

const PORT = 7003;

/** Every frame that leaves while `traffic` runs, in hexadecimal. */
async function sentDuring(host: Host, traffic: () => Promise<unknown>): Promise<readonly string[]> {
  const wire = await host.capture({ direction: 'outbound' });
  await traffic();
  return (await wire.stop()).map(({ data }) => Buffer.from(data).toString('hex'));
}

/** The kernel counts the IPv4 identification up from packet to packet: without it and the checksum over it. */
function withoutIdentification(frame: string): string {
  const isIpv4 = frame.slice(24, 28) === '0800';
  return isIpv4 ? `${frame.slice(0, 36)}----${frame.slice(40, 48)}----${frame.slice(52)}` : frame;
}

test('leaves an unselected flow byte-identical on the wire', async () => {
  const { a, b } = await twoHosts();
  const flow = { port: PORT, count: 25, rate: 1000, bytes: 100, 'source-port': 7103 };
  const traffic = async (): Promise<void> => {
    for (const host of ['10.77.0.2', 'fd77::2']) {
      const receiver = await steadyReceiver(b, { host, port: PORT });
      await sendSteady(a, { host, ...flow });
      await receiver.received(flow.count);
      await receiver.stop();
    }
  };
  const without = await sentDuring(a, traffic);
  expect(without).toHaveLength(50);

  await b.sink();
  const source = await a.source({ args: ['--port', '1-7002'] });
  const withSource = await sentDuring(a, traffic);
  expect(withSource.map(withoutIdentification)).toEqual(without.map(withoutIdentification));
  expect(await sentDuring(a, () => sendFrames(a, without))).toEqual(without);
  expect(await source.counters()).toMatchObject({ not_selected: 100, stamped: 0 });
});

test('leaves an unselected bulk flow unstamped and whole', async () => {
  const { a, b } = await twoHosts();
  await b.sink();
  const source = await a.source({ to: ['192.0.2.0/24', '2001:db8::/32'] });
  const wire = await a.capture({ direction: 'outbound', snapBytes: 256 });
  const { client, server } = await bulkTcp(a, b, { host: '10.77.0.2', port: PORT, bytes: 20 << 20 });
  expect(server).toEqual(client);
  const frames = framesOfPort(
    (await wire.stop()).map(({ data }) => data),
    PORT,
  );
  expect(frames.length).toBeGreaterThan(20_000_000 / 65_536);
  expect(frames.filter(isStamped)).toEqual([]);
  expect(await source.counters()).toMatchObject({ stamped: 0 });
});

const MAC = '020000770002020000770001';
const ADDRESSES = '0a4d00010a4d0002';
/** UDP from port 7003 to 7004 with four bytes. */
const UDP = '1b5b1b5c000c0000' + '6869686f';

/** Frames that nobody can or may stamp, though their destination is selected, and the reason that is counted. */
const ODD_FRAMES = [
  { reason: 'not_ip', frame: `${MAC}88b5${'ab'.repeat(46)}` },
  { reason: 'tagged', frame: `${MAC}810000050800450000200000000040110000${ADDRESSES}${UDP}` },
  { reason: 'truncated', frame: `${MAC}0800450005000000400040110000${ADDRESSES}${UDP}` },
  { reason: 'fragment', frame: `${MAC}0800450000200001200040110000${ADDRESSES}${UDP}` },
  { reason: 'ip_options', frame: `${MAC}0800460000240001000040110000${ADDRESSES}01010101${UDP}` },
  { reason: 'low_ttl', frame: `${MAC}0800450000200001000001110000${ADDRESSES}${UDP}` },
  { reason: 'not_unicast', frame: `01005e0000010200007700010800450000200001000040110000` + `0a4d0001e0000001${UDP}` },
  { reason: 'already_stamped', frame: `${MAC}0800450000200001000040110000${ADDRESSES}1b5b8162000c00006869686f` },
] as const;

test('sends frames that cannot be stamped byte-identical, each counted by its reason', async () => {
  const { a, b } = await twoHosts();
  await b.sink();
  const source = await a.source({ to: ['0.0.0.0/0', '::/0'] });
  const frames = ODD_FRAMES.map(({ frame }) => frame);
  expect(await sentDuring(a, () => sendFrames(a, frames))).toEqual(frames);
  const reasons = Object.fromEntries(ODD_FRAMES.map(({ reason }) => [reason, 1]));
  expect(await source.counters()).toMatchObject({ ...reasons, stamped: 0 });
});
