/** The sink's program on golden frames (BPF_PROG_TEST_RUN): what it strips, what it leaves, and why. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordFlag, type RecordStruct } from '../../src/abi/layout.gen.ts';
import {
  concat,
  ethernet,
  hop,
  intDefaults,
  ipv4,
  ipv6,
  payload,
  stamped4,
  stamped6,
  tcp,
  telemetry,
  udp,
} from './frames.ts';
import { parsePcap } from './pcap.ts';
import { SinkProgram, XDP_DROP, XDP_PASS } from './programs.ts';

let sink: SinkProgram;
beforeAll(() => {
  sink = new SinkProgram();
});
afterAll(() => sink.object.close());

const udp4 = ipv4(udp(payload(32)));
const tcp4 = ipv4(tcp(payload(32)), { protocol: 6 });
const udp6 = ipv6(udp(payload(32)));

function vector(name: string): { readonly original: Uint8Array; readonly wire: Uint8Array } {
  const file = readFileSync(new URL(`packets/${name}.pcap`, import.meta.url));
  const [original, wire] = parsePcap(file);
  if (original === undefined || wire === undefined) throw new Error(`${name} holds no two frames`);
  return { original: Uint8Array.from(original.data), wire: Uint8Array.from(wire.data) };
}

/** The record of the one packet that `frame` is. */
function recordOf(frame: Uint8Array): RecordStruct {
  const fresh = new SinkProgram();
  try {
    expect(fresh.run(frame).outcome).toMatch(/^stripped/);
    const [record, ...more] = fresh.staged();
    expect(more).toEqual([]);
    if (record === undefined) throw new Error('no record was staged');
    return record;
  } finally {
    fresh.object.close();
  }
}

describe('packets of independent implementations', () => {
  it.each(['npt2_ip4in4', 'npt2_ip6in6', 'npt2_tcp4_2hops'])(
    '%s leaves the sink as it was before it was stamped',
    (name) => {
      const { original, wire } = vector(name);
      const other = new SinkProgram(17_768);
      const run = other.run(wire);
      const [record] = other.staged();
      other.object.close();
      expect(run).toEqual({ action: XDP_PASS, outcome: 'stripped', frame: original });
      // Egress of node 0x0a000001, the oldest hop.
      expect((record?.arrivalNs ?? 0n) - (record?.latencyNs ?? 0n)).toBe(0x17979cfe3d85d16cn);
      const multiHop = name.endsWith('2hops') ? recordFlag.RECORD_MULTI_HOP : 0;
      expect(record?.flags).toBe(recordFlag.RECORD_NO_SEQUENCE | multiHop);
      expect(record?.bytes).toBe(original.length - 14);
    },
  );
});

