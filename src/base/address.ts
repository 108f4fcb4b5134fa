/**
 * IP addresses as the kernel side keeps them: always 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
 * Parsed here and not with node:net, so that pure modules may use it.
 */

const mappedPrefix: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const mappedBits = mappedPrefix.length * 8;

/** `prefixBits` counts in the 128 bits of the mapped form: 10.0.0.0/24 has 120. */
export type Prefix = { readonly address: Uint8Array; readonly prefixBits: number };

/** The 16 bytes of an IPv4 or IPv6 address; undefined if it is none. Zone ids (fe80::1%eth0) are refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text, mappedPrefix);
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
}

/** A CIDR prefix, or an address alone as its own prefix; undefined if it is neither. Host bits are cleared. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = '', lengthText, ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const width = addressText.includes(':') ? 128 : 32;
  const length = lengthText === undefined ? width : parseDecimal(lengthText, width);
  if (length === undefined) return undefined;
  const prefixBits = 128 - width + length;
  return { address: address.map((byte, index) => byte & byteMask(prefixBits - index * 8)), prefixBits };
}

/** Canonical text: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress(address: Uint8Array): string {
  if (address.length !== 16) throw new RangeError(`an address has 16 bytes, got ${address.length}`);
  if (isV4(address)) return address.subarray(mappedPrefix.length).join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0),
  );
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  // RFC 5952 section 4.2.2: a single zero group is not shortened.
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

export function formatPrefix({ address, prefixBits }: Prefix): string {
  const length = isV4(address) && prefixBits >= mappedBits ? prefixBits - mappedBits : prefixBits;
  return `${formatAddress(address)}/${length}`;
}

export function isV4(address: Uint8Array): boolean {
  return mappedPrefix.every((byte, index) => address[index] === byte);
}

function parseV4(text: string, before: readonly number[]): number[] | undefined {
  const parts = text.split('.');
  const octets = parts.map((part) => parseDecimal(part, 255)).filter((octet) => octet !== undefined);
  return parts.length === 4 && octets.length === 4 ? [...before, ...octets] : undefined;
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  const [head = '', tail] = halves;
  if (halves.length > 2) return undefined;
  const before = parseGroups(head, tail === undefined);
  const after = parseGroups(tail ?? '', true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  // "::" stands for at least one group; without it nothing may be missing.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

/** Bytes of colon-separated groups; the last may be dotted IPv4 where the address ends here. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const dotted = last && groups.at(-1)?.includes('.') === true ? parseV4(groups.pop() ?? '', []) : [];
  if (dotted === undefined || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return [...groups.map((group) => parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]), ...dotted];
}

/** Digits only and no leading zero: C libraries read 010 as eight. */
function parseDecimal(text: string, max: number): number | undefined {
  if (!/^(0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

function byteMask(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
