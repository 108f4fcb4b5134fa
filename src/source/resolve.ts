/** --to values as prefixes: addresses and CIDR as they stand, host names through the system's resolver. */
import { lookup } from 'node:dns/promises';
import { parseAddress, parsePrefix, type Prefix } from '../base/address.ts';
import { operationError, usageError } from '../base/errors.ts';

export type Resolver = (name: string) => Promise<readonly string[]>;

export const systemResolver: Resolver = async (name) => {
  const answers = await lookup(name, { all: true, verbatim: true });
  return answers.map(({ address }) => address);
};

/** All prefixes of all values; throws a HostintError that names the value that cannot be used. */
export async function resolveDestinations(values: readonly string[], resolver: Resolver): Promise<Prefix[]> {
  const prefixes = await Promise.all(values.map(async (value) => resolve(value, resolver)));
  return prefixes.flat();
}

async function resolve(value: string, resolver: Resolver): Promise<Prefix[]> {
  const prefix = parsePrefix(value);
  if (prefix !== undefined) return [prefix];
  // What can only have been meant as an address would otherwise fail as a strange host name.
  if (value.includes('/') || value.includes(':') || /^[\d.]+$/.test(value))
    throw usageError({
      operation: 'read option',
      object: '--to',
      cause: `"${value}" is neither an address, nor a prefix, nor a host name`,
      cure: 'give 10.0.0.0/24, 2001:db8::/32 or db.example.org',
    });
  let addresses: readonly string[];
  try {
    addresses = await resolver(value);
  } catch (error) {
    const cure = 'check the name and the resolver, or give the address';
    throw operationError({ operation: 'resolve --to', object: value, cause: error, cure });
  }
  return addresses.flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ address, prefixBits: 128 }];
  });
}
