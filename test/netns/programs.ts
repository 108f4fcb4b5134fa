/** The built programs, loaded for BPF_PROG_TEST_RUN: no interface, no network. */
import { fileURLToPath } from 'node:url';
import { BpfObject, possibleCpus, type TestRunOptions } from '../../native/index.ts';
import {
  OFFSETOF_batch,
  OFFSETOF_staging,
  readRecord,
  readStaging,
  SIZEOF_batch,
  SIZEOF_record,
  SIZEOF_sink_config,
  SIZEOF_source_config,
  sinkEvent,
  sinkOutcome,
  sourceEvent,
  sourceOutcome,
  writeSinkConfig,
  writeSourceConfig,
  type RecordStruct,
  type SourceConfigStruct,
} from '../../src/abi/layout.gen.ts';
import { counterNames, readCounters } from '../../src/base/counters.ts';

export const XDP_DROP = 1;
export const XDP_PASS = 2;
/** TC_ACT_UNSPEC as the unsigned number that a test run returns. */
export const TC_NEXT = 0xffffffff;

export const sinkOutcomeNames = counterNames(sinkOutcome);
export const sourceOutcomeNames = counterNames(sourceOutcome);

export type Run = { readonly action: number; readonly frame: Uint8Array; readonly outcome: string };

export class SinkProgram {
  readonly object: BpfObject;

  constructor(intPort = 33_122) {
    this.object = BpfObject.open(fileURLToPath(new URL('../../dist/bpf/sink.bpf.o', import.meta.url)));
    this.object.setMaxEntries('staging', possibleCpus());
    this.object.load();
    const config = new Uint8Array(SIZEOF_sink_config);
    const settings = { nodeId: 3, intPort, cpuCount: possibleCpus(), clockOffsetNs: 0n, allowCount: 0 };
    writeSinkConfig(new DataView(config.buffer), 0, settings);
    this.object.map('config').set(new Uint8Array(4), config);
  }

  run(frame: Uint8Array, options?: TestRunOptions): Run {
    const before = outcomes(this.object, sinkOutcomeNames);
    const { returnValue, data } = this.object.program('sink_xdp').testRun(frame, options);
    return { action: returnValue, frame: data, outcome: changed(before, outcomes(this.object, sinkOutcomeNames)) };
  }

  events(): Record<string, number> {
    return readCounters(counterNames(sinkEvent), (index) => this.object.map('events').get(u32(index)));
  }

  /** Records staged on any CPU and not sent yet, oldest first on each. */
  staged(): RecordStruct[] {
    return Array.from({ length: possibleCpus() }, (_, cpu) => {
      const value = this.object.map('staging').get(u32(cpu)) ?? new Uint8Array(0);
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
      const { active } = readStaging(view);
      const batch = OFFSETOF_staging.batches + active * SIZEOF_batch;
      const count = view.getUint32(batch + OFFSETOF_batch.count, true);
      return Array.from({ length: count }, (_, at) =>
        readRecord(view, batch + OFFSETOF_batch.records + at * SIZEOF_record),
      );
    }).flat();
  }
}

export class SourceProgram {
  readonly object: BpfObject;

  /** Selects every IPv4 and IPv6 destination unless a test fills `selection` itself. */
  constructor(settings: Partial<SourceConfigStruct> = {}, maxFlows = 4096) {
    this.object = BpfObject.open(fileURLToPath(new URL('../../dist/bpf/source.bpf.o', import.meta.url)));
    this.object.setMaxEntries('flows', maxFlows);
    this.object.load();
    const config = new Uint8Array(SIZEOF_source_config);
    writeSourceConfig(new DataView(config.buffer), 0, {
      nodeId: 7,
      intPort: 33_122,
      epoch: 9,
      generation: 1,
      sample: 1,
      clockOffsetNs: 0n,
      domainFlags: 0,
      portRangeCount: 0,
      minimumTtl: 32,
      cpuCount: possibleCpus(),
      protocols: [0, 0, 0, 0, 0, 0, 0, 0],
      portRanges: Array.from({ length: 16 }, () => ({ first: 0, last: 0 })),
      ...settings,
    });
    this.object.map('config').set(new Uint8Array(4), config);
  }

  /** `prefixBits` counts in the mapped 128. */
  select(address: Uint8Array, prefixBits: number): this {
    const key = new Uint8Array(20);
    new DataView(key.buffer).setUint32(0, prefixBits, true);
    key.set(address, 4);
    this.object.map('selection').set(key, u32(1));
    return this;
  }

  selectAll(): this {
    return this.select(new Uint8Array(16), 0);
  }

  run(frame: Uint8Array, options?: TestRunOptions): Run {
    const before = outcomes(this.object, sourceOutcomeNames);
    const { returnValue, data } = this.object.program('source_tc').testRun(frame, options);
    return {
      action: returnValue >>> 0,
      frame: data,
      outcome: changed(before, outcomes(this.object, sourceOutcomeNames)),
    };
  }

  events(): Record<string, number> {
    return readCounters(counterNames(sourceEvent), (index) => this.object.map('events').get(u32(index)));
  }
}

function outcomes(object: BpfObject, names: readonly string[]): Record<string, number> {
  return readCounters(names, (index) => object.map('outcomes').get(u32(index)));
}

/** The one counter that went up by one; anything else is told as it is, so that a comparison fails visibly. */
function changed(before: Record<string, number>, after: Record<string, number>): string {
  const differences = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  const moved = differences.filter(([, difference]) => difference !== 0);
  return moved.map(([name, difference]) => (difference === 1 ? name : `${name}+${difference}`)).join(' ');
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
