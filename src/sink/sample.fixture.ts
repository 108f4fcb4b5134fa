/** Perf samples as the sink program sends them and chunks as the reader hands them on, for tests. */
import {
  abiLimit,
  OFFSETOF_batch,
  sampleKind,
  SIZEOF_flow_sample,
  SIZEOF_record,
  writeFlowSample,
  writeRecord,
  writeSampleHeader,
  type FlowKeyStruct,
  type RecordStruct,
} from '../abi/layout.gen.ts';
import { parseAddress } from '../base/address.ts';

export const plainRecord: RecordStruct = {
  arrivalNs: 0n,
  latencyNs: 1000n,
  flowId: 1,
  sequence: 0,
  epoch: 1,
  stream: 0,
  bytes: 100,
  flags: 0,
  segments: 1,
};

export function flowKey(source: string, sourcePort: number, protocol = 6): FlowKeyStruct {
  const destination = source.includes(':') ? '2001:db8::2' : '10.0.0.2';
  return {
    source: parseAddress(source) ?? new Uint8Array(16),
    destination: parseAddress(destination) ?? new Uint8Array(16),
    sourcePort,
    destinationPort: 443,
    protocol,
  };
}

export function batchSample(cpu: number, firstRecord: number, records: readonly RecordStruct[]): Uint8Array {
  const size = OFFSETOF_batch.records + records.length * SIZEOF_record;
  const view = new DataView(new ArrayBuffer(size));
  writeSampleHeader(view, 0, { version: abiLimit.ABI_VERSION, kind: sampleKind.SAMPLE_KIND_BATCH, size });
  view.setUint32(OFFSETOF_batch.count, records.length, true);
  view.setUint32(OFFSETOF_batch.cpu, cpu, true);
  view.setBigUint64(OFFSETOF_batch.firstRecord, BigInt(firstRecord), true);
  records.forEach((record, index) => writeRecord(view, OFFSETOF_batch.records + index * SIZEOF_record, record));
  return new Uint8Array(view.buffer);
}

export function flowSample(flowId: number, key: FlowKeyStruct, sourceNodeId = 2, interfaceIndex = 5): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZEOF_flow_sample));
  const header = { version: abiLimit.ABI_VERSION, kind: sampleKind.SAMPLE_KIND_FLOW, size: SIZEOF_flow_sample };
  writeFlowSample(view, 0, { header, key, flowId, sourceNodeId, interfaceIndex });
  return new Uint8Array(view.buffer);
}

/** Like perf, pads a sample to an odd number of words: 8n + 4 bytes, the last of them garbage. */
export function chunkOf(samples: readonly Uint8Array[]): Uint8Array {
  const parts = samples.map((sample) => {
    const size = Math.ceil((sample.length + 4) / 8) * 8 - 4;
    const part = new Uint8Array(8 + Math.ceil(size / 8) * 8).fill(0xa5);
    const view = new DataView(part.buffer);
    view.setUint32(0, 0, true);
    view.setUint32(4, size, true);
    part.set(sample, 8);
    return part;
  });
  const chunk = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    chunk.set(part, offset);
    offset += part.length;
  }
  return chunk;
}
