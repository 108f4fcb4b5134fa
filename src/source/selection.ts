/**
 * What --protocol and --port select, as the stamping program reads it.
 */
import type { PortRangeStruct } from '../abi/layout.gen.ts';
import { abiLimit } from '../abi/layout.gen.ts';
import { parseProtocol, protocolName } from '../base/protocols.ts';

/** Ports from `443,8000-8999`; throws an error that says what cannot be read. */
export function parsePortRanges(text: string): PortRangeStruct[] {
  const ranges: PortRangeStruct[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) throw new Error(`"${part.trim()}" is neither a port nor a range of ports`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last > 65535) throw new Error(`"${part.trim()}" goes beyond port 65535`);
    if (first > last) throw new Error(`"${part.trim()}" ends before it begins`);
    ranges.push({ first, last });
  }
  if (ranges.length > abiLimit.PORT_RANGES_MAX)
    throw new Error(`more than ${abiLimit.PORT_RANGES_MAX} ports or ranges`);
  return ranges;
}

/** IP protocol numbers from `tcp,udp,132`; throws an error that names the one that is unknown. */
export function parseProtocols(text: string): number[] {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const number = parseProtocol(part.trim());
    if (number === undefined) throw new Error(`"${part.trim()}" is no protocol`);
    numbers.push(number);
  }
  return numbers;
}

/** The bit set over all IP protocols that the program tests; all zero selects every one. */
export function protocolWords(protocols: readonly number[]): number[] {
  const words = new Uint32Array(abiLimit.PROTOCOL_WORDS);
  for (const protocol of protocols) words[protocol >> 5] = ((words[protocol >> 5] ?? 0) | (1 << (protocol & 31))) >>> 0;
  return [...words];
}

/** Ports belong to TCP and UDP: with --port and other protocols alone nothing could ever match. */
export function contradiction(protocols: readonly number[], ports: readonly PortRangeStruct[]): string | undefined {
  const withPorts = [parseProtocol('tcp'), parseProtocol('udp')];
  if (ports.length === 0 || protocols.length === 0 || protocols.some((protocol) => withPorts.includes(protocol)))
    return undefined;
  return `${protocols.map(protocolName).join(', ')} has no ports`;
}
