/** The source's program on golden frames (BPF_PROG_TEST_RUN), alone and followed by the sink's. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interfaceIndex } from '../../native/index.ts';
import { intHostint } from '../../src/abi/layout.gen.ts';
import { concat, ethernet, ipv4, ipv6, payload, stamped4, tcp, telemetry, udp } from './frames.ts';
import { ipPacketOf, stampOf, type Stamp } from './packets.ts';
import { SinkProgram, SourceProgram, TC_NEXT, XDP_PASS } from './programs.ts';

/** Of struct __sk_buff, linux/bpf.h. */
const SK_BUFF_BYTES = 192;
const SK_BUFF_IFINDEX_AT = 40;

let source: SourceProgram;
beforeAll(() => {
  source = new SourceProgram().selectAll();
});
afterAll(() => source.object.close());

const udp4 = ipv4(udp(payload(32)), { trafficClass: 0xb9 });
const udp6 = ipv6(udp(payload(32)), { trafficClass: 0xb9 });

function stampIn(frame: Uint8Array): Stamp {
  const packet = ipPacketOf(frame);
  const stamp = packet && stampOf(packet);
  if (stamp === undefined) throw new Error('the frame is not stamped');
  return stamp;
}

/** Bytes with the times, epoch and stream blanked, which differ from run to run. */
function comparable(frame: Uint8Array, ipBytes: number): Uint8Array {
  const hop = 14 + ipBytes + 8 + 4 + 12;
  return Uint8Array.from(frame)
    .fill(0, hop + 6, hop + 24)
    .fill(0, hop + 28, hop + 32);
}

describe('stamps, byte for byte as the wire format says,', () => {
  it('IPv4: 76 bytes, the outer header a copy but for protocol, length and checksum', () => {
    const fresh = new SourceProgram().selectAll();
    const { action, outcome, frame } = fresh.run(ethernet(0x0800, udp4));
    const { sourcePort } = entropy(frame, 34);
    const expected = stamped4(
      udp4,
      { sourcePort, sourceWords: [0, 0], hops: [{ nodeId: 7, ingressNs: 0n, egressNs: 0n }] },
      { trafficClass: 0xb9 },
    );
    expect({ action, outcome, bytes: frame.length }).toEqual({
      action: TC_NEXT,
      outcome: 'stamped',
      bytes: 14 + udp4.length + 76,
    });
    expect(comparable(frame, 20)).toEqual(comparable(expected, 20));
    fresh.object.close();
  });

  it('IPv6: 96 bytes, flow label and traffic class copied', () => {
    const fresh = new SourceProgram().selectAll();
    const { outcome, frame } = fresh.run(ethernet(0x86dd, udp6));
    const { sourcePort } = entropy(frame, 54);
    const body = telemetry(udp6, {
      sourcePort,
      nextProtocol: 41,
      sourceWords: [0, 0],
      hops: [{ nodeId: 7, ingressNs: 0n, egressNs: 0n }],
    });
    const expected = ethernet(0x86dd, ipv6(body, { trafficClass: 0xb9 }));
    expect({ outcome, bytes: frame.length }).toEqual({ outcome: 'stamped', bytes: 14 + udp6.length + 96 });
    expect(comparable(frame, 40)).toEqual(comparable(expected, 40));
    fresh.object.close();
  });

  it('both timestamps of this moment by the TAI clock', () => {
    const offsetNs = 1_000_000_000_000n;
    const ahead = new SourceProgram({ clockOffsetNs: offsetNs }).selectAll();
    const now = stampIn(source.run(ethernet(0x0800, udp4)).frame).egressTimeNs;
    const later = stampIn(ahead.run(ethernet(0x0800, udp4)).frame).egressTimeNs;
    expect(Number(later - offsetNs - now)).toBeGreaterThan(0);
    expect(Number(later - offsetNs - now)).toBeLessThan(10_000_000_000);
    ahead.object.close();
  });

  it('ascending numbers a flow, in a stream of its own with the epoch of this start', () => {
    const flow = (port: number): Stamp => stampIn(source.run(ethernet(0x0800, ipv4(udp(payload(4), port)))).frame);
    const stamps = [flow(1), flow(1), flow(2), flow(1), flow(2)];
    expect(stamps.map(({ sequence }) => sequence)).toEqual([0, 1, 0, 2, 1]);
    expect(new Set(stamps.map(({ stream }) => stream)).size).toBe(2);
    expect(new Set(stamps.map(({ epoch }) => epoch))).toEqual(new Set([9]));
  });

  it('a UDP source port that a flow keeps and flows spread over', () => {
    const ports = Array.from({ length: 64 }, (_, index) => {
      const frame = ethernet(0x0800, ipv4(udp(payload(4), 1000 + index)));
      const first = entropy(source.run(frame).frame, 34).sourcePort;
      expect(entropy(source.run(frame).frame, 34).sourcePort).toBe(first);
      return first;
    });
    expect(new Set(ports).size).toBeGreaterThan(60);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(intHostint.INT_HOSTINT_SOURCE_PORT_BASE);
  });

  function entropy(frame: Uint8Array, at: number): { readonly sourcePort: number } {
    return { sourcePort: ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0) };
  }
});

