import { createHash } from 'node:crypto';

const BLOCK_BYTES = 64 << 10;

/** What one end of a transfer sent or received: equal at both ends, or bytes were lost or changed. */
export type Digest = { readonly bytes: number; readonly sha256: string };

/** Counts and hashes bytes as they pass. */
export type Meter = {
  readonly add: (data: Uint8Array) => void;
  readonly bytes: () => number;
  readonly digest: () => Digest;
};

export function meter(): Meter {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    add: (data) => {
      hash.update(data);
      bytes += data.length;
    },
    bytes: () => bytes,
    digest: () => ({ bytes, sha256: hash.copy().digest('hex') }),
  };
}

/** A stream's content in blocks of 64 KiB, each different, so that one repeated or swapped shows in the hash. */
export function* streamBlocks(bytes: number): Generator<Buffer> {
  for (let offset = 0, number = 0; offset < bytes; offset += BLOCK_BYTES, number++)
    yield numberedPayload(number, Math.min(BLOCK_BYTES, bytes - offset));
}

/**
 * The content of datagram `number`: the number as 32 bits in network order, then byte i is i plus the
 * number's four bytes, mod 256.
 */
export function numberedPayload(number: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(bytes);
  const start = number + (number >>> 8) + (number >>> 16) + (number >>> 24);
  for (let index = 0; index < bytes; index++) payload[index] = (start + index) & 255;
  if (bytes >= 4) payload.writeUInt32BE(number >>> 0);
  return payload;
}

/** The number in a payload made by numberedPayload; undefined if any byte of it differs. */
export function readNumber(payload: Buffer): number | undefined {
  if (payload.length < 4) return undefined;
  const number = payload.readUInt32BE();
  return payload.equals(numberedPayload(number, payload.length)) ? number : undefined;
}
