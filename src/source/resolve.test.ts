import { describe, expect, it } from 'vitest';
import { formatPrefix } from '../base/address.ts';
import { resolveDestinations } from './resolve.ts';

const resolver = async (name: string): Promise<string[]> => {
  if (name === 'db.example.org') return ['192.0.2.7', '2001:db8::7'];
  throw new Error(`ENOTFOUND ${name}`);
};

describe('resolveDestinations', () => {
  it('takes prefixes as they stand and every address of a host name', async () => {
    const prefixes = await resolveDestinations(['10.1.2.3/8', '2001:db8::/32', 'db.example.org'], resolver);
    expect(prefixes.map(formatPrefix)).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32', '2001:db8::7/128']);
  });

  it.each(['10.0.0.0/33', '10.0.0.300', '2001:db8::/129', 'fe80::1%eth0', 'host/24'])('refuses %s', async (value) => {
    await expect(resolveDestinations([value], resolver)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('says which name has no address', async () => {
    const outcome = resolveDestinations(['nowhere.example.org'], resolver);
    await expect(outcome).rejects.toThrow(/^resolve --to nowhere\.example\.org: ENOTFOUND.*; check the name/);
    await expect(outcome).rejects.toMatchObject({ exitCode: 1 });
  });
});
