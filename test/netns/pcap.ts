export type CapturedFrame = {
  /** Since the Unix epoch. */
  readonly timeNs: bigint;
  /** On the wire; `data` is shorter when the capture was cut at its snap length. */
  readonly bytes: number;
  readonly data: Uint8Array;
};

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const LINKTYPE_ETHERNET = 1;

/** Reads a classic pcap file of Ethernet frames in this machine's byte order; throws on anything else. */
export function parsePcap(file: Uint8Array): readonly CapturedFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC_NANOSECONDS && magic !== MAGIC_MICROSECONDS)
    throw new Error(`pcap: magic ${magic.toString(16)} is unknown`);
  const linkType = view.getUint32(20, true);
  if (linkType !== LINKTYPE_ETHERNET) throw new Error(`pcap: link type ${linkType} is not Ethernet`);
  const fractionNs = magic === MAGIC_NANOSECONDS ? 1n : 1000n;

  const frames: CapturedFrame[] = [];
  for (let offset = FILE_HEADER_BYTES; offset < file.length;) {
    const captured = view.getUint32(offset + 8, true);
    const start = offset + RECORD_HEADER_BYTES;
    if (start + captured > file.length) throw new Error(`pcap: record ${frames.length} is cut off`);
    frames.push({
      timeNs:
        BigInt(view.getUint32(offset, true)) * 1_000_000_000n + BigInt(view.getUint32(offset + 4, true)) * fractionNs,
      bytes: view.getUint32(offset + 12, true),
      data: file.subarray(start, start + captured),
    });
    offset = start + captured;
  }
  return frames;
}
