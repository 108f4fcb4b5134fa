import { describe, expect, it } from 'vitest';
import { contradiction, parsePortRanges, parseProtocols, protocolWords } from './selection.ts';

describe('parsePortRanges', () => {
  it.each([
    ['443', [{ first: 443, last: 443 }]],
    [
      '443, 8000-8999',
      [
        { first: 443, last: 443 },
        { first: 8000, last: 8999 },
      ],
    ],
    ['0-65535', [{ first: 0, last: 65535 }]],
  ])('reads %s', (text, ranges) => {
    expect(parsePortRanges(text)).toEqual(ranges);
  });

  it.each([
    ['', 'neither a port'],
    ['443,', 'neither a port'],
    ['http', 'neither a port'],
    ['70000', 'beyond port 65535'],
    ['9-8', 'ends before it begins'],
    [Array.from({ length: 17 }, (_, port) => port).join(','), 'more than 16'],
  ])('refuses "%s"', (text, cause) => {
    expect(() => parsePortRanges(text)).toThrow(cause);
  });
});

describe('protocols', () => {
  it('sets one bit a protocol, beyond the first word too', () => {
    const words = protocolWords([6, 17, 132, 255]);
    expect(words).toHaveLength(8);
    expect(words[0]).toBe((1 << 6) | (1 << 17));
    expect(words[4]).toBe(1 << 4);
    expect(words[7]).toBe(0x80000000);
  });

  it('names the one that is unknown', () => {
    expect(() => parseProtocols('tcp,carrier-pigeon')).toThrow('"carrier-pigeon" is no protocol');
    expect(parseProtocols('tcp, 132')).toEqual([6, 132]);
  });

  it('sees that ports without a protocol that has ports select nothing', () => {
    const ports = [{ first: 1, last: 2 }];
    expect(contradiction([1, 58], ports)).toBe('icmp, icmpv6 has no ports');
    expect(contradiction([1, 6], ports)).toBeUndefined();
    expect(contradiction([], ports)).toBeUndefined();
    expect(contradiction([1], [])).toBeUndefined();
  });
});