describe('leaves byte-identical, counted by reason', () => {
  const echoRequest = ipv6(concat(Uint8Array.of(128, 0), payload(6)), { protocol: 58 });
  const neighbour = ipv6(concat(Uint8Array.of(135, 0), payload(22)), { protocol: 58 });
  const broadcastMac = ethernet(0x0800, udp4);
  broadcastMac.fill(0xff, 0, 6);
  const longer = ipv4(udp(payload(32)));
  longer[3] = (longer[3] ?? 0) + 1;
  const shortHeader = Uint8Array.from(udp4);
  shortHeader[0] = 0x44;

  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['not_ip', ethernet(0x0806, payload(28))],
    ['tagged', ethernet(0x0800, udp4, [0x8100])],
    ['tagged', ethernet(0x0800, udp4, [0x88a8, 0x8100])],
    ['truncated', ethernet(0x0800, longer)],
    ['truncated', ethernet(0x0800, shortHeader)],
    ['truncated', ethernet(0x0800, ipv4(payload(4), { protocol: 6 }))],
    ['fragment', ethernet(0x0800, ipv4(payload(24), { fragment: 0x2000 }))],
    ['fragment', ethernet(0x0800, ipv4(payload(24), { fragment: 0x0003 }))],
    ['fragment', ethernet(0x86dd, ipv6(payload(24), { protocol: 44 }))],
    ['ip_options', ethernet(0x0800, ipv4(udp(payload(4)), { options: Uint8Array.of(7, 4, 0, 0) }))],
    ['ip_options', ethernet(0x86dd, ipv6(payload(24), { protocol: 0 }))],
    ['ip_options', ethernet(0x86dd, ipv6(payload(24), { protocol: 43 }))],
    ['not_unicast', ethernet(0x0800, ipv4(udp(payload(4)), { destination: '239.1.1.1' }))],
    ['not_unicast', ethernet(0x0800, ipv4(udp(payload(4)), { destination: '255.255.255.255' }))],
    ['not_unicast', ethernet(0x86dd, ipv6(udp(payload(4)), { destination: 'ff02:0:0:0:0:0:0:1' }))],
    ['not_unicast', broadcastMac],
    ['neighbour_discovery', ethernet(0x86dd, neighbour)],
    ['already_stamped', stamped4(udp4)],
    ['low_ttl', ethernet(0x0800, ipv4(udp(payload(4)), { ttl: 31 }))],
    ['low_ttl', ethernet(0x86dd, ipv6(udp(payload(4)), { hopLimit: 1 }))],
  ];

  it.each(cases)('%s', (reason, frame) => {
    expect(source.run(frame)).toEqual({ action: TC_NEXT, outcome: reason, frame: Uint8Array.from(frame) });
  });

  it('but stamps what only resembles those', () => {
    expect(source.run(ethernet(0x86dd, echoRequest)).outcome).toBe('stamped');
    expect(source.run(ethernet(0x0800, ipv4(udp(payload(4)), { ttl: 32 }))).outcome).toBe('stamped');
    expect(source.run(ethernet(0x0800, ipv4(udp(payload(4)), { fragment: 0 }))).outcome).toBe('stamped');
  });

  it('any packet cut at any length', () => {
    for (const whole of [
      ethernet(0x0800, ipv4(tcp(payload(30)), { protocol: 6 })),
      ethernet(0x86dd, ipv6(tcp(payload(30)), { protocol: 6 })),
    ])
      // A test run itself refuses frames without a whole IP header.
      for (let length = whole[12] === 0x08 ? 34 : 54; length < whole.length; length++) {
        const cut = whole.slice(0, length);
        expect({ length, ...source.run(cut) }).toEqual({ length, action: TC_NEXT, outcome: 'truncated', frame: cut });
      }
  });

  it('no_room, when it would outgrow the device, to the byte', () => {
    execFileSync('ip', ['link', 'add', 'room0', 'mtu', '1500', 'type', 'veth', 'peer', 'name', 'room1']);
    const context = new Uint8Array(SK_BUFF_BYTES);
    new DataView(context.buffer).setUint32(SK_BUFF_IFINDEX_AT, interfaceIndex('room0'), true);
    const sent = (bytes: number) => source.run(ethernet(0x0800, ipv4(udp(payload(bytes - 28)))), { context });
    try {
      expect(sent(1500 - 76).outcome).toBe('stamped');
      expect(sent(1500 - 75)).toEqual({
        action: TC_NEXT,
        outcome: 'no_room',
        frame: ethernet(0x0800, ipv4(udp(payload(1500 - 75 - 28)))),
      });
      expect(sent(1500).outcome).toBe('no_room');
    } finally {
      execFileSync('ip', ['link', 'del', 'room0']);
    }
  });
});

