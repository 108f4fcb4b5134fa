import { type IpPacket, ipPacketOf, type Stamp, stampOf, type Transport, transportOf } from './packets.ts';

/** A frame of one flow, stamped or not: `packet` is what the application's stack sent. */
export type FlowFrame = {
  readonly packet: IpPacket;
  readonly transport: Transport;
  readonly stamp: Stamp | undefined;
  /** What stands around `packet` on the wire. */
  readonly outer: IpPacket | undefined;
};

export type StampedFrame = FlowFrame & { readonly stamp: Stamp; readonly outer: IpPacket };

/** The frames of flows with this port at either end, in order. */
export function framesOfPort(frames: readonly Uint8Array[], port: number): readonly FlowFrame[] {
  return frames.flatMap((data) => {
    const outer = ipPacketOf(data);
    if (outer === undefined) return [];
    const stamp = stampOf(outer);
    const packet = stamp?.inner ?? outer;
    const transport = transportOf(packet);
    if (transport === undefined) return [];
    if (transport.sourcePort !== port && transport.destinationPort !== port) return [];
    return [{ packet, transport, stamp, outer: stamp === undefined ? undefined : outer }];
  });
}

export function isStamped(frame: FlowFrame): frame is StampedFrame {
  return frame.stamp !== undefined && frame.outer !== undefined;
}

/** Names the stream that a stamp's number belongs to. */
export function streamOf({ stamp }: StampedFrame): string {
  return `${stamp.epoch}/${stamp.stream}`;
}

/** The frame's own number in its stream: a superpacket's segments count up from the stamp's. */
export function numberOf({ stamp, transport }: StampedFrame): number {
  const { sequence, superpacket } = stamp;
  if (superpacket === undefined) return sequence;
  const bytes = (transport.tcpSequence - superpacket.tcpSequence) >>> 0;
  if (bytes % superpacket.segmentBytes !== 0)
    throw new Error(`segment at byte ${bytes} of ${superpacket.segmentBytes} each`);
  return sequence + bytes / superpacket.segmentBytes;
}

/** Numbers by stream, each stream ascending. */
export function numbersByStream(frames: readonly StampedFrame[]): ReadonlyMap<string, readonly number[]> {
  const streams = new Map<string, number[]>();
  for (const frame of frames) {
    const numbers = streams.get(streamOf(frame)) ?? [];
    numbers.push(numberOf(frame));
    streams.set(streamOf(frame), numbers);
  }
  for (const numbers of streams.values()) numbers.sort((one, other) => one - other);
  return streams;
}