describe('strips', () => {
  const cases: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
    ['UDP in IPv4', ethernet(0x0800, udp4), stamped4(udp4)],
    ['TCP in IPv4', ethernet(0x0800, tcp4), stamped4(tcp4)],
    ['ICMP in IPv4', ethernet(0x0800, ipv4(payload(8), { protocol: 1 })), stamped4(ipv4(payload(8), { protocol: 1 }))],
    ['UDP in IPv6', ethernet(0x86dd, udp6), stamped6(udp6)],
    [
      'TCP in IPv6',
      ethernet(0x86dd, ipv6(tcp(payload(9)), { protocol: 6 })),
      stamped6(ipv6(tcp(payload(9)), { protocol: 6 })),
    ],
    ['an inner header with options', ethernet(0x0800, withOptions()), stamped4(withOptions())],
    [
      'an inner fragment',
      ethernet(0x0800, ipv4(payload(24), { fragment: 0x2001 })),
      stamped4(ipv4(payload(24), { fragment: 0x2001 })),
    ],
    ['an empty UDP datagram', ethernet(0x0800, ipv4(udp(payload(0)))), stamped4(ipv4(udp(payload(0))))],
    [
      'a transport right behind the telemetry',
      ethernet(0x0800, ipv4(tcp(payload(5)), { protocol: 6 })),
      stamped4(tcp(payload(5)), { nextProtocol: 6 }),
    ],
    [
      'a transport behind IPv6',
      ethernet(0x86dd, ipv6(udp(payload(5)))),
      stamped6(udp(payload(5)), { nextProtocol: 17 }),
    ],
    ['one VLAN tag', ethernet(0x0800, udp4, [0x8100]), ethernet(0x0800, ipv4(telemetry(udp4)), [0x8100])],
    [
      'two VLAN tags',
      ethernet(0x86dd, udp6, [0x88a8, 0x8100]),
      ethernet(0x86dd, ipv6(telemetry(udp6, { nextProtocol: 41 })), [0x88a8, 0x8100]),
    ],
    [
      'a tagged transport',
      ethernet(0x0800, ipv4(tcp(payload(5)), { protocol: 6 }), [0x8100]),
      ethernet(0x0800, ipv4(telemetry(tcp(payload(5)), { nextProtocol: 6 })), [0x8100]),
    ],
  ];

  it.each(cases)('%s', (_, original, wire) => {
    expect(sink.run(wire)).toEqual({ action: XDP_PASS, outcome: 'stripped', frame: original });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('a stack of %i hops, and reads the oldest', (count) => {
    const hops = Array.from({ length: count }, (_, index) => ({
      ...hop,
      nodeId: 100 + index,
      egressNs: hop.egressNs + BigInt(index),
    }));
    const record = recordOf(stamped4(udp4, { hops }));
    expect(record.arrivalNs - record.latencyNs).toBe(hop.egressNs + BigInt(count - 1));
    expect(record.sequence).toBe(42);
    expect(sink.run(stamped4(udp4, { hops })).frame).toEqual(ethernet(0x0800, udp4));
  });

  it('keeps the padding of a short Ethernet frame behind the packet', () => {
    const tiny = ipv4(udp(payload(1)));
    const padded = concat(stamped4(tiny), new Uint8Array(7));
    expect(sink.run(padded).frame).toEqual(concat(ethernet(0x0800, tiny), new Uint8Array(7)));
  });

  function withOptions(): Uint8Array {
    return ipv4(udp(payload(16)), { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) });
  }
});

describe('carries inward what the network did to the outer header', () => {
  it('TTL and DSCP, with the checksum right', () => {
    const inner = ipv4(udp(payload(32)), { ttl: 64, trafficClass: 0x02 });
    const arrived = stamped4(inner, {}, { ttl: 59, trafficClass: (46 << 2) | 0x02 });
    const expected = ipv4(udp(payload(32)), { ttl: 59, trafficClass: (46 << 2) | 0x02 });
    expect(sink.run(arrived).frame).toEqual(ethernet(0x0800, expected));
  });

  it('a congestion mark, where the inner packet is ECN-capable (RFC 6040)', () => {
    const inner = ipv4(udp(payload(32)), { trafficClass: 0x01 });
    const marked = ipv4(udp(payload(32)), { trafficClass: 0x03 });
    expect(sink.run(stamped4(inner, {}, { trafficClass: 0x03 })).frame).toEqual(ethernet(0x0800, marked));
    expect(recordOf(stamped4(inner, {}, { trafficClass: 0x03 })).flags & recordFlag.RECORD_CONGESTION).not.toBe(0);
  });

  it('no congestion mark into a packet that is not ECN-capable', () => {
    expect(sink.run(stamped4(udp4, {}, { trafficClass: 0x03 })).frame).toEqual(ethernet(0x0800, udp4));
  });

  it('hop limit and traffic class of IPv6, the flow label untouched', () => {
    const inner = ipv6(udp(payload(32)), { trafficClass: 0x02, flowLabel: 0xabcde });
    const arrived = stamped6(inner, {}, { hopLimit: 60, trafficClass: 0x2f, flowLabel: 0x11111 });
    const expected = ipv6(udp(payload(32)), { hopLimit: 60, trafficClass: 0x2f, flowLabel: 0xabcde });
    expect(sink.run(arrived).frame).toEqual(ethernet(0x86dd, expected));
  });

  it('never a higher TTL than the packet had', () => {
    expect(sink.run(stamped4(udp4, {}, { ttl: 255 })).frame).toEqual(ethernet(0x0800, udp4));
  });

  it('for a transport behind the telemetry the one header as the network left it', () => {
    const arrived = stamped4(tcp(payload(5)), { nextProtocol: 6 }, { ttl: 3, trafficClass: 0xb8 });
    expect(sink.run(arrived).frame).toEqual(
      ethernet(0x0800, ipv4(tcp(payload(5)), { protocol: 6, ttl: 3, trafficClass: 0xb8 })),
    );
  });
});

