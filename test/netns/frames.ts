/** Builds frames field by field; shares no code with the programs that it tests. */

export type Ipv4Fields = {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly trafficClass: number;
  readonly identification: number;
  /** Flags and offset as they stand in the header; 0x4000 is "don't fragment". */
  readonly fragment: number;
  /** A multiple of 4 bytes. */
  readonly options: Uint8Array;
};

export type Ipv6Fields = {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
};

export type HopFields = { readonly nodeId: number; readonly ingressNs: bigint; readonly egressNs: bigint };

/** Every field of the telemetry, so that a test can put a wrong value in any of them. */
export type IntFields = {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly shimTypeNpt: number;
  /** Added to the right length in words. */
  readonly shimLengthError: number;
  readonly nextProtocol: number;
  readonly version: number;
  readonly discard: boolean;
  readonly hopWords: number;
  readonly instructions: number;
  readonly domain: number;
  readonly domainInstructions: number;
  readonly domainFlags: number;
  /** Newest first. */
  readonly hops: readonly HopFields[];
  /** Behind the oldest hop. */
  readonly sourceWords: readonly number[];
};

export const ipv4Defaults: Ipv4Fields = {
  source: '10.77.0.1',
  destination: '10.77.0.2',
  protocol: 17,
  ttl: 64,
  trafficClass: 0,
  identification: 0x1234,
  fragment: 0x4000,
  options: new Uint8Array(0),
};

export const ipv6Defaults: Ipv6Fields = {
  source: 'fd77:0:0:0:0:0:0:1',
  destination: 'fd77:0:0:0:0:0:0:2',
  protocol: 17,
  hopLimit: 64,
  trafficClass: 0,
  flowLabel: 0xbeef,
};

export const hop: HopFields = {
  nodeId: 7,
  ingressNs: 1_700_000_000_000_000_000n,
  egressNs: 1_700_000_000_000_000_100n,
};

export const intDefaults: IntFields = {
  sourcePort: 50_000,
  destinationPort: 33_122,
  shimTypeNpt: 0x18,
  shimLengthError: 0,
  nextProtocol: 4,
  version: 2,
  discard: false,
  hopWords: 6,
  instructions: 0xcc00,
  domain: 0x4849,
  domainInstructions: 0xc000,
  domainFlags: 0,
  hops: [hop],
  sourceWords: [42, (9 << 16) | 3],
};

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function ethernet(type: number, payload: Uint8Array, tags: readonly number[] = []): Uint8Array {
  const addresses = [2, 0, 0, 0, 0x77, 2, 2, 0, 0, 0, 0x77, 1];
  const tagBytes = tags.flatMap((tagProtocol, index) => [...u16(tagProtocol), ...u16(100 + index)]);
  return concat(Uint8Array.from([...addresses, ...tagBytes, ...u16(type)]), payload);
}

export function ipv4(payload: Uint8Array, fields: Partial<Ipv4Fields> = {}): Uint8Array {
  const all = { ...ipv4Defaults, ...fields };
  const headerBytes = 20 + all.options.length;
  const header = concat(
    Uint8Array.from([0x40 | (headerBytes / 4), all.trafficClass, ...u16(headerBytes + payload.length)]),
    Uint8Array.from([...u16(all.identification), ...u16(all.fragment), all.ttl, all.protocol, 0, 0]),
    ipv4Bytes(all.source),
    ipv4Bytes(all.destination),
    all.options,
  );
  header.set(u16(checksum(header)), 10);
  return concat(header, payload);
}

export function ipv6(payload: Uint8Array, fields: Partial<Ipv6Fields> = {}): Uint8Array {
  const all = { ...ipv6Defaults, ...fields };
  const first = (6 << 28) | (all.trafficClass << 20) | all.flowLabel;
  const start = Uint8Array.from([...u32(first >>> 0), ...u16(payload.length), all.protocol, all.hopLimit]);
  return concat(start, ipv6Bytes(all.source), ipv6Bytes(all.destination), payload);
}

/** The checksum is left 0: neither program looks at it. */
export function udp(payload: Uint8Array, sourcePort = 40_001, destinationPort = 7353): Uint8Array {
  return concat(
    Uint8Array.from([...u16(sourcePort), ...u16(destinationPort), ...u16(8 + payload.length), 0, 0]),
    payload,
  );
}

export function tcp(
  payload: Uint8Array,
  sequence = 0x11223344,
  sourcePort = 40_002,
  destinationPort = 8080,
): Uint8Array {
  const ports = [...u16(sourcePort), ...u16(destinationPort)];
  return concat(
    Uint8Array.from([...ports, ...u32(sequence), 0, 0, 0, 1, 0x50, 0x18, 1, 0xf5, 0xab, 0xcd, 0, 0]),
    payload,
  );
}

/** UDP header and telemetry in front of `inner`. */
export function telemetry(inner: Uint8Array, fields: Partial<IntFields> = {}): Uint8Array {
  const all = { ...intDefaults, ...fields };
  const hops = all.hops.flatMap((one) => [
    ...u32(one.nodeId),
    ...u16(0),
    ...u16(5),
    ...u64(one.ingressNs),
    ...u64(one.egressNs),
  ]);
  const stack = Uint8Array.from([...hops, ...all.sourceWords.flatMap(u32)]);
  const words = 3 + stack.length / 4 + all.shimLengthError;
  const md = ((all.version << 28) | (all.discard ? 1 << 27 : 0) | (all.hopWords << 8) | 7) >>> 0;
  const body = concat(
    Uint8Array.from([all.shimTypeNpt, words, 0, all.nextProtocol, ...u32(md), ...u16(all.instructions)]),
    Uint8Array.from([...u16(all.domain), ...u16(all.domainInstructions), ...u16(all.domainFlags)]),
    stack,
    inner,
  );
  return udp(body, all.sourcePort, all.destinationPort);
}

/** A whole IPv4 packet as a source sends it: the outer header copies what the inner one says. */
export function stamped4(
  inner: Uint8Array,
  fields: Partial<IntFields> = {},
  outer: Partial<Ipv4Fields> = {},
): Uint8Array {
  return ethernet(0x0800, ipv4(telemetry(inner, fields), outer));
}

export function stamped6(
  inner: Uint8Array,
  fields: Partial<IntFields> = {},
  outer: Partial<Ipv6Fields> = {},
): Uint8Array {
  return ethernet(0x86dd, ipv6(telemetry(inner, { nextProtocol: 41, ...fields }), outer));
}

export function payload(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 7) & 0xff);
}

/** RFC 1071, over bytes whose checksum field is 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

function u64(value: bigint): number[] {
  return [...u32(Number(value >> 32n)), ...u32(Number(value & 0xffffffffn))];
}

function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.').map(Number));
}

/** In full, without "::". */
function ipv6Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':').flatMap((group) => u16(Number.parseInt(group, 16))));
}
