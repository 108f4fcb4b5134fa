import { expect, test } from 'vitest';
import type { RelayedFrame } from './relay/relay.ts';
import { framesOfPort } from './stamped.ts';
import { twoHostsWithRelay } from './topology.ts';
import { sendSteady, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7004;
const COUNT = 1000;
const DELAY_US = { toRight: 5_000, toLeft: 12_000 };
/** For the way to the relay and from it, while this machine does something else. */
const TOLERANCE_NS = 500_000;

/** How long the relay held each of the flow's frames, its own wait for a CPU included: no latency is below. */
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
    expect(negative).toBe(0);
    expect(latency).not.toBeNull();
    if (latency === null) continue;
    const [shortestNs = 0, medianNs = 0, longestNs = 0] = [held[0], held[COUNT / 2 - 1], held[COUNT - 1]];
    expect(shortestNs).toBeGreaterThanOrEqual(DELAY_US[direction] * 1000);
    expect(latency.min).toBeGreaterThanOrEqual(shortestNs);
    expect(latency.min).toBeLessThan(shortestNs + TOLERANCE_NS);
    expect(latency.p50).toBeGreaterThanOrEqual(medianNs * 0.99);
    expect(latency.p50).toBeLessThan(medianNs * 1.02 + TOLERANCE_NS);
    expect(latency.max).toBeGreaterThanOrEqual(longestNs);
  }
});
