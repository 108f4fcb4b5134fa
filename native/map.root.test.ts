import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BpfObject, possibleCpus, type MapEntries } from './index.ts';
import { buildFixtures, readU64, u32, u64 } from './testing.ts';

let fixtures: Awaited<ReturnType<typeof buildFixtures>>;
let object: BpfObject;
beforeAll(async () => {
  fixtures = await buildFixtures(['basic']);
});
afterAll(() => fixtures.remove());
beforeEach(() => {
  object = BpfObject.open(fixtures.pathOf('basic'));
  object.setMaxEntries('numbers', 10_000);
  object.load();
});
afterEach(() => object.close());

function pairs({ keys, values, count }: MapEntries): Map<number, bigint> {
  const keyView = new DataView(keys.buffer, keys.byteOffset);
  const result = new Map<number, bigint>();
  for (let index = 0; index < count; index++) {
    result.set(keyView.getUint32(index * 4, true), readU64(values, index * 8));
  }
  return result;
}

describe('BpfMap', () => {
  it('describes itself', () => {
    const { name, keySize, valueSize, valueStride, maxEntries, perCpu } = object.map('per_cpu_numbers');
    expect({ name, keySize, valueSize, valueStride, maxEntries, perCpu }).toEqual({
      name: 'per_cpu_numbers',
      keySize: 4,
      valueSize: 12,
      valueStride: 16,
      maxEntries: 16,
      perCpu: true,
    });
    expect(object.map('numbers').perCpu).toBe(false);
  });

  it('sets, gets, overwrites and deletes', () => {
    const map = object.map('numbers');
    expect(map.get(u32(7))).toBeUndefined();
    map.set(u32(7), u64(70n));
    map.set(u32(7), u64(71n));
    expect(readU64(map.get(u32(7)))).toBe(71n);
    expect(map.delete(u32(7))).toBe(true);
    expect(map.delete(u32(7))).toBe(false);
    expect(map.get(u32(7))).toBeUndefined();
  });

  it('reads no entries from an empty map', () => {
    expect(object.map('numbers').entries()).toEqual({ keys: new Uint8Array(0), values: new Uint8Array(0), count: 0 });
  });

  it.each([1, 1023, 1024, 1025, 10_000])('reads %i entries of a hash, each once', (count) => {
    const map = object.map('numbers');
    for (let key = 0; key < count; key++) map.set(u32(key), u64(BigInt(key) * 3n));
    const entries = map.entries();
    expect([entries.count, entries.keys.length, entries.values.length]).toEqual([count, count * 4, count * 8]);
    const found = pairs(entries);
    expect(found.size).toBe(count);
    for (const [key, value] of found) expect(value).toBe(BigInt(key) * 3n);
  });

  it('reads every slot of an array', () => {
    const map = object.map('slots');
    map.set(u32(2), u64(5n));
    expect([...pairs(map.entries())]).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 5n],
      [3, 0n],
    ]);
    expect(map.get(u32(4))).toBeUndefined();
    expect(() => map.delete(u32(1))).toThrow('delete from slots: Invalid argument');
  });

  it('reads a longest-prefix map', () => {
    const map = object.map('prefixes');
    const key = Uint8Array.of(8, 0, 0, 0, 10, 0, 0, 0);
    map.set(key, u32(1));
    expect(map.entries()).toEqual({ keys: key, values: u32(1), count: 1 });
    expect(map.get(Uint8Array.of(32, 0, 0, 0, 10, 1, 2, 3))).toEqual(u32(1));
  });

  it('reads key by key where the kernel has no batches', () => {
    const map = object.map('devices');
    expect(map.entries().count).toBe(0);
    const loopback = u32(1);
    for (const key of [3, 500, 7]) map.set(u32(key), loopback);
    const { keys, values, count } = map.entries();
    expect(count).toBe(3);
    expect(new Set(new Uint32Array(keys.slice().buffer))).toEqual(new Set([3, 500, 7]));
    expect([...new Uint32Array(values.slice().buffer)]).toEqual([1, 1, 1]);
  });

  it("keeps every CPU's value at its stride", () => {
    const map = object.map('per_cpu_numbers');
    const value = new Uint8Array(possibleCpus() * 16);
    for (let cpu = 0; cpu < possibleCpus(); cpu++) value.fill(cpu + 1, cpu * 16, cpu * 16 + 12);
    map.set(u32(1), value);
    expect(map.get(u32(1))).toEqual(value);
    expect(map.entries()).toEqual({ keys: u32(1), values: value, count: 1 });
    expect(() => map.set(u32(1), new Uint8Array(12))).toThrow(
      `set in per_cpu_numbers: value has 12 bytes, the map wants ${possibleCpus() * 16}`,
    );
  });

  it('refuses keys and values of the wrong size', () => {
    const map = object.map('numbers');
    expect(() => map.get(new Uint8Array(3))).toThrow('get from numbers: key has 3 bytes, the map wants 4');
    expect(() => map.delete(new Uint8Array(8))).toThrow('delete from numbers: key has 8 bytes, the map wants 4');
    expect(() => map.set(u32(1), new Uint8Array(9))).toThrow('set in numbers: value has 9 bytes, the map wants 8');
  });

  it('says that the map is full', () => {
    const map = object.map('per_cpu_numbers');
    const value = new Uint8Array(possibleCpus() * 16);
    const fill = (): void => {
      for (let key = 0; key < 17; key++) map.set(u32(key), value);
    };
    expect(fill).toThrow('set in per_cpu_numbers: Argument list too long');
  });

  it('reads views that begin inside their buffer', () => {
    const buffer = new Uint8Array(16);
    buffer.set(u32(9), 4);
    buffer.set(u64(90n), 8);
    object.map('numbers').set(buffer.subarray(4, 8), buffer.subarray(8, 16));
    expect([...pairs(object.map('numbers').entries())]).toEqual([[9, 90n]]);
  });
});
