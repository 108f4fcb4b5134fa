import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIZEOF_flow_key, SIZEOF_record, SIZEOF_sink_flow, writeFlowKey, writeSinkFlow } from '../abi/layout.gen.ts';
import { decodeFlowEntries, RecordCursor, SampleDecoder, type Batch, type FlowDescriptor } from './decode.ts';
import { batchSample, chunkOf, flowKey, flowSample, plainRecord } from './sample.fixture.ts';

describe('SampleDecoder', () => {
  it('hands on batches and flows in their order', () => {
    const key = flowKey('10.0.0.1', 5000);
    const { batches, flows, decoder } = decode([
      flowSample(7, key, 2, 9),
      batchSample(1, 0, [{ ...plainRecord, flowId: 7 }, plainRecord]),
      batchSample(0, 0, [plainRecord]),
    ]);
    expect(flows).toEqual([{ flowId: 7, key, sourceNodeId: 2, interfaceIndex: 9 }]);
    expect(batches.map(({ cpu, count }) => ({ cpu, count }))).toEqual([
      { cpu: 1, count: 2 },
      { cpu: 0, count: 1 },
    ]);
    expect(decoder.records).toBe(3);
    expect(decoder.lost).toBe(0);
  });

  it('counts exactly the records that the running number skips, per CPU and from the very first', () => {
    const { batches, decoder } = decode([
      batchSample(0, 3, [plainRecord]),
      batchSample(1, 0, [plainRecord]),
      batchSample(0, 4, [plainRecord]),
      batchSample(0, 37, [plainRecord]),
      batchSample(1, 1, []),
      batchSample(1, 11, []),
    ]);
    expect(batches.map(({ lostBefore }) => lostBefore)).toEqual([3, 0, 0, 32, 0, 10]);
    expect(decoder.lost).toBe(45);
  });

  it('takes the loss back when an overtaken batch follows', () => {
    const { batches, decoder } = decode([
      batchSample(0, 2, [plainRecord, plainRecord]),
      batchSample(0, 0, [plainRecord]),
      batchSample(0, 1, [plainRecord]),
      batchSample(0, 4, []),
    ]);
    expect(batches.map(({ firstRecord }) => firstRecord)).toEqual([2, 0, 1, 4]);
    expect(decoder.lost).toBe(0);
    expect(decoder.records).toBe(4);
  });

  it('leaves out a batch whose numbers were there before', () => {
    const { batches, decoder } = decode([batchSample(0, 0, [plainRecord]), batchSample(0, 0, [plainRecord])]);
    expect(batches).toHaveLength(1);
    expect(decoder.malformed.repeated).toBe(1);
  });

  it.each([
    ['version', 0, 2],
    ['kind', 2, 9],
    ['count', 8, 33],
    ['cpu', 13, 0x20],
    ['truncated', 4, 23],
    ['truncated', 8, 2],
    ['truncated', 5, 0xff],
  ] as const)('counts a sample of bad %s and goes on behind it', (reason, offset, value) => {
    const sample = batchSample(0, 0, [plainRecord]);
    sample[offset] = value;
    const { batches, decoder } = decode([sample, batchSample(3, 0, [plainRecord])]);
    expect(batches.map(({ cpu }) => cpu)).toEqual([3]);
    expect({ ...decoder.malformed }).toMatchObject({ [reason]: 1 });
    expect(total(decoder)).toBe(1);
  });

  it('counts every truncated prefix of a chunk and hands on no more than is whole', () => {
    const chunk = chunkOf([flowSample(1, flowKey('10.0.0.1', 1)), batchSample(0, 0, [plainRecord, plainRecord])]);
    const flowBytes = chunkOf([flowSample(1, flowKey('10.0.0.1', 1))]).length;
    for (let bytes = 0; bytes < chunk.length - 8; bytes++) {
      const { batches, flows, decoder } = decodeChunk(chunk.slice(0, bytes));
      expect(batches).toHaveLength(0);
      expect(flows).toHaveLength(bytes >= flowBytes - 4 ? 1 : 0);
      expect(total(decoder)).toBe(
        bytes === 0 || bytes === flowBytes || (bytes > flowBytes - 5 && bytes < flowBytes) ? 0 : 1,
      );
    }
  });

  it('never throws, whatever the bytes, and hands on only what lies inside them', () => {
    const damaged = fc
      .tuple(fc.array(fc.nat(32), { maxLength: 4 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }))
      .map(([counts, hits]) => {
        const chunk = chunkOf(
          counts.map((count) =>
            batchSample(
              0,
              0,
              Array.from({ length: count }, () => plainRecord),
            ),
          ),
        );
        for (const [at, value] of hits) if (chunk.length > 0) chunk[at % chunk.length] = value;
        return chunk;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), damaged), (chunk) => {
        const { batches } = decodeChunk(chunk);
        for (const { view, offset, count } of batches) {
          expect(offset + count * SIZEOF_record).toBeLessThanOrEqual(view.byteLength);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('RecordCursor', () => {
  it('reads every field, latency signed and arrival from its base', () => {
    const baseNs = 1_764_000_037_000_000_000n;
    const cursor = new RecordCursor(baseNs);
    const record = {
      arrivalNs: baseNs + 123_456_789_012n,
      latencyNs: -9_007_199_254_740_991n,
      flowId: 0xffff_ffff,
      sequence: 0xffff_fffe,
      epoch: 65_535,
      stream: 65_534,
      bytes: 65_533,
      flags: 255,
      segments: 254,
    };
    const { batches } = decode([batchSample(0, 0, [record])]);
    for (const { view, offset } of batches) cursor.load(view, offset);
    expect({ ...cursor }).toEqual({ ...record, arrivalNs: 123_456_789_012, latencyNs: -9_007_199_254_740_991 });
  });

  it.each([0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), 4_294_967_296_123n, -4_294_967_295n])(
    'reads a latency of %d ns and an arrival as far from the base exactly',
    (differenceNs) => {
      const baseNs = 1_764_000_037_999_999_999n;
      const cursor = new RecordCursor(baseNs);
      const record = { ...plainRecord, arrivalNs: baseNs + differenceNs, latencyNs: differenceNs };
      for (const { view, offset } of decode([batchSample(0, 0, [record])]).batches) cursor.load(view, offset);
      expect([cursor.arrivalNs, cursor.latencyNs]).toEqual([Number(differenceNs), Number(differenceNs)]);
    },
  );
});

describe('decodeFlowEntries', () => {
  it('reads what the flows map holds', () => {
    const keys = new Uint8Array(2 * SIZEOF_flow_key);
    const values = new Uint8Array(2 * SIZEOF_sink_flow);
    const expected = [3, 4].map((flowId, index): FlowDescriptor => {
      const key = flowKey('2001:db8::1', 5000 + flowId);
      writeFlowKey(new DataView(keys.buffer), index * SIZEOF_flow_key, key);
      const value = { flowId, interfaceIndex: 8, sourceNodeId: 2 };
      writeSinkFlow(new DataView(values.buffer), index * SIZEOF_sink_flow, value);
      return { key, ...value };
    });
    expect(decodeFlowEntries(keys, values, 2)).toEqual(expected);
  });
});

function decode(samples: readonly Uint8Array[]) {
  return decodeChunk(chunkOf(samples));
}

function decodeChunk(chunk: Uint8Array) {
  const decoder = new SampleDecoder();
  const batches: Batch[] = [];
  const flows: FlowDescriptor[] = [];
  decoder.decode(chunk, { batch: (batch) => batches.push(batch), flow: (flow) => flows.push(flow) });
  return { decoder, batches, flows };
}

function total(decoder: SampleDecoder): number {
  return Object.values(decoder.malformed).reduce((sum, count) => sum + count, 0);
}
