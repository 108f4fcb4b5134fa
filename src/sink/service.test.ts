import { describe, expect, it } from 'vitest';
import { SinkClock } from './clock.ts';
import type { FlowDescriptor } from './decode.ts';
import { liveMessageSchema, statusSchema } from './messages.ts';
import { batchSample, chunkOf, flowKey, flowSample, plainRecord } from './sample.fixture.ts';
import { SinkService } from './service.ts';
import { summarize } from './summary.ts';

const MS = 1_000_000n;
const START = 1_764_000_037_000_000_000n;

describe('SinkService', () => {
  it('leads samples to flows, windows, peers and telemetry counts', () => {
    const { service, clock } = started();
    clock.ns = START + 100n * MS;
    receive(service, [flowSample(1, flowKey('10.0.0.1', 5000)), batchSample(0, 0, burst(START + 90n * MS, 10))]);
    clock.ns = START + 200n * MS;
    receive(service, [batchSample(0, 15, burst(START + 190n * MS, 1, 10))]);
    clock.ns = START + 3_000n * MS;
    service.tick();
    const status = statusSchema.parse(service.status());
    expect(status).toMatchObject({
      interfaces: [{ name: 'eth5', mode: 'native' }],
      counters: { stripped: 11 },
      telemetry: { records: 11, lost: 5 },
      peers: [{ nodeId: 2, packets: 11, lost: 0, lastSeen: '1764000000190000000' }],
    });
    expect(service.flows({ sort: 'packets', limit: 10, filter: '' })).toMatchObject({
      known: 1,
      matching: 1,
      flows: [
        {
          source: '10.0.0.1',
          destination: '10.0.0.2',
          sourcePort: 5000,
          destinationPort: 443,
          protocol: 'tcp',
          interface: 'eth5',
          packets: 11,
          firstSeen: '1764000000090000000',
          window: { startMs: 1_764_000_001_000, packets: 0 },
        },
      ],
    });
    expect(service.series(null).windows.map(({ startMs, packets }) => [startMs, packets])).toEqual([
      [1_764_000_000_000, 11],
      [1_764_000_001_000, 0],
    ]);
  });

  it('puts records of two CPUs in order before it judges their sequence', () => {
    const { service, clock } = started();
    const at = (index: number) => START + BigInt(index) * 10_000n;
    const all = Array.from({ length: 64 }, (_, index) => ({ ...plainRecord, sequence: index, arrivalNs: at(index) }));
    clock.ns = START + 5n * MS;
    receive(service, [batchSample(1, 0, all.slice(32))]);
    clock.ns = START + 15n * MS;
    receive(service, [batchSample(0, 0, all.slice(0, 32))]);
    clock.ns = START + 200n * MS;
    service.tick();
    expect(service.engine.totals()).toMatchObject({ packets: 64, lost: 0, reordered: 0 });
  });

  it('asks the kernel for a flow whose description was lost', () => {
    const { service, clock, kernelFlows } = started();
    receive(service, [batchSample(0, 0, burst(START, 3))]);
    clock.ns = START + 500n * MS;
    service.tick();
    kernelFlows.push({ flowId: 1, key: flowKey('10.0.0.7', 1), sourceNodeId: 2, interfaceIndex: 5 });
    expect(service.flows({ sort: 'packets', limit: 10, filter: '' }).known).toBe(0);
    clock.ns = START + 1_600n * MS;
    service.tick();
    expect(service.flows({ sort: 'packets', limit: 10, filter: '' }).flows).toMatchObject([
      { source: '10.0.0.7', packets: 3 },
    ]);
    expect(service.status().service).toMatchObject({ flows_unresolved: 0 });
  });

  it('filters by any text of a flow and sorts by any measure', () => {
    const { service, clock } = started();
    const samples = [1, 2, 3].map((id) =>
      flowSample(id, flowKey(id === 3 ? '2001:db8::1' : '10.0.0.1', 5000 + id, id === 2 ? 17 : 6)),
    );
    const records = [1, 2, 2, 3, 3, 3].map((flowId, index) => {
      return {
        ...plainRecord,
        flowId,
        sequence: index,
        stream: flowId,
        arrivalNs: START + BigInt(index),
        latencyNs: BigInt(4 - flowId),
      };
    });
    receive(service, [...samples, batchSample(0, 0, records)]);
    clock.ns = START + 1_300n * MS;
    service.tick();
    const ports = (query: Partial<Parameters<SinkService['flows']>[0]>): number[] =>
      service.flows({ sort: 'packets', limit: 10, filter: '', ...query }).flows.map(({ sourcePort }) => sourcePort);
    expect(ports({})).toEqual([5003, 5002, 5001]);
    expect(ports({ sort: 'p99' })).toEqual([5001, 5002, 5003]);
    expect(ports({ sort: 'rate', limit: 1 })).toEqual([5003]);
    expect(ports({ sort: 'lastSeen' })).toEqual([5003, 5002, 5001]);
    expect(ports({ filter: 'UDP' })).toEqual([5002]);
    expect(ports({ filter: '2001:DB8' })).toEqual([5003]);
    expect(ports({ filter: '10.0.0.1:5001' })).toEqual([5001]);
    expect(ports({ filter: 'nothing' })).toEqual([]);
  });

  it('makes a live message of each closed window, and tells a flow in detail', () => {
    const { service, clock } = started();
    receive(service, [flowSample(1, flowKey('10.0.0.1', 5000)), batchSample(0, 0, burst(START, 4))]);
    clock.ns = START + 2_200n * MS;
    service.tick();
    const messages = service.windowMessages(2).map((message) => liveMessageSchema.parse(message));
    expect(messages).toMatchObject([
      { total: { startMs: 1_764_000_000_000, packets: 4 }, flows: [{ packets: 4 }] },
      { total: { startMs: 1_764_000_001_000, packets: 0 }, sentMs: 1_764_000_002_200 },
    ]);
    const [{ id } = { id: '' }] = service.flows({ sort: 'packets', limit: 1, filter: '' }).flows;
    expect(service.flow(id)).toMatchObject({ histogram: { lowerNs: [1000], count: [4] }, windows: [{ packets: 4 }] });
    expect(service.windowAt(id, 1_764_000_000_000)).toMatchObject({ packets: 4 });
    expect(service.windowAt(id, 1_764_000_001_000)).toMatchObject({ packets: 0, latencyNs: null });
    expect(service.windowAt('unknown', 1_764_000_001_000)).toBeNull();
    expect(service.flow('unknown')).toBeUndefined();
  });

  it('survives damaged samples and says how many there were', () => {
    const { service } = started();
    const damaged = batchSample(0, 0, burst(START, 1));
    damaged[0] = 99;
    receive(service, [damaged]);
    service.receive({ data: new Uint8Array([1, 2, 3]), lostSamples: 4, flushFailures: 1 });
    expect(service.status().service).toMatchObject({
      samples_version: 1,
      samples_truncated: 1,
      samples_lost: 4,
      flush_failures: 1,
    });
  });

  it('sums up like ping when it ends, with what was still held back', () => {
    const { service } = started();
    receive(service, [flowSample(1, flowKey('10.0.0.1', 5000)), batchSample(0, 0, burst(START, 4))]);
    service.finish();
    expect(summarize(service).split('\n')).toEqual([
      '--- hostint sink on eth5, node 3 ---',
      '4 packets received, 0 lost (0.000 %), 0 reordered, 0 duplicates, time 0.0 s',
      'latency min/mean/p50/p99/max = 0.001/0.001/0.001/0.001/0.001 ms',
      'telemetry: 4 records, 0 lost',
      'stripped: 11',
      '',
    ]);
  });
});

function started() {
  const clock = { ns: START };
  const kernelFlows: FlowDescriptor[] = [];
  const service = new SinkService({
    version: '0.1.0',
    nodeId: 3,
    encap: 'ip-udp',
    intPort: 33_122,
    maxFlows: 1000,
    clock: new SinkClock((name) => (name === 'tai' ? clock.ns : name === 'realtime' ? clock.ns - 37_000n * MS : 0n)),
    kernel: {
      interfaces: () => [{ name: 'eth5', mode: 'native' }],
      interfaceName: (index) => `eth${index}`,
      counters: () => ({ stripped: 11, not_int: 0 }),
      flows: () => kernelFlows,
      failure: () => undefined,
    },
  });
  return { service, clock, kernelFlows };
}

function receive(service: SinkService, samples: readonly Uint8Array[]): void {
  service.receive({ data: chunkOf(samples), lostSamples: 0, flushFailures: 0 });
}

function burst(arrivalNs: bigint, count: number, firstSequence = 0) {
  return Array.from({ length: count }, (_, index) => ({ ...plainRecord, sequence: firstSequence + index, arrivalNs }));
}
