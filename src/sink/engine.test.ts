import { describe, expect, it } from 'vitest';
import { recordFlag } from '../abi/layout.gen.ts';
import { RecordCursor, type FlowDescriptor } from './decode.ts';
import { StatsEngine } from './engine.ts';
import { flowId } from './flow-id.ts';
import { flowKey } from './sample.fixture.ts';

const MS = 1_000_000;
const SECOND = 1000 * MS;

describe('StatsEngine', () => {
  it('counts a flow since it began and for each full second', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(100 * MS, { sequence: 1, bytes: 100, latencyNs: 5000 });
    record(900 * MS, { sequence: 2, bytes: 200, latencyNs: -7000 });
    record(1100 * MS, { sequence: 3, bytes: 300, latencyNs: 6000 });
    expect(engine.windows.list()).toMatchObject([
      { startMs: 0, packets: 2, bytes: 300, negative: 1, latencyNs: { min: -7000, max: 5000, mean: -1000 } },
    ]);
    engine.tick(2 * SECOND + 149 * MS);
    expect(engine.closedWindows).toBe(1);
    engine.tick(2 * SECOND + 150 * MS);
    expect(flowOf(engine, first)?.windows.list()).toMatchObject([
      { startMs: 0, packets: 2 },
      { startMs: 1000, packets: 1, bytes: 300, negative: 0 },
    ]);
    expect(flowOf(engine, first)?.measures()).toMatchObject({ packets: 3, bytes: 600, negative: 1, lost: 0 });
  });

  it('closes seconds without packets as zero windows of all traffic and of an idle flow', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(100 * MS, { sequence: 1 });
    engine.tick(4 * SECOND + 200 * MS);
    expect(engine.windows.list().map(({ startMs, packets, latencyNs }) => [startMs, packets, latencyNs?.max])).toEqual([
      [0, 1, 1000],
      [1000, 0, undefined],
      [2000, 0, undefined],
      [3000, 0, undefined],
    ]);
    const flow = flowOf(engine, first);
    expect(flow?.windows.list()).toHaveLength(1);
    expect(flow && engine.lastWindowOf(flow)).toMatchObject({ startMs: 3000, packets: 0, latencyNs: null });
  });

  it('tells no window of a flow that began in the current second', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(1500 * MS, { sequence: 1 });
    const flow = flowOf(engine, first);
    expect(flow && engine.lastWindowOf(flow)).toBeNull();
  });

  it('counts a record of a closed second in the open one', () => {
    const { engine, record } = started();
    record(1100 * MS, { sequence: 1 });
    record(950 * MS, { sequence: 2 });
    engine.tick(2200 * MS);
    expect(engine.windows.list().map(({ packets }) => packets)).toEqual([0, 2]);
    expect(engine.counts.records_late).toBe(1);
  });

  it('opens no window beyond its own clock, whatever time a record claims', () => {
    const { engine, record } = started();
    engine.setNow(1500 * MS);
    record(9_000_000 * SECOND, { sequence: 1 }, false);
    expect(engine.closedWindows).toBe(1);
  });

  it('keeps to as many empty windows as it remembers when the clock is set far ahead', () => {
    const { engine } = started();
    engine.tick(10_000_000 * SECOND);
    expect(engine.closedWindows).toBeLessThanOrEqual(902);
    expect(engine.windows.newest()?.startMs).toBe(9_999_998_000);
  });

  it('attributes loss to the window in which it was found', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(100 * MS, { sequence: 1 });
    record(200 * MS, { sequence: 5 });
    engine.tick(1400 * MS);
    engine.tick(2200 * MS);
    expect(engine.windows.list().map(({ packets, lost }) => [packets, lost])).toEqual([
      [2, 0],
      [0, 3],
    ]);
    expect(flowOf(engine, first)?.measures().lost).toBe(3);
    expect(engine.peers.list()).toMatchObject([[2, { packets: 2, lost: 3 }]]);
  });

  it('takes a loss back from the total when the packet comes after all, and shows no negative window', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(100 * MS, { sequence: 1 });
    record(200 * MS, { sequence: 3 });
    engine.tick(1400 * MS);
    engine.tick(2200 * MS);
    expect(engine.totals().lost).toBe(1);
    record(2300 * MS, { sequence: 2 });
    engine.tick(3200 * MS);
    expect(engine.totals().lost).toBe(0);
    expect(engine.windows.list().map(({ lost }) => lost)).toEqual([0, 1, 0]);
  });

  it('reads a new epoch as a restart, not as loss', () => {
    const { engine, record } = started();
    record(1 * MS, { sequence: 1000, epoch: 1 });
    record(2 * MS, { sequence: 0, epoch: 2 });
    record(3 * MS, { sequence: 1, epoch: 2 });
    engine.tick(3 * SECOND);
    expect(engine.totals()).toMatchObject({ packets: 3, lost: 0, reordered: 0, duplicates: 0 });
  });

  it('numbers each stream of a flow by itself', () => {
    const { engine, record } = started();
    for (let sequence = 0; sequence < 10; sequence++) {
      record((1 + sequence) * MS, { sequence, stream: 0 });
      record((1 + sequence) * MS, { sequence: sequence + 5_000_000, stream: 1 });
    }
    engine.tick(3 * SECOND);
    expect(engine.totals()).toMatchObject({ packets: 20, lost: 0, reordered: 0 });
  });

  it('leaves duplicates out of packets, bytes and latency', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(1 * MS, { sequence: 1, latencyNs: 1000 });
    record(2 * MS, { sequence: 1, latencyNs: 90_000 });
    expect(flowOf(engine, first)?.measures()).toMatchObject({
      packets: 1,
      bytes: 100,
      duplicates: 1,
      latencyNs: { max: 1000 },
      jitterNs: null,
    });
  });

  it('makes nothing of fields that a record marks as void', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    const flags = recordFlag.RECORD_NO_SEQUENCE | recordFlag.RECORD_NO_LATENCY;
    for (const sequence of [9, 9, 100, 3]) record(1 * MS, { sequence, flags, latencyNs: 123 });
    engine.tick(3 * SECOND);
    const expected = { packets: 4, lost: 0, reordered: 0, duplicates: 0, latencyNs: null };
    expect(flowOf(engine, first)?.measures()).toMatchObject(expected);
  });

  it('counts the packets of a shared stamp one by one', () => {
    const { engine, record } = started();
    const shared = { sequence: 40, segments: 4, flags: recordFlag.RECORD_SHARED_STAMP };
    for (let packet = 0; packet < 3; packet++) record(1 * MS, shared);
    record(2 * MS, { sequence: 44 });
    engine.tick(1500 * MS);
    expect(engine.totals()).toMatchObject({ packets: 4, bytes: 400, lost: 1, duplicates: 0 });
  });

  it('keeps records of an unknown flow and gives them to the flow once it is described', () => {
    const { engine, record, first } = started();
    record(100 * MS, { sequence: 1 });
    record(1100 * MS, { sequence: 3 });
    expect([...engine.flows.list()]).toEqual([]);
    expect(engine.counts.flows_unresolved).toBe(1);
    engine.describe(first, 1200 * MS);
    record(1300 * MS, { sequence: 4 });
    engine.tick(3 * SECOND);
    engine.tick(5 * SECOND);
    expect(engine.counts.flows_unresolved).toBe(0);
    expect(flowOf(engine, first)?.measures()).toMatchObject({ packets: 3, lost: 1 });
    expect(engine.peers.list()).toMatchObject([[2, { packets: 3, lost: 1 }]]);
  });

  it('shows one flow where the kernel gave the same 5-tuple a new id', () => {
    const { engine, record, first } = started();
    engine.describe(first, 0);
    record(100 * MS, { sequence: 1, flowId: 1 });
    record(1100 * MS, { sequence: 2, flowId: 9 });
    record(1200 * MS, { sequence: 3, flowId: 9 });
    engine.describe({ ...first, flowId: 9 }, 1250 * MS);
    record(1300 * MS, { sequence: 4, flowId: 9 });
    record(1400 * MS, { sequence: 6, flowId: 1 });
    engine.tick(2200 * MS);
    expect([...engine.flows.list()]).toHaveLength(1);
    expect(flowOf(engine, first)?.measures()).toMatchObject({ packets: 5, duplicates: 0 });
    expect(engine.windows.list().map(({ packets }) => packets)).toEqual([1, 4]);
    expect(engine.totals().packets).toBe(5);
  });

  it('drops the flow unseen for longest when there are too many, but not its packets from the totals', () => {
    const { engine, record } = started(3);
    const flows = [1, 2, 3, 4].map((id): FlowDescriptor => descriptor(id));
    for (const flow of flows.slice(0, 3)) engine.describe(flow, 0);
    record(100 * MS, { flowId: 1 });
    record(200 * MS, { flowId: 2 });
    record(300 * MS, { flowId: 3 });
    record(1100 * MS, { flowId: 1, sequence: 1 });
    engine.describe(descriptor(4), 1200 * MS);
    record(1200 * MS, { flowId: 4 });
    engine.tick(2200 * MS);
    expect(flows.map((flow) => flowOf(engine, flow) !== undefined)).toEqual([true, false, true, true]);
    expect(engine.counts.flows_evicted).toBe(1);
    expect(engine.totals().packets).toBe(5);
  });

  it('calls numbers unknown that lost telemetry may hide, in every stream and until the gap has ended', () => {
    const { engine, record } = started();
    record(1 * MS, { sequence: 1 });
    record(1 * MS, { sequence: 1, stream: 1 });
    engine.gapBegin();
    record(2 * MS, { sequence: 10 });
    record(3 * MS, { sequence: 20 });
    engine.gapEnd();
    record(4 * MS, { sequence: 30 });
    record(5 * MS, { sequence: 7, stream: 1 });
    record(6 * MS, { sequence: 5, stream: 2 });
    record(7 * MS, { sequence: 9, stream: 2 });
    engine.tick(3 * SECOND);
    expect(engine.totals().lost).toBe(0);
    expect(engine.counts.numbers_unknown).toBe(8 + 9 + 9 + 5 + 3);
  });

  it('follows a bounded number of streams of a flow, without inventing loss', () => {
    const { engine, record } = started();
    for (let round = 0; round < 3; round++) {
      for (let stream = 0; stream < 200; stream++) record((round + 1) * MS, { stream, sequence: round * 10 });
    }
    engine.tick(3 * SECOND);
    expect(engine.totals()).toMatchObject({ packets: 600, lost: 0 });
  });
});

function started(maxFlows = 100) {
  const engine = new StatsEngine({ maxFlows, startNs: 0, unixMs: (timeNs) => timeNs / MS });
  const cursor = new RecordCursor(0n);
  const record = (arrivalNs: number, fields: Partial<RecordCursor>, clocked = true): void => {
    const plain = { latencyNs: 1000, flowId: 1, sequence: 0, epoch: 1, stream: 0, bytes: 100, flags: 0, segments: 1 };
    Object.assign(cursor, plain, fields, { arrivalNs });
    if (clocked) engine.setNow(arrivalNs);
    engine.record(cursor);
  };
  return { engine, record, first: descriptor(1) };
}

function descriptor(id: number): FlowDescriptor {
  return { flowId: id, key: flowKey('10.0.0.1', 5000 + id), sourceNodeId: 2, interfaceIndex: 5 };
}

function flowOf(engine: StatsEngine, flow: FlowDescriptor) {
  return engine.flows.get(flowId(flow));
}
