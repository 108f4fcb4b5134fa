/**
 * Reads captured frames by the book (RFC 791, 8200, 768, 9293; INT Dataplane Specification v2.1): an
 * oracle that shares no code with the product.
 */

export type IpPacket = {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  /** DSCP and ECN in one byte. */
  readonly trafficClass: number;
  /** IPv4 only, else 0. */
  readonly identification: number;
  readonly protocol: number;
  /** From the first byte of the IP header to the end that its length field names (or to the snap length). */
  readonly bytes: Uint8Array;
  /** What the IP header says of its whole length, snapped or not. */
  readonly totalBytes: number;
  readonly headerBytes: number;
};

export type Transport = {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes behind the transport header, snapped or not. */
  readonly payloadBytes: number;
  /** TCP only, else 0. */
  readonly tcpSequence: number;
};

export type Stamp = {
  readonly nodeId: number;
  readonly instructions: number;
  readonly domainInstructions: number;
  readonly egressTimeNs: bigint;
  readonly sequence: number;
  readonly epoch: number;
  readonly stream: number;
  /** Present on the segments of a superpacket. */
  readonly superpacket:
    { readonly tcpSequence: number; readonly segments: number; readonly segmentBytes: number } | undefined;
  readonly inner: IpPacket;
};

const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const INT_PORT = 33122;
const ETHERNET_BYTES = 14;
const UDP_BYTES = 8;

/** The frame's IP packet, or undefined when it holds something else. */
export function ipPacketOf(frame: Uint8Array): IpPacket | undefined {
  const type = frame.length < ETHERNET_BYTES ? 0 : viewOf(frame).getUint16(12);
  return type === 0x0800 || type === 0x86dd ? parseIp(frame.subarray(ETHERNET_BYTES)) : undefined;
}

/** TCP and UDP ports; undefined for any other protocol. */
export function transportOf(packet: IpPacket): Transport | undefined {
  const view = viewOf(packet.bytes.subarray(packet.headerBytes));
  const behind = packet.totalBytes - packet.headerBytes;
  const ports = () => ({ sourcePort: view.getUint16(0), destinationPort: view.getUint16(2) });
  if (packet.protocol === PROTOCOL_UDP) return { ...ports(), payloadBytes: behind - UDP_BYTES, tcpSequence: 0 };
  if (packet.protocol !== PROTOCOL_TCP) return undefined;
  const headerBytes = (view.getUint8(12) >> 4) * 4;
  return { ...ports(), payloadBytes: behind - headerBytes, tcpSequence: view.getUint32(4) };
}

/** The telemetry of a packet stamped by a hostint source; undefined when it carries none. */
export function stampOf(packet: IpPacket): Stamp | undefined {
  const transport = transportOf(packet);
  if (packet.protocol !== PROTOCOL_UDP || transport?.destinationPort !== INT_PORT) return undefined;
  const telemetry = packet.bytes.subarray(packet.headerBytes + UDP_BYTES);
  const view = viewOf(telemetry);
  expectByte(view.getUint8(0), 0x18, 'shim type and NPT');
  expectByte(view.getUint8(4) >> 4, 2, 'INT-MD version');
  expectByte(view.getUint16(10), 0x4849, 'domain');
  const domainInstructions = view.getUint16(12);
  const hop = 16;
  const domain = hop + 24;
  const superpacket = domain + 8;
  return {
    nodeId: view.getUint32(hop),
    instructions: view.getUint16(8),
    domainInstructions,
    egressTimeNs: view.getBigUint64(hop + 16),
    sequence: view.getUint32(domain),
    epoch: view.getUint16(domain + 4),
    stream: view.getUint16(domain + 6),
    superpacket:
      (domainInstructions & 0x2000) === 0
        ? undefined
        : {
            tcpSequence: view.getUint32(superpacket),
            segments: view.getUint16(superpacket + 4),
            segmentBytes: view.getUint16(superpacket + 6),
          },
    inner: parseIp(telemetry.subarray(4 + 4 * view.getUint8(1))),
  };
}

function parseIp(bytes: Uint8Array): IpPacket {
  const view = viewOf(bytes);
  const version = view.getUint8(0) >> 4;
  if (version === 4) {
    const totalBytes = view.getUint16(2);
    return {
      version,
      source: ipv4Text(bytes.subarray(12, 16)),
      destination: ipv4Text(bytes.subarray(16, 20)),
      ttl: view.getUint8(8),
      trafficClass: view.getUint8(1),
      identification: view.getUint16(4),
      protocol: view.getUint8(9),
      bytes: bytes.subarray(0, totalBytes),
      totalBytes,
      headerBytes: (view.getUint8(0) & 15) * 4,
    };
  }
  expectByte(version, 6, 'IP version');
  const totalBytes = 40 + view.getUint16(4);
  return {
    version: 6,
    source: ipv6Text(view, 8),
    destination: ipv6Text(view, 24),
    ttl: view.getUint8(7),
    trafficClass: (view.getUint16(0) >> 4) & 255,
    identification: 0,
    protocol: view.getUint8(6),
    bytes: bytes.subarray(0, totalBytes),
    totalBytes,
    headerBytes: 40,
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function expectByte(value: number, expected: number, what: string): void {
  if (value !== expected) throw new Error(`${what} is ${value} and not ${expected}`);
}

function ipv4Text(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** In full, without leading zeros and without "::". */
function ipv6Text(view: DataView, offset: number): string {
  return Array.from({ length: 8 }, (_, index) => view.getUint16(offset + 2 * index).toString(16)).join(':');
}
