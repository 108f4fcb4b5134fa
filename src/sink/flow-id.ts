import type { FlowDescriptor } from './decode.ts';

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const BITS_64 = 64;

/**
 * The public id of a flow: 16 hexadecimal digits, the same for a 5-tuple and source node in every run (FNV-1a, 64
 * bits). Among 65,536 flows two share one by chance once in ten billion tries.
 */
export function flowId({ key, sourceNodeId }: FlowDescriptor): string {
  const numbers = [key.sourcePort, key.destinationPort, key.protocol, sourceNodeId];
  const bytes = [...key.source, ...key.destination, ...numbers.flatMap((number) => bytesOf(number))];
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = BigInt.asUintN(BITS_64, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash.toString(16).padStart(16, '0');
}

function bytesOf(number: number): number[] {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff];
}
