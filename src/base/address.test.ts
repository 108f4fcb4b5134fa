import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatAddress, formatPrefix, isV4, parseAddress, parsePrefix } from './address.ts';

const canonical = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
};

describe('an address', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('%s reads canonically as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each([
    ['', 'nothing'],
    ['10.0.0', 'three octets'],
    ['10.0.0.1.2', 'five octets'],
    ['10.0.0.256', 'an octet over 255'],
    ['10.0.0.01', 'a leading zero'],
    ['10.0.0.', 'an empty octet'],
    ['1:2:3:4:5:6:7', 'seven groups'],
    ['1:2:3:4:5:6:7:8:9', 'nine groups'],
    ['1:2:3:4::5:6:7:8', 'a run of zeros without length'],
    ['1::2::3', 'two runs'],
    [':::', 'three colons'],
    [':1::', 'a leading colon'],
    ['12345::', 'a group of five digits'],
    ['1.2.3.4::', 'dotted octets in front'],
    ['::1.2.3.4:5', 'dotted octets inside'],
    ['fe80::1%eth0', 'a zone'],
    ['example.org', 'a host name'],
  ])('%j is refused: %s', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('survives text and back for every 16 bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.subarray([...Array(16).keys()]),
        (bytes, zeros) => {
          for (const index of zeros) bytes[index] = 0;
          const text = formatAddress(bytes);
          expect(isIP(text)).toBe(isV4(bytes) ? 4 : 6);
          expect(parseAddress(text)).toEqual(Uint8Array.from(bytes));
        },
      ),
    );
  });

  it('is told apart from other text exactly as Node does', () => {
    const piece = fc.constantFrom('0', '1', 'ff', 'ffff', '00001', '255', '256', '01', ':', '::', '.', 'g', '/', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
        const text = pieces.join('');
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('must have 16 bytes to be formatted', () => {
    expect(() => formatAddress(new Uint8Array(4))).toThrow(RangeError);
  });
});

describe('a prefix', () => {
  test.each([
    ['10.0.0.0/24', '10.0.0.0/24', 120],
    ['10.0.0.7/24', '10.0.0.0/24', 120],
    ['10.0.255.0/17', '10.0.128.0/17', 113],
    ['10.0.0.1', '10.0.0.1/32', 128],
    ['0.0.0.0/0', '0.0.0.0/0', 96],
    ['::/0', '::/0', 0],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33', 33],
    ['2001:db8::1', '2001:db8::1/128', 128],
    ['::ffff:0:0/90', '::ffc0:0:0/90', 90],
  ])('%s reads as %s', (text, expected, prefixBits) => {
    const prefix = parsePrefix(text);
    expect(prefix?.prefixBits).toBe(prefixBits);
    expect(prefix && formatPrefix(prefix)).toBe(expected);
  });

  test.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/08', '/8', 'a/8'])(
    '%s is refused',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );
});