describe('passes unchanged, counted by reason', () => {
  const inner = (fields: Parameters<typeof ipv4>[1]): Uint8Array => ipv4(udp(payload(32)), fields);
  const shortUdp = ipv4(Uint8Array.of(1, 2, 3, 4));
  const lyingTcp = ipv4(
    Uint8Array.from({ length: 20 }, (_, index) => (index === 12 ? 0xf0 : index)),
    { protocol: 6 },
  );
  const withBadChecksum = stamped4(udp4);
  withBadChecksum[24] = (withBadChecksum[24] ?? 0) ^ 0x55;
  const wrongVersion = Uint8Array.from(udp4);
  wrongVersion[0] = 0x65;
  const lying = Uint8Array.from(udp4);
  lying[3] = (lying[3] ?? 0) + 1;

  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['not_int', ethernet(0x0806, payload(28))],
    ['not_int', ethernet(0x0800, udp4)],
    ['not_int', ethernet(0x0800, tcp4)],
    ['not_int', ethernet(0x86dd, udp6)],
    ['not_int', ethernet(0x0800, ipv4(telemetry(udp4), { fragment: 0x00b9 }))],
    ['outer_options', ethernet(0x0800, ipv4(telemetry(udp4), { options: Uint8Array.of(1, 1, 1, 0) }))],
    ['outer_fragment', ethernet(0x0800, ipv4(telemetry(udp4), { fragment: 0x2000 }))],
    ['outer_checksum', withBadChecksum],
    ['truncated', stamped4(udp4).subarray(0, 100)],
    ['outer_length', ethernet(0x0800, ipv4(concat(telemetry(udp4), payload(4))))],
    ['shim_type', stamped4(udp4, { shimTypeNpt: 0x38 })],
    ['shim_next', stamped4(udp4, { shimTypeNpt: 0x10 })],
    ['shim_next', stamped4(udp4, { shimTypeNpt: 0x14 })],
    ['md_version', stamped4(udp4, { version: 1 })],
    ['stack_length', stamped4(udp4, { shimLengthError: -9 })],
    ['stack_length', stamped4(udp4, { shimLengthError: 1 })],
    ['stack_length', stamped4(udp4, { hops: [] })],
    ['truncated', stamped4(udp4, { shimLengthError: 60 })],
    ['stack_hops', stamped4(udp4, { hops: Array.from({ length: 9 }, () => hop) })],
    ['instructions', stamped4(udp4, { instructions: 0xce00 })],
    ['instructions', stamped4(udp4, { hopWords: 0 })],
    ['instructions', stamped4(udp4, { domainInstructions: 0xc800 })],
    ['inner_malformed', stamped4(wrongVersion)],
    ['inner_malformed', stamped4(lying)],
    ['inner_malformed', stamped4(shortUdp)],
    ['inner_malformed', stamped4(lyingTcp)],
    ['inner_malformed', stamped4(udp6, { nextProtocol: 41 })],
    ['inner_malformed', stamped6(udp4, { nextProtocol: 4 })],
    ['inner_malformed', stamped4(new Uint8Array(0))],
    ['inner_malformed', stamped4(new Uint8Array(0), { nextProtocol: 17 })],
    ['address_mismatch', stamped4(inner({ source: '10.77.0.9' }))],
    ['address_mismatch', stamped4(inner({ destination: '10.77.0.9' }))],
    ['address_mismatch', stamped6(ipv6(udp(payload(4)), { source: 'fd77:0:0:0:0:0:0:9' }))],
    ['nested', stamped4(ipv4(telemetry(udp4)))],
    ['nested', stamped4(telemetry(udp4), { nextProtocol: 17 })],
  ];

  it.each(cases)('%s', (reason, frame) => {
    expect(sink.run(frame)).toEqual({ action: XDP_PASS, outcome: reason, frame: Uint8Array.from(frame) });
  });

  it.each([
    ['IPv4', stamped4(udp4)],
    ['IPv6', stamped6(udp6)],
    ['TCP behind the telemetry', stamped4(tcp(payload(5)), { nextProtocol: 6 })],
    ['two tags', ethernet(0x0800, ipv4(telemetry(udp4)), [0x88a8, 0x8100])],
  ])('%s cut at every length', (_, frame) => {
    for (let length = 14; length < frame.length; length++) {
      const cut = frame.slice(0, length);
      const { action, outcome, frame: left } = sink.run(cut);
      expect({ length, action, left }).toEqual({ length, action: XDP_PASS, left: cut });
      expect(['not_int', 'truncated']).toContain(outcome);
    }
  });

  it('whatever one byte of the outer headers or the telemetry becomes: stripped right, dropped as asked, or untouched', () => {
    const wire = stamped4(udp4);
    const nextProtocolAt = 14 + 20 + 8 + 3;
    for (let at = 14; at < wire.length - udp4.length; at++) {
      for (const flip of [0x01, 0x08, 0x40, 0xff]) {
        const damaged = Uint8Array.from(wire);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const { action, outcome, frame } = sink.run(damaged);
        // Another protocol number makes the inner packet that protocol's payload: no INT rule is broken.
        const protocol = damaged[nextProtocolAt] ?? 0;
        const original = ethernet(0x0800, protocol === 4 ? udp4 : ipv4(udp4, { protocol }));
        if (action === XDP_DROP)
          expect({ at, outcome, flip }).toEqual({ at: 46, outcome: 'discarded', flip: flip === 8 ? 8 : 0xff });
        else expect({ at, flip, frame }).toEqual({ at, flip, frame: outcome === 'stripped' ? original : damaged });
      }
    }
  });
});