describe('selects', () => {
  const v4 = (a: number, b: number, c: number, d: number): Uint8Array =>
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d);
  const to = (destination: string, packet = udp(payload(4)), protocol = 17): Uint8Array =>
    ethernet(0x0800, ipv4(packet, { destination, protocol }));

  function outcomes(program: SourceProgram, frames: readonly Uint8Array[]): string[] {
    const seen = frames.map((frame) => program.run(frame).outcome);
    program.object.close();
    return seen;
  }

  it('by prefix of the destination, in both families', () => {
    const program = new SourceProgram().select(v4(10, 77, 0, 0), 112).select(Uint8Array.of(0xfd, 0x77), 16);
    const frames = [
      to('10.77.0.2'),
      to('10.78.0.2'),
      ethernet(0x86dd, udp6),
      ethernet(0x86dd, ipv6(udp(payload(4)), { destination: 'fd78:0:0:0:0:0:0:2' })),
    ];
    expect(outcomes(program, frames)).toEqual(['stamped', 'not_selected', 'stamped', 'not_selected']);
  });

  it('by protocol', () => {
    const program = new SourceProgram({ protocols: [1 << 6, 0, 0, 0, 0, 0, 0, 0] }).selectAll();
    const frames = [to('10.77.0.2', tcp(payload(4)), 6), to('10.77.0.2'), to('10.77.0.2', payload(8), 1)];
    expect(outcomes(program, frames)).toEqual(['stamped', 'not_selected', 'not_selected']);
  });

  it('by port at either end, only where the protocol has ports', () => {
    const portRanges = Array.from({ length: 16 }, (_, index) =>
      index === 1 ? { first: 8000, last: 8999 } : index === 0 ? { first: 443, last: 443 } : { first: 0, last: 0 },
    );
    const program = new SourceProgram({ portRangeCount: 2, portRanges }).selectAll();
    const ports = (from: number, until: number): Uint8Array => to('10.77.0.2', tcp(payload(4), 1, from, until), 6);
    const frames = [
      ports(5000, 443),
      ports(443, 5000),
      ports(5000, 8500),
      ports(5000, 9000),
      ports(5000, 0),
      to('10.77.0.2', payload(8), 1),
    ];
    expect(outcomes(program, frames)).toEqual([
      'stamped',
      'stamped',
      'stamped',
      'not_selected',
      'not_selected',
      'not_selected',
    ]);
  });

  it('one packet of N when sampling, and says so in the stamp', () => {
    const program = new SourceProgram({ sample: 4 }).selectAll();
    const runs = Array.from({ length: 9 }, () => program.run(to('10.77.0.2')));
    program.object.close();
    const expected = ['stamped', 'not_sampled', 'not_sampled', 'not_sampled'];
    expect(runs.map(({ outcome }) => outcome)).toEqual([...expected, ...expected, 'stamped']);
    expect(runs.filter(({ outcome }) => outcome === 'stamped').map(({ frame }) => stampIn(frame).sequence)).toEqual([
      0, 4, 8,
    ]);
    const flags = 14 + 20 + 8 + 4 + 10;
    expect(runs[0]?.frame.subarray(flags, flags + 2)).toEqual(Uint8Array.of(0x80, 0));
  });
});

