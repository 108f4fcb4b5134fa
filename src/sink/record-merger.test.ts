import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordCursor, SampleDecoder } from './decode.ts';
import { RecordMerger } from './record-merger.ts';
import { batchSample, chunkOf, plainRecord } from './sample.fixture.ts';

const MS = 1_000_000;

describe('RecordMerger', () => {
  it('holds a chunk until 25 ms later another one shows that the rest has come', () => {
    const { merge, seen, receive } = pipeline();
    receive(0, [batchSample(0, 0, records(1, 3))]);
    merge.tick(60 * MS);
    receive(24 * MS, []);
    expect(seen).toEqual([]);
    receive(25 * MS, []);
    expect(seen).toEqual([1, 3]);
  });

  it('lets go after 100 ms without chunks', () => {
    const { merge, seen, receive } = pipeline();
    receive(0, [batchSample(0, 0, records(1, 3))]);
    merge.tick(99 * MS);
    expect(seen).toEqual([]);
    merge.tick(100 * MS);
    expect(seen).toEqual([1, 3]);
  });

  it('puts a batch that left its CPU late in its place', () => {
    const { seen, receive } = pipeline();
    receive(0, [batchSample(0, 0, records(10, 11, 14, 20))]);
    receive(10 * MS, [batchSample(1, 0, records(12, 13, 30)), batchSample(0, 4, records(25))]);
    receive(25 * MS, []);
    expect(seen).toEqual([10, 11, 12, 13, 14, 20]);
    receive(35 * MS, []);
    expect(seen).toEqual([10, 11, 12, 13, 14, 20, 25, 30]);
  });

  it('puts a batch that an interrupted flush sent second before the other', () => {
    const { merge, seen, receive } = pipeline();
    receive(0, [batchSample(0, 2, records(5, 6)), batchSample(0, 0, records(1, 2))]);
    merge.flush();
    expect(seen).toEqual(['gap', 1, 2, 'end', 5, 6]);
  });

  it('announces a gap at once and ends it where the records go on', () => {
    const { seen, receive } = pipeline();
    receive(0, [batchSample(0, 0, records(1)), batchSample(1, 0, records(2))]);
    receive(10 * MS, [batchSample(0, 5, records(30)), batchSample(1, 1, records(20))]);
    expect(seen).toEqual(['gap']);
    receive(40 * MS, []);
    expect(seen).toEqual(['gap', 1, 2, 20, 'end', 30]);
  });

  it('ends a gap that only an empty batch tells of', () => {
    const { merge, seen, receive } = pipeline();
    receive(0, [batchSample(0, 4, [])]);
    merge.tick(100 * MS);
    expect(seen).toEqual(['gap', 'end']);
    receive(200 * MS, [batchSample(0, 4, records(7))]);
    merge.flush();
    expect(seen).toEqual(['gap', 'end', 7]);
  });

  it('does not wait for a time from before the clock was set back', () => {
    const { merge, seen, receive } = pipeline();
    receive(0, [batchSample(0, 0, records(1_000_000, 5, 6))]);
    merge.tick(100 * MS);
    expect(seen).toEqual([1_000_000, 5, 6]);
  });

  it('orders any spread over CPUs and chunks, as long as it comes within the hold', () => {
    const spread = fc.array(fc.record({ cpu: fc.nat(3), flush: fc.nat(9) }), { maxLength: 200 });
    fc.assert(
      fc.property(spread, (arrivals) => {
        const { merge, seen, receive } = pipeline();
        const staged = new Map<number, number[]>();
        const sent = new Map<number, number>();
        let chunk: Uint8Array[] = [];
        const send = (cpu: number): void => {
          const batch = staged.get(cpu) ?? [];
          const first = sent.get(cpu) ?? 0;
          chunk.push(batchSample(cpu, first, records(...batch)));
          sent.set(cpu, first + batch.length);
          staged.set(cpu, []);
        };
        arrivals.forEach(({ cpu, flush }, index) => {
          const batch = staged.get(cpu) ?? [];
          staged.set(cpu, batch);
          batch.push(index);
          if (batch.length === 8) send(cpu);
          if (flush > 0) return;
          for (const other of staged.keys()) send(other);
          receive(index * MS, chunk);
          chunk = [];
        });
        for (const other of staged.keys()) send(other);
        receive(1000 * MS, chunk);
        merge.flush();
        const times = arrivals.map((_, index) => index);
        expect([...seen].sort((a, b) => Number(a) - Number(b))).toEqual(times);
        expect(seen).toEqual(times);
      }),
    );
  });
});

function records(...arrivals: readonly number[]) {
  return arrivals.map((arrival) => ({ ...plainRecord, arrivalNs: BigInt(arrival) }));
}

function pipeline() {
  const seen: (number | 'gap' | 'end')[] = [];
  const cursor = new RecordCursor(0n);
  const decoder = new SampleDecoder();
  const merge = new RecordMerger(cursor, {
    record: () => seen.push(cursor.arrivalNs),
    gapBegin: () => seen.push('gap'),
    gapEnd: () => seen.push('end'),
  });
  const receive = (nowNs: number, samples: readonly Uint8Array[]): void => {
    decoder.decode(chunkOf(samples), { batch: (batch) => merge.push(batch), flow: () => {} });
    merge.chunkReceived(nowNs);
  };
  return { merge, seen, receive };
}
