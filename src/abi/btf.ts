import { z } from 'zod';

/** A type that the generator cannot express, or a description that it cannot read. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

/** A number as a C typedef spells it: its width, sign and byte order. */
export type Scalar = { readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly littleEndian: boolean };

export type Shape =
  | { readonly kind: 'scalar'; readonly size: number; readonly scalar: Scalar }
  | { readonly kind: 'bytes'; readonly size: number }
  | { readonly kind: 'array'; readonly size: number; readonly length: number; readonly element: Shape }
  | { readonly kind: 'struct'; readonly size: number; readonly name: string };

/** `offset` in bytes. `padding`: named pad, pad2, …; written as zero, never read. */
export type Member = {
  readonly name: string;
  readonly offset: number;
  readonly padding: boolean;
  readonly shape: Shape;
};

export type Struct = {
  readonly kind: 'struct';
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
};
export type Enum = {
  readonly kind: 'enum';
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly val: number }[];
};

/** Byte order is in the typedef's name, so it is written once, in the C header. */
const scalars: Readonly<Record<string, Scalar>> = {
  __u8: { bits: 8, signed: false, littleEndian: true },
  __s8: { bits: 8, signed: true, littleEndian: true },
  __u16: { bits: 16, signed: false, littleEndian: true },
  __s16: { bits: 16, signed: true, littleEndian: true },
  __u32: { bits: 32, signed: false, littleEndian: true },
  __s32: { bits: 32, signed: true, littleEndian: true },
  __u64: { bits: 64, signed: false, littleEndian: true },
  __s64: { bits: 64, signed: true, littleEndian: true },
  __be16: { bits: 16, signed: false, littleEndian: false },
  __be32: { bits: 32, signed: false, littleEndian: false },
  __be64: { bits: 64, signed: false, littleEndian: false },
};

const memberSchema = z.object({
  name: z.string(),
  type_id: z.number(),
  bits_offset: z.number(),
  bitfield_size: z.number().default(0),
});

/** What `bpftool -j btf dump file` prints of one type; every kind has other members, so all are optional here. */
const typeSchema = z.object({
  id: z.number(),
  kind: z.string(),
  name: z.string().default('(anon)'),
  size: z.number().optional(),
  type_id: z.number().optional(),
  nr_elems: z.number().optional(),
  members: z.array(memberSchema).optional(),
  // Beyond 2^53 JSON has lost digits already, and int() refuses what is left.
  values: z.array(z.object({ name: z.string(), val: z.number().int() })).optional(),
});
type BtfType = z.infer<typeof typeSchema>;

const dumpSchema = z.object({ types: z.array(typeSchema) });

export type Btf = { readonly byId: ReadonlyMap<number, BtfType> };

export function parseBtf(json: string): Btf {
  const { types } = dumpSchema.parse(JSON.parse(json));
  return { byId: new Map(types.map((type) => [type.id, type])) };
}

/** The types that the union named `list` holds, in its order. */
export function typesOf(btf: Btf, list: string): (Struct | Enum)[] {
  const union = [...btf.byId.values()].find((type) => type.kind === 'UNION' && type.name === list);
  if (union === undefined) throw new LayoutError(`no union ${list} in this BTF`);
  return (union.members ?? []).map((member) => {
    const type = typeById(btf, member.type_id);
    if (type.kind === 'STRUCT') return structOf(btf, type);
    if (type.kind === 'ENUM') return { kind: 'enum', name: type.name, values: type.values ?? [] };
    throw new LayoutError(`union ${list}, member ${member.name}: expected a struct or an enum, found ${type.kind}`);
  });
}

function structOf(btf: Btf, type: BtfType): Struct {
  let end = 0;
  const members = (type.members ?? []).map((member): Member => {
    const place = `struct ${type.name}, member ${member.name}`;
    if (member.bitfield_size !== 0 || member.bits_offset % 8 !== 0)
      throw new LayoutError(`${place}: a bitfield; its place depends on the compiler, use a mask`);
    const offset = member.bits_offset / 8;
    // An unnamed hole would carry stale kernel memory and break map keys, which are compared whole.
    if (offset !== end) throw new LayoutError(`${place}: ${offset - end} unnamed bytes before it, name them pad`);
    const shape = shapeOf(btf, member.type_id, place);
    end = offset + shape.size;
    return { name: member.name, offset, padding: /^pad\d*$/.test(member.name), shape };
  });
  const size = type.size ?? 0;
  if (size !== end) throw new LayoutError(`struct ${type.name}: ${size - end} unnamed bytes at its end, name them pad`);
  return { kind: 'struct', name: type.name, size, members };
}

function shapeOf(btf: Btf, id: number, place: string): Shape {
  const type = typeById(btf, id);
  const scalar = type.kind === 'TYPEDEF' ? scalars[type.name] : undefined;
  if (scalar !== undefined) return { kind: 'scalar', size: scalar.bits / 8, scalar };
  if (type.kind === 'STRUCT' && type.name !== '(anon)')
    return { kind: 'struct', size: type.size ?? 0, name: type.name };
  if (type.kind === 'ARRAY' && type.type_id !== undefined) {
    const element = shapeOf(btf, type.type_id, place);
    const length = type.nr_elems ?? 0;
    const size = element.size * length;
    const isBytes = element.kind === 'scalar' && element.size === 1 && !element.scalar.signed;
    return isBytes ? { kind: 'bytes', size } : { kind: 'array', size, length, element };
  }
  throw new LayoutError(
    `${place}: cannot express ${type.kind} ${type.name}; use __u*, __s*, __be*, a struct or an array`,
  );
}

function typeById(btf: Btf, id: number): BtfType {
  const type = btf.byId.get(id);
  if (type === undefined) throw new LayoutError(`type ${id} is referred to but not described`);
  return type;
}
