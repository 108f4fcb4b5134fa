/** The IANA numbers of protocols that people name; every other one goes by its number. */
const numbers: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};

const names: ReadonlyMap<number, string> = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

/** "tcp", "udp", …, else the number as text. */
export function protocolName(number: number): string {
  return names.get(number) ?? String(number);
}

/** The number of a protocol given by name (any case) or as a number from 0 to 255; undefined if it is neither. */
export function parseProtocol(text: string): number | undefined {
  const name = text.toLowerCase();
  if (Object.hasOwn(numbers, name)) return numbers[name];
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}