describe('with many flows', () => {
  it('a full map forgets the oldest, keeps every packet, and starts again in a stream not used before', () => {
    const program = new SourceProgram({}, 512).selectAll();
    const frame = (index: number): Uint8Array => ethernet(0x0800, ipv4(udp(payload(4), 1 + (index % 60_000), 5000)));
    const first = stampIn(program.run(frame(0)).frame);
    for (let index = 1; index < 3000; index++) expect(program.run(frame(index)).outcome).toBe('stamped');
    const again = stampIn(program.run(frame(0)).frame);
    const present = program.object.map('flows').entries().count;
    expect(program.events()).toEqual({ flows_created: 3001 });
    expect(present).toBeLessThanOrEqual(512);
    expect(again.sequence).toBe(0);
    expect(again.stream).not.toBe(first.stream);
    program.object.close();
  });
});

describe('what the source stamps the sink gives back', () => {
  const tcpOptions = concat(
    tcp(new Uint8Array(0)).subarray(0, 12),
    Uint8Array.of(0x80, 0x18, 1, 0xf5, 0xab, 0xcd, 0, 0),
    payload(12),
    payload(99),
  );
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['UDP in IPv4', ethernet(0x0800, udp4)],
    ['UDP in IPv6', ethernet(0x86dd, udp6)],
    ['TCP with options', ethernet(0x0800, ipv4(tcpOptions, { protocol: 6 }))],
    ['a packet without the DF flag', ethernet(0x0800, ipv4(udp(payload(4)), { fragment: 0 }))],
    ['ICMP', ethernet(0x0800, ipv4(payload(64), { protocol: 1 }))],
    ['SCTP', ethernet(0x86dd, ipv6(payload(64), { protocol: 132 }))],
    ['an empty packet of an unknown protocol', ethernet(0x0800, ipv4(new Uint8Array(0), { protocol: 253 }))],
    ['ECT(0)', ethernet(0x0800, ipv4(udp(payload(4)), { trafficClass: 0x02 }))],
    ['an arriving CE mark', ethernet(0x0800, ipv4(udp(payload(4)), { trafficClass: 0x03 }))],
    ['TTL 255', ethernet(0x0800, ipv4(udp(payload(4)), { ttl: 255 }))],
    ['padding behind the packet', concat(ethernet(0x0800, ipv4(udp(payload(1)))), new Uint8Array(17))],
  ];

  it.each(cases)('%s', (_, frame) => {
    const sink = new SinkProgram();
    const stamped = source.run(frame);
    const stripped = sink.run(stamped.frame);
    sink.object.close();
    expect(stamped.outcome).toBe('stamped');
    expect(stripped).toEqual({ action: XDP_PASS, outcome: 'stripped', frame: Uint8Array.from(frame) });
  });
});
