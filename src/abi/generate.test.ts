import { describe, expect, it, test } from 'vitest';
import { LayoutError, parseBtf } from './btf.ts';
import { printCheck, printTypeScript } from './generate.ts';

const integers = [
  { id: 1, kind: 'INT', name: 'unsigned char', size: 1, bits_offset: 0, nr_bits: 8, encoding: '(none)' },
  { id: 2, kind: 'INT', name: 'unsigned short', size: 2, bits_offset: 0, nr_bits: 16, encoding: '(none)' },
  { id: 3, kind: 'INT', name: 'long long', size: 8, bits_offset: 0, nr_bits: 64, encoding: 'SIGNED' },
  { id: 4, kind: 'TYPEDEF', name: '__u8', type_id: 1 },
  { id: 5, kind: 'TYPEDEF', name: '__u16', type_id: 2 },
  { id: 6, kind: 'TYPEDEF', name: '__be16', type_id: 5 },
  { id: 7, kind: 'TYPEDEF', name: '__s64', type_id: 3 },
  { id: 8, kind: 'ARRAY', name: '(anon)', type_id: 4, index_type_id: 1, nr_elems: 3 },
];

type FixtureMember = { name: string; type_id: number; bits_offset: number; bitfield_size?: number };

function struct(id: number, name: string, size: number, ...members: readonly FixtureMember[]): object {
  return { id, kind: 'STRUCT', name, size, vlen: members.length, members };
}

/** BTF of the given types, those with the ids in `listed` crossing the border as records. */
function btfOf(types: readonly object[], listed: readonly number[]): ReturnType<typeof parseBtf> {
  const members = listed.map((type_id) => ({ name: `t${type_id}`, type_id, bits_offset: 0 }));
  const lists = [
    { id: 90, kind: 'UNION', name: 'wire_types', size: 0, vlen: 0, members: [] },
    { id: 91, kind: 'UNION', name: 'record_types', size: 8, vlen: members.length, members },
  ];
  return parseBtf(JSON.stringify({ types: [...integers, ...types, ...lists] }));
}

const printed = (types: readonly object[], ...listed: number[]): string => printTypeScript(btfOf(types, listed));

