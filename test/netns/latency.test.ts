import { expect, test } from 'vitest';
import type { RelayedFrame } from './relay/relay.ts';
import { framesOfPort } from './stamped.ts';
import { twoHostsWithRelay } from './topology.ts';
import { sendSteady, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7004;
const COUNT = 1000;
const DELAY_US = { toRight: 5_000, toLeft: 12_000 };
/** Of the two veth hops, and of this machine's scheduler while something else runs. */
const TOLERANCE_NS = 500_000;

/** How long the relay really held the flow's frames: its own wait for a CPU included. */
function heldNs(log: readonly RelayedFrame[], direction: RelayedFrame['direction']): readonly number[] {
  return log
    .filter((frame) => frame.direction === direction && framesOfPort([frame.head], PORT).length > 0)
    .map((frame) => Number(frame.doneNs - frame.arrivalNs))
    .sort((one, other) => one - other);
}

test.each([
  { family: 'IPv4', addresses: { a: '10.77.0.1', b: '10.77.0.2' } },
  { family: 'IPv6', addresses: { a: 'fd77::1', b: 'fd77::2' } },
])('reports the latency of a known delay over $family in each direction', async ({ addresses }) => {
  const { a, b, relay } = await twoHostsWithRelay({ delayUs: DELAY_US, headBytes: 256 });
  const sinks = { a: await a.sink(), b: await b.sink() };
  await a.source();
  await b.source();
  const receivers = {
    a: await steadyReceiver(a, { host: addresses.a, port: PORT }),
    b: await steadyReceiver(b, { host: addresses.b, port: PORT }),
  };
  const pace = { port: PORT, count: COUNT, rate: 1000, bytes: 100 };
  await Promise.all([sendSteady(a, { host: addresses.b, ...pace }), sendSteady(b, { host: addresses.a, ...pace })]);
  await receivers.a.received(COUNT);
  await receivers.b.received(COUNT);
  const whole = { protocol: 'udp', destinationPort: PORT, packets: COUNT };
  const describe = `${COUNT} packets at the sink`;
  const there = await waitFor(() => sinks.b.flow(whole), { describe });
  const back = await waitFor(() => sinks.a.flow(whole), { describe });

  const log = await relay.stop();
  for (const { flow, direction } of [
    { flow: there, direction: 'toRight' },
    { flow: back, direction: 'toLeft' },
  ] as const) {
    const held = heldNs(log, direction);
    expect(held).toHaveLength(COUNT);
    const { latencyNs: latency, negative } = flow;
    expect(latency).not.toBeNull();
    if (latency === null) continue;
    expect(negative).toBe(0);
    expect(latency.min).toBeGreaterThanOrEqual(DELAY_US[direction] * 1000);
    expect(latency.min).toBeLessThan((held[0] ?? 0) + TOLERANCE_NS);
    const medianNs = held[COUNT / 2] ?? 0;
    expect(latency.p50).toBeGreaterThan(medianNs * 0.99);
    expect(latency.p50).toBeLessThan(medianNs * 1.02 + TOLERANCE_NS);
    expect(latency.max).toBeGreaterThanOrEqual(held[COUNT - 1] ?? 0);
  }
});
