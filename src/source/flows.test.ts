import { describe, expect, it } from 'vitest';
import {
  SIZEOF_flow_key,
  SIZEOF_source_flow,
  sourceOutcome,
  writeFlowKey,
  writeSourceFlow,
  type SourceFlowStruct,
} from '../abi/layout.gen.ts';
import { parseAddress } from '../base/address.ts';
import { counterNames } from '../base/counters.ts';
import { decodeFlows, peersOf } from './flows.ts';

const names = counterNames(sourceOutcome);
const idle: SourceFlowStruct = {
  generation: 0,
  sequence: 0,
  stream: 0,
  entropyPort: 0,
  packets: 0n,
  bytes: 0n,
  stamped: 0n,
  lastSeenNs: 0n,
  skipped: [0n, 0n, 0n, 0n, 0n],
};

function entry(destination: string, perCpu: readonly SourceFlowStruct[]): { keys: Uint8Array; values: Uint8Array } {
  const keys = new Uint8Array(SIZEOF_flow_key);
  const values = new Uint8Array(SIZEOF_source_flow * perCpu.length);
  writeFlowKey(new DataView(keys.buffer), 0, {
    source: parseAddress('10.0.0.1') ?? new Uint8Array(16),
    destination: parseAddress(destination) ?? new Uint8Array(16),
    sourcePort: 40000,
    destinationPort: 443,
    protocol: 6,
  });
  perCpu.forEach((flow, cpu) => writeSourceFlow(new DataView(values.buffer), cpu * SIZEOF_source_flow, flow));
  return { keys, values };
}

describe('decodeFlows', () => {
  const busy = { ...idle, packets: 10n, bytes: 9000n, stamped: 7n, skipped: [0n, 3n, 0n, 0n, 0n] };
  const more = { ...idle, packets: 5n, bytes: 500n, stamped: 4n, skipped: [0n, 0n, 0n, 0n, 1n] };

  it('sums a flow over its CPUs and names why packets were skipped', () => {
    const entries = { ...entry('10.0.0.2', [busy, more]), count: 1, valueStride: SIZEOF_source_flow, cpus: 2 };
    expect(decodeFlows(entries, names)).toEqual([
      {
        source: '10.0.0.1',
        destination: '10.0.0.2',
        sourcePort: 40000,
        destinationPort: 443,
        protocol: 'tcp',
        packets: 15,
        bytes: 9500,
        stamped: 11,
        skipped: { no_room: 3, helper_failed: 1 },
      },
    ]);
  });

  it('adds flows up by destination', () => {
    const one = entry('10.0.0.2', [busy, more]);
    const [flow] = decodeFlows({ ...one, count: 1, valueStride: SIZEOF_source_flow, cpus: 2 }, names);
    expect(flow).toBeDefined();
    if (flow === undefined) return;
    const other = { ...flow, destination: '10.0.0.3', packets: 40, stamped: 40 };
    expect(peersOf([flow, other, flow])).toEqual([
      { address: '10.0.0.3', packets: 40, stamped: 40 },
      { address: '10.0.0.2', packets: 30, stamped: 22 },
    ]);
  });
});
