import type { FlowDescriptor } from './decode.ts';

const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The FNV prime is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const TWO_32 = 2 ** 32;

/**
 * The public id of a flow: 16 hexadecimal digits, the same for a 5-tuple and source node in every run (FNV-1a, 64
 * bits). Among 65,536 flows two share one by chance once in ten billion tries.
 */
export function flowId({ key, sourceNodeId }: FlowDescriptor): string {
  const numbers = [key.sourcePort, key.destinationPort, key.protocol, sourceNodeId];
  return fnv1a([...key.source, ...key.destination, ...numbers.flatMap((number) => bytesOf(number))]);
}

/** In two halves of 32 bits: the same with bigint takes ten times as long, a second for a full table. */
function fnv1a(bytes: readonly number[]): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    high = (high * PRIME_LOW + Math.floor(product / TWO_32) + ((low << 8) >>> 0)) >>> 0;
    low = product >>> 0;
  }
  return hex(high) + hex(low);
}

function hex(half: number): string {
  return half.toString(16).padStart(8, '0');
}

function bytesOf(number: number): number[] {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff];
}