describe('accounting', () => {
  it('drops a packet whose D bit asks for it, and only counts it', () => {
    const before = sink.staged().length;
    expect(sink.run(stamped4(new Uint8Array(0), { discard: true }))).toMatchObject({
      action: XDP_DROP,
      outcome: 'discarded',
    });
    expect(sink.staged()).toHaveLength(before);
  });

  it('writes what the stamp says into the record', () => {
    const record = recordOf(stamped4(tcp4, { domainFlags: 0xc000 }));
    expect(record).toMatchObject({ sequence: 42, epoch: 9, stream: 3, bytes: tcp4.length, segments: 1 });
    expect(record.flags).toBe(recordFlag.RECORD_SAMPLED | recordFlag.RECORD_CLOCK_UNSYNCHRONISED);
    expect(record.arrivalNs - record.latencyNs).toBe(hop.egressNs);
  });

  it('keeps a latency from the future negative', () => {
    const farNs = 4_000_000_000_000_000_000n;
    expect(recordOf(stamped4(udp4, { hops: [{ ...hop, egressNs: farNs }] })).latencyNs).toBeLessThan(0n);
  });

  it('says that there is no latency when the source had no time to give', () => {
    const record = recordOf(stamped4(udp4, { hops: [{ ...hop, egressNs: 0xffffffffffffffffn }] }));
    expect(record.flags).toBe(recordFlag.RECORD_NO_LATENCY);
  });

  const superpacket = { domainInstructions: 0xe000, sourceWords: [1000, (9 << 16) | 3, 5000, (4 << 16) | 100] };

  it.each([
    [5000, 100, 1000, 1],
    [5100, 100, 1001, 1],
    [5300, 60, 1003, 1],
    [5000, 400, 1000, 4],
    [5200, 150, 1002, 2],
  ])(
    'places the segment at TCP sequence %i with %i bytes at number %i, standing for %i',
    (sequence, bytes, number, segments) => {
      const record = recordOf(stamped4(ipv4(tcp(payload(bytes), sequence), { protocol: 6 }), superpacket));
      expect(record).toMatchObject({ sequence: number, segments, flags: recordFlag.RECORD_SUPERPACKET });
    },
  );

  it('places segments across the wrap of the TCP sequence', () => {
    const wrapping = { ...superpacket, sourceWords: [0xffffffff, 0, 0xffffff9c, (4 << 16) | 100] };
    const record = recordOf(stamped4(ipv4(tcp(payload(100), 0), { protocol: 6 }), wrapping));
    expect(record.sequence).toBe(0);
  });

  it.each([
    [4999, 100],
    [5050, 100],
    [5400, 100],
    [5300, 300],
  ])('gives no number to a segment at %i with %i bytes, which its stamp cannot have', (sequence, bytes) => {
    const record = recordOf(stamped4(ipv4(tcp(payload(bytes), sequence), { protocol: 6 }), superpacket));
    expect(record.flags & recordFlag.RECORD_NO_SEQUENCE).not.toBe(0);
  });

  it('lets the datagrams of one UDP superpacket share their stamp', () => {
    const record = recordOf(
      stamped4(ipv4(udp(payload(100))), { ...superpacket, sourceWords: [1000, 0, 0, (4 << 16) | 100] }),
    );
    expect(record).toMatchObject({ sequence: 1000, segments: 4 });
    expect(record.flags).toBe(recordFlag.RECORD_SUPERPACKET | recordFlag.RECORD_SHARED_STAMP);
  });

  it('counts a flow once and announces it by a sample', () => {
    const fresh = new SinkProgram();
    for (let packet = 0; packet < 5; packet++) fresh.run(stamped4(udp4));
    fresh.run(stamped6(udp6));
    expect(fresh.events()).toMatchObject({ flows_created: 2, flow_map_full: 0 });
    expect(fresh.staged()).toHaveLength(6);
    expect(new Set(fresh.staged().map(({ flowId }) => flowId)).size).toBe(2);
    fresh.object.close();
  });

  it('strips only the sources that --allow names', () => {
    const fresh = new SinkProgram();
    const config = fresh.object.map('config').get(new Uint8Array(4)) ?? new Uint8Array(0);
    new DataView(config.buffer, config.byteOffset).setUint32(16, 1, true);
    fresh.object.map('config').set(new Uint8Array(4), config);
    const frame = stamped4(udp4);
    expect(fresh.run(frame)).toEqual({ action: XDP_PASS, outcome: 'not_allowed', frame });
    const key = Uint8Array.of(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 77, 0, 1);
    fresh.object.map('allow').set(key, Uint8Array.of(1, 0, 0, 0));
    expect(fresh.run(frame).outcome).toBe('stripped');
    fresh.object.close();
  });

  it('knows the words of every instruction', () => {
    // All 16 bits: 13 of 4 bytes and 3 of 8 make 19 words; the egress time stands behind six.
    const words = Array.from({ length: 19 }, (_, index) =>
      index === 6 ? 0x1797_9cfe : index === 7 ? 0x3d85_d16c : index,
    );
    const all = { instructions: 0xffff, hopWords: 19, hops: [], domain: 0, domainInstructions: 0, sourceWords: words };
    const record = recordOf(stamped4(udp4, all));
    expect(record.arrivalNs - record.latencyNs).toBe(0x17979cfe3d85d16cn);
    expect(intDefaults.hopWords).toBe(6);
  });
});