describe('the generator', () => {
  it('takes the byte order from the typedef, and the names from C', () => {
    const text = printed(
      [
        struct(
          20,
          'port_pair',
          4,
          { name: 'far_port', type_id: 6, bits_offset: 0 },
          { name: 'near', type_id: 5, bits_offset: 16 },
        ),
      ],
      20,
    );
    expect(text).toContain('export const SIZEOF_port_pair = 4;');
    expect(text).toContain('export interface PortPairStruct {');
    expect(text).toContain('farPort: view.getUint16(offset, false),');
    expect(text).toContain('near: view.getUint16(offset + 2, true),');
    expect(text).toContain('export function writePortPair(view: DataView, offset: number, value: PortPairStruct)');
    expect(text).toContain('view.setUint16(offset, value.farPort, false);');
  });

  it('reads 64-bit members as bigint, signed where C is', () => {
    const text = printed([struct(20, 'span', 8, { name: 'length_ns', type_id: 7, bits_offset: 0 })], 20);
    expect(text).toContain('readonly lengthNs: bigint;');
    expect(text).toContain('lengthNs: view.getBigInt64(offset, true),');
  });

  it('writes padding as zeros and shows it to nobody', () => {
    const pad = { name: 'pad2', type_id: 8, bits_offset: 8 };
    const text = printed([struct(20, 'tag', 4, { name: 'kind', type_id: 4, bits_offset: 0 }, pad)], 20);
    expect(text).toContain('writeZeros(view, offset + 1, 3);');
    expect(text).not.toContain('pad2');
  });

  it('nests structs and arrays, bytes as Uint8Array', () => {
    const inner = struct(
      20,
      'pair',
      4,
      { name: 'name', type_id: 8, bits_offset: 0 },
      { name: 'n', type_id: 4, bits_offset: 24 },
    );
    const array = { id: 21, kind: 'ARRAY', name: '(anon)', type_id: 20, index_type_id: 1, nr_elems: 2 };
    const shorts = { id: 23, kind: 'ARRAY', name: '(anon)', type_id: 6, index_type_id: 1, nr_elems: 2 };
    const outer = struct(
      22,
      'pair_list',
      16,
      { name: 'first', type_id: 20, bits_offset: 0 },
      { name: 'pairs', type_id: 21, bits_offset: 32 },
      { name: 'shorts', type_id: 23, bits_offset: 96 },
    );
    const text = printed([inner, array, shorts, outer], 20, 22);
    expect(text).toContain('readonly name: Uint8Array;');
    expect(text).toContain('readonly first: PairStruct;');
    expect(text).toContain('readonly pairs: readonly PairStruct[];');
    expect(text).toContain('first: readPair(view, offset),');
    expect(text).toContain('pairs: readArray(view, offset + 4, 2, 4, readPair),');
    expect(text).toContain('readArray(view, offset + 12, 2, 2, (view, offset) => view.getUint16(offset, false))');
  });

  it('prints one object an enum', () => {
    const values = [
      { name: 'SOME_FIRST', val: 0 },
      { name: 'SOME_COUNT', val: 1 },
    ];
    const text = printed([{ id: 20, kind: 'ENUM', name: 'some_reason', size: 4, vlen: 2, values }], 20);
    expect(text).toContain('export const someReason = {\n  SOME_FIRST: 0,\n  SOME_COUNT: 1,\n} as const;');
  });

  it('asserts every size and offset in C++, padding included', () => {
    const pad = { name: 'pad', type_id: 8, bits_offset: 8 };
    const types = [struct(20, 'tag', 4, { name: 'kind', type_id: 4, bits_offset: 0 }, pad)];
    const text = printCheck(btfOf(types, [20]));
    expect(text).toContain('static_assert(sizeof(struct tag) == 4, "size of tag");');
    expect(text).toContain('static_assert(offsetof(struct tag, pad) == 1, "offset of tag.pad");');
  });
});

describe('the generator refuses', () => {
  const byte = { name: 'a', type_id: 4, bits_offset: 0 };
  test.each<[string, object[], string]>([
    ['a bitfield', [struct(20, 's', 1, { ...byte, bitfield_size: 3 })], 'struct s, member a: a bitfield'],
    ['a plain C integer', [struct(20, 's', 1, { ...byte, type_id: 1 })], 'cannot express INT unsigned char'],
    [
      'an unnamed hole',
      [struct(20, 's', 4, byte, { name: 'b', type_id: 5, bits_offset: 16 })],
      'struct s, member b: 1 unnamed bytes before it',
    ],
    ['an unnamed tail', [struct(20, 's', 2, byte)], 'struct s: 1 unnamed bytes at its end'],
    [
      'a struct that is not listed',
      [struct(20, 's', 1, { ...byte, type_id: 21 }), struct(21, 'inner', 1, byte)],
      'struct s, member a: name struct inner in layout.bpf.c too',
    ],
    [
      'a pointer',
      [struct(20, 's', 8, { ...byte, type_id: 21 }), { id: 21, kind: 'PTR', type_id: 4 }],
      'cannot express PTR (anon)',
    ],
    [
      'a union',
      [{ id: 20, kind: 'UNION', name: 'u', size: 1, members: [byte] }],
      'expected a struct or an enum, found UNION',
    ],
    ['a type without description', [struct(20, 's', 1, { ...byte, type_id: 77 })], 'type 77 is referred to'],
  ])('%s', (_, types, message) => {
    expect(() => printed(types, 20)).toThrow(LayoutError);
    expect(() => printed(types, 20)).toThrow(message);
  });

  it('BTF of another program', () => {
    expect(() => printTypeScript(parseBtf('{"types":[]}'))).toThrow('no union wire_types in this BTF');
  });
});
