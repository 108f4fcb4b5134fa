import { expect, it, test } from 'vitest';
import { parseProtocol, protocolName } from './protocols.ts';

test.each([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [253, '253'],
])('protocol %i is called %s', (number, name) => {
  expect(protocolName(number)).toBe(name);
});

test.each([
  ['tcp', 6],
  ['UDP', 17],
  ['0', 0],
  ['6', 6],
  ['255', 255],
  ['256', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
  ['constructor', undefined],
  ['quic', undefined],
])('%j is protocol number %s', (text, number) => {
  expect(parseProtocol(text)).toBe(number);
});

it('reads back every name that it gives', () => {
  for (let number = 0; number < 256; number++) expect(parseProtocol(protocolName(number))).toBe(number);
});
