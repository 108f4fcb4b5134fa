import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as layout from './layout.gen.ts';

/** Random bytes are read, written over other random bytes, and must read the same, with nothing around them touched. */
function survives<T>(
  size: number,
  read: (view: DataView, offset?: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): () => void {
  const bytes = fc.uint8Array({ minLength: size, maxLength: size });
  const check = (input: Uint8Array, dirt: number): void => {
    const value = read(new DataView(input.buffer, input.byteOffset, size));
    const memory = new Uint8Array(size + 24).fill(dirt);
    const view = new DataView(memory.buffer, 5, size + 8);
    write(view, 3, value);
    expect(read(view, 3)).toEqual(value);
    // Whatever is not a member's byte is padding, and padding is written as zeros.
    const written = memory.subarray(8, 8 + size);
    expect(written.every((byte, index) => byte === input[index] || byte === 0)).toBe(true);
    const around = [...memory.subarray(0, 8), ...memory.subarray(8 + size)];
    expect(around.every((byte) => byte === dirt)).toBe(true);
    // The buffer goes on behind the view: a reader that leaves its view would not notice.
    expect(() => read(new DataView(input.buffer, input.byteOffset, size >> 1))).toThrow(RangeError);
  };
  return () => fc.assert(fc.property(bytes, fc.nat({ max: 255 }), check), { numRuns: 50 });
}

const checks: Readonly<Record<string, () => void>> = {
  int_shim: survives(layout.SIZEOF_int_shim, layout.readIntShim, layout.writeIntShim),
  int_md: survives(layout.SIZEOF_int_md, layout.readIntMd, layout.writeIntMd),
  int_hop: survives(layout.SIZEOF_int_hop, layout.readIntHop, layout.writeIntHop),
  int_sequence: survives(layout.SIZEOF_int_sequence, layout.readIntSequence, layout.writeIntSequence),
  int_superpacket: survives(layout.SIZEOF_int_superpacket, layout.readIntSuperpacket, layout.writeIntSuperpacket),
  flow_key: survives(layout.SIZEOF_flow_key, layout.readFlowKey, layout.writeFlowKey),
  prefix_key: survives(layout.SIZEOF_prefix_key, layout.readPrefixKey, layout.writePrefixKey),
  prefix_value: survives(layout.SIZEOF_prefix_value, layout.readPrefixValue, layout.writePrefixValue),
  port_range: survives(layout.SIZEOF_port_range, layout.readPortRange, layout.writePortRange),
  source_config: survives(layout.SIZEOF_source_config, layout.readSourceConfig, layout.writeSourceConfig),
  source_flow: survives(layout.SIZEOF_source_flow, layout.readSourceFlow, layout.writeSourceFlow),
  sink_config: survives(layout.SIZEOF_sink_config, layout.readSinkConfig, layout.writeSinkConfig),
  sink_flow: survives(layout.SIZEOF_sink_flow, layout.readSinkFlow, layout.writeSinkFlow),
  sample_header: survives(layout.SIZEOF_sample_header, layout.readSampleHeader, layout.writeSampleHeader),
  flow_sample: survives(layout.SIZEOF_flow_sample, layout.readFlowSample, layout.writeFlowSample),
  record: survives(layout.SIZEOF_record, layout.readRecord, layout.writeRecord),
  batch: survives(layout.SIZEOF_batch, layout.readBatch, layout.writeBatch),
  staging: survives(layout.SIZEOF_staging, layout.readStaging, layout.writeStaging),
};

describe('what is written is read back', () => {
  it.each(Object.entries(checks))('struct %s', (_, check) => check());

  it('of every struct that is generated', () => {
    const generated = Object.keys(layout).filter((name) => name.startsWith('SIZEOF_'));
    expect(generated.map((name) => name.slice('SIZEOF_'.length)).sort()).toEqual(Object.keys(checks).sort());
  });
});

describe('a flow key', () => {
  const key = { source: new Uint8Array(16), destination: new Uint8Array(16).fill(1), protocol: 17 };

  it('has its ports in network byte order, as the packet has them', () => {
    const bytes = new Uint8Array(layout.SIZEOF_flow_key);
    layout.writeFlowKey(new DataView(bytes.buffer), 0, { ...key, sourcePort: 0x1234, destinationPort: 0x5678 });
    const at = layout.OFFSETOF_flow_key.sourcePort;
    expect([...bytes.subarray(at, at + 5)]).toEqual([0x12, 0x34, 0x56, 0x78, 17]);
  });

  it('refuses addresses of another length', () => {
    const view = new DataView(new ArrayBuffer(layout.SIZEOF_flow_key));
    const short = { ...key, source: new Uint8Array(4), sourcePort: 1, destinationPort: 2 };
    expect(() => layout.writeFlowKey(view, 0, short)).toThrow('expected 16 bytes, got 4');
  });

  it('keeps its addresses when the buffer that it was read from is used again', () => {
    const bytes = new Uint8Array(layout.SIZEOF_flow_key).fill(7);
    const read = layout.readFlowKey(new DataView(bytes.buffer));
    bytes.fill(9);
    expect(read.source).toEqual(new Uint8Array(16).fill(7));
  });
});

describe('layout.bpf.c', () => {
  const source = (file: string): string => readFileSync(new URL(`../../bpf/abi/${file}`, import.meta.url), 'utf8');

  it.each(['wire.h', 'records.h'])('names every struct and enum of %s', (header) => {
    const declared = [...source(header).matchAll(/^(?:struct|enum) (\w+) \{/gm)].map(([, name]) => name);
    const named = [...source('layout.bpf.c').matchAll(/^\t(?:struct|enum) (\w+) \w+;/gm)].map(([, name]) => name);
    expect(declared.length).toBeGreaterThan(3);
    expect(named).toEqual(expect.arrayContaining(declared));
  });
});
