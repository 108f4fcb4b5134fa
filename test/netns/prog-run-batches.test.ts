/** Records on their way out of the kernel: batches through the perf array, full and flushed, none lost or doubled. */
import { afterEach, describe, expect, it } from 'vitest';
import { PerfReader, type SampleChunk } from '../../native/index.ts';
import {
  abiLimit,
  OFFSETOF_batch,
  readFlowSample,
  readRecord,
  readSampleHeader,
  sampleKind,
  SIZEOF_flow_sample,
  SIZEOF_record,
  type FlowSampleStruct,
  type RecordStruct,
} from '../../src/abi/layout.gen.ts';
import { formatAddress } from '../../src/base/address.ts';
import { ipv4, payload, stamped4, udp } from './frames.ts';
import { SinkProgram } from './programs.ts';
import { waitFor } from './wait.ts';

type Batch = { readonly cpu: number; readonly firstRecord: bigint; readonly records: readonly RecordStruct[] };

let close = (): void => undefined;
afterEach(() => close());

/** What arrives while the sink's program runs, read without the product's decoder. */
function reading(flush: boolean) {
  const sink = new SinkProgram();
  const batches: Batch[] = [];
  const flows: FlowSampleStruct[] = [];
  const reader = new PerfReader(sink.object.map('samples'), {
    pagesPerCpu: 64,
    watermarkBytes: 1 << 16,
    intervalMs: 10,
    maxQueuedBytes: 1 << 24,
    ...(flush ? { flush: sink.object.program('sink_flush') } : {}),
    onSamples: (chunk) => collect(chunk, batches, flows),
  });
  close = () => {
    reader.close();
    sink.object.close();
  };
  return { sink, batches, flows, records: () => batches.flatMap((batch) => batch.records) };
}

function collect({ data }: SampleChunk, batches: Batch[], flows: FlowSampleStruct[]): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const header = readSampleHeader(view, start);
    expect(header.version).toBe(abiLimit.ABI_VERSION);
    expect(header.size).toBeLessThanOrEqual(size);
    if (header.kind === sampleKind.SAMPLE_KIND_FLOW) {
      expect(header.size).toBe(SIZEOF_flow_sample);
      flows.push(readFlowSample(view, start));
    } else {
      const count = view.getUint32(start + OFFSETOF_batch.count, true);
      expect(header.size).toBe(OFFSETOF_batch.records + count * SIZEOF_record);
      batches.push({
        cpu: view.getUint32(start + OFFSETOF_batch.cpu, true),
        firstRecord: view.getBigUint64(start + OFFSETOF_batch.firstRecord, true),
        records: Array.from({ length: count }, (_, index) =>
          readRecord(view, start + OFFSETOF_batch.records + index * SIZEOF_record),
        ),
      });
    }
    at = start + Math.ceil(size / 8) * 8;
  }
}

const frame = (sequence: number, port = 40_001): Uint8Array =>
  stamped4(ipv4(udp(payload(8), port)), { sourceWords: [sequence, (9 << 16) | 3] });

describe('records leave the kernel', () => {
  it('in full batches as they fill', async () => {
    const { sink, batches } = reading(false);
    for (let sequence = 0; sequence < 200; sequence++) sink.run(frame(sequence));
    const full = Math.floor(200 / abiLimit.BATCH_RECORDS);
    // Test runs may move between CPUs, each of which keeps a part-filled batch.
    await waitFor(() => batches.length >= full - 1, { describe: () => `${batches.length} of ${full} batches` });
    for (const { records } of batches) expect(records).toHaveLength(abiLimit.BATCH_RECORDS);
  });

  it('all of them, once each, when the flush program runs', async () => {
    const { sink, records, flows } = reading(true);
    for (let sequence = 0; sequence < 1000; sequence++) sink.run(frame(sequence));
    await waitFor(() => records().length >= 1000, { describe: () => `${records().length} of 1000 records` });
    expect(
      records()
        .map(({ sequence }) => sequence)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(flows).toHaveLength(1);
    expect(records().every(({ flowId }) => flowId === flows[0]?.flowId)).toBe(true);
    expect(sink.staged()).toEqual([]);
  });

  it('numbered without a gap on each CPU', async () => {
    const { sink, batches, records } = reading(true);
    for (let sequence = 0; sequence < 500; sequence++) sink.run(frame(sequence));
    await waitFor(() => records().length >= 500, { describe: () => `${records().length} of 500 records` });
    const next = new Map<number, bigint>();
    for (const { cpu, firstRecord, records: held } of batches) {
      expect(firstRecord).toBe(next.get(cpu) ?? 0n);
      next.set(cpu, firstRecord + BigInt(held.length));
    }
  });

  it('with who the flow is before its first record', async () => {
    const { sink, flows, records } = reading(true);
    sink.run(frame(1));
    await waitFor(() => records().length === 1, { describe: () => 'the record' });
    const [flow] = flows;
    expect(flow).toMatchObject({ sourceNodeId: 7, flowId: records()[0]?.flowId });
    expect(flow?.key).toMatchObject({ sourcePort: 40_001, destinationPort: 7353, protocol: 17 });
    expect(formatAddress(flow?.key.destination ?? new Uint8Array(16))).toBe('10.77.0.2');
  });
});

describe('when the ring has no room', () => {
  it('exactly the missing records are counted, and an empty batch makes a loss at the end known', async () => {
    // No reader: a perf array without an open event refuses every sample, as a full ring does.
    const sink = new SinkProgram();
    close = () => sink.object.close();
    for (let sequence = 0; sequence < 320; sequence++) sink.run(frame(sequence));
    const staged = sink.staged().length;
    expect(sink.events()).toMatchObject({ records: 320 - staged, records_lost: 320 - staged, flow_samples_lost: 1 });

    const batches: Batch[] = [];
    const reader = new PerfReader(sink.object.map('samples'), {
      pagesPerCpu: 8,
      watermarkBytes: 4096,
      intervalMs: 10,
      maxQueuedBytes: 1 << 20,
      flush: sink.object.program('sink_flush'),
      onSamples: (chunk) => collect(chunk, batches, []),
    });
    close = () => {
      reader.close();
      sink.object.close();
    };
    const accounted = (): bigint =>
      batches.reduce((sum, { firstRecord, records }) => sum + firstRecord + BigInt(records.length), 0n);
    await waitFor(() => accounted() >= 320n, { describe: () => `${accounted()} of 320 records accounted for` });
    expect(accounted()).toBe(320n);
    expect(batches.flatMap(({ records }) => records)).toHaveLength(staged);
  });
});
