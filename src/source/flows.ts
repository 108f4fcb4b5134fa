/** The program's flow map as the API tells it. Pure: bytes in, objects out. */
import { readFlowKey, readSourceFlow, SIZEOF_flow_key, sourceFlowOutcome } from '../abi/layout.gen.ts';
import { formatAddress } from '../base/address.ts';
import { protocolName } from '../base/protocols.ts';
import type { SourceFlow, SourceStatus } from './messages.ts';

export type FlowEntries = {
  /** Flow keys, packed. */
  readonly keys: Uint8Array;
  /** For each key all CPUs' values, each at `valueStride` bytes. */
  readonly values: Uint8Array;
  readonly count: number;
  readonly valueStride: number;
  readonly cpus: number;
};

/** Sums each flow over the CPUs; `outcomeNames` are the public names of enum source_outcome by value. */
export function decodeFlows(entries: FlowEntries, outcomeNames: readonly string[]): SourceFlow[] {
  const keys = new DataView(entries.keys.buffer, entries.keys.byteOffset, entries.keys.byteLength);
  const values = new DataView(entries.values.buffer, entries.values.byteOffset, entries.values.byteLength);
  return Array.from({ length: entries.count }, (_, index) => {
    const key = readFlowKey(keys, index * SIZEOF_flow_key);
    const perCpu = Array.from({ length: entries.cpus }, (_, cpu) =>
      readSourceFlow(values, (index * entries.cpus + cpu) * entries.valueStride),
    );
    const sum = (amounts: readonly bigint[]): number => Number(amounts.reduce((total, amount) => total + amount, 0n));
    const skipped = outcomeNames.slice(sourceFlowOutcome.SOURCE_FLOW_OUTCOME_FIRST).map((name, reason) => {
      return [name, sum(perCpu.map((flow) => flow.skipped[reason] ?? 0n))] as const;
    });
    return {
      source: formatAddress(key.source),
      destination: formatAddress(key.destination),
      sourcePort: key.sourcePort,
      destinationPort: key.destinationPort,
      protocol: protocolName(key.protocol),
      packets: sum(perCpu.map((flow) => flow.packets)),
      bytes: sum(perCpu.map((flow) => flow.bytes)),
      stamped: sum(perCpu.map((flow) => flow.stamped)),
      skipped: Object.fromEntries(skipped.filter(([, amount]) => amount > 0)),
    };
  });
}

/** One line a destination address, busiest first. */
export function peersOf(flows: readonly SourceFlow[]): SourceStatus['peers'] {
  const peers = new Map<string, { address: string; packets: number; stamped: number }>();
  for (const flow of flows) {
    const peer = peers.get(flow.destination) ?? { address: flow.destination, packets: 0, stamped: 0 };
    peer.packets += flow.packets;
    peer.stamped += flow.stamped;
    peers.set(flow.destination, peer);
  }
  return [...peers.values()].sort((left, right) => right.packets - left.packets);
}
