import { expect, test } from 'vitest';
import type { RelayedFrame } from './relay/relay.ts';
import { ipPacketOf, transportOf } from './packets.ts';
import { twoHostsWithRelay } from './topology.ts';
import { bulkTcp, sendSteady, steadyReceiver } from './traffic.ts';

const B4 = '10.77.0.2';

/** Numbers of the steady datagrams to `port` among the relayed frames, by verdict. */
function numbersOf(log: readonly RelayedFrame[], port: number, verdict: RelayedFrame['verdict']): readonly number[] {
  return log
    .filter((frame) => frame.direction === 'toRight' && frame.verdict === verdict)
    .flatMap((frame) => {
      const packet = ipPacketOf(frame.head);
      if (packet === undefined || transportOf(packet)?.destinationPort !== port) return [];
      return [Buffer.from(packet.bytes).readUInt32BE(packet.headerBytes + 8)];
    });
}

test('holds each frame for its direction’s delay', async () => {
  const { a, relay } = await twoHostsWithRelay({ delayUs: { toRight: 3000, toLeft: 9000 } });
  const ping = await a.exec(['ping', '-n', '-i', '0.02', '-c', '30', B4]);
  const [, minimum, mean] = /= ([\d.]+)\/([\d.]+)\//.exec(ping) ?? [];
  expect(Number(minimum)).toBeGreaterThanOrEqual(12);
  expect(Number(minimum)).toBeLessThan(13);
  expect(Number(mean)).toBeLessThan(20);

  const log = await relay.stop();
  for (const { direction, delayUs } of [
    { direction: 'toRight', delayUs: 3000 },
    { direction: 'toLeft', delayUs: 9000 },
  ]) {
    const held = log
      .filter((frame) => frame.direction === direction)
      .map((frame) => Number(frame.doneNs - frame.arrivalNs) / 1000);
    expect(held).toHaveLength(30);
    expect(Math.min(...held)).toBeGreaterThanOrEqual(delayUs);
    expect(Math.min(...held)).toBeLessThan(delayUs + 100);
  }
});

test('loses the frames that its log names and no others', async () => {
  const { a, b, relay } = await twoHostsWithRelay({
    lossPerMille: { toRight: 100, toLeft: 0 },
    seed: 7,
    headBytes: 64,
  });
  const receiver = await steadyReceiver(b, { host: B4, port: 6000 });
  await sendSteady(a, { host: B4, port: 6000, count: 1000, rate: 2000 });
  const log = await relay.stop();
  const forwarded = numbersOf(log, 6000, 'forwarded');
  const dropped = numbersOf(log, 6000, 'dropped');
  await receiver.received(forwarded.length);
  const arrivals = await receiver.stop();

  expect(forwarded.length + dropped.length).toBe(1000);
  expect(dropped.length).toBeGreaterThan(60);
  expect(dropped.length).toBeLessThan(140);
  expect(arrivals).toMatchObject({ datagrams: forwarded.length, duplicates: 0, damaged: 0 });
  const arrived = new Set(
    arrivals.ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
  );
  expect(dropped.filter((number) => arrived.has(number))).toEqual([]);
});

test('loses the same frames again with the same seed', async () => {
  const lose = async (seed: number): Promise<readonly number[]> => {
    const { a, relay, close } = await twoHostsWithRelay({ lossPerMille: 200, seed, headBytes: 64 });
    await sendSteady(a, { host: B4, port: 6000, count: 300, rate: 5000 });
    const dropped = numbersOf(await relay.stop(), 6000, 'dropped');
    await close();
    return dropped;
  };
  const [first, again, other] = [await lose(1), await lose(1), await lose(2)];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('carries a bulk transfer in frames of the MTU’s size', async () => {
  const { a, b, relay } = await twoHostsWithRelay();
  const { client, server } = await bulkTcp(a, b, { host: B4, port: 6001, bytes: 20 << 20 });
  expect(server).toEqual(client);
  const sizes = (await relay.stop()).filter((frame) => frame.direction === 'toRight').map((frame) => frame.bytes);
  expect(Math.max(...sizes)).toBe(1514);
});
