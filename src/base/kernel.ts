/** What source and sink both ask of the addon, with errors that name operation, object, cause and cure. */
import { BpfError, interfaceIndex, type BpfMap } from '../../native/index.ts';
import { SIZEOF_prefix_key, SIZEOF_prefix_value, writePrefixKey, writePrefixValue } from '../abi/layout.gen.ts';
import type { Prefix } from './address.ts';
import { counterNames, readCounters } from './counters.ts';
import { operationError } from './errors.ts';

/** The cure wherever the kernel says EPERM. */
export const RIGHTS_CURE = 'run as root or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON';

/** The index of an interface; throws a HostintError if No such device. */
export function findInterface(name: string): number {
  try {
    return interfaceIndex(name);
  } catch (error) {
    const absent = error instanceof BpfError && error.code === 'ENODEV';
    const cause = absent ? 'No such device' : causeOf(error);
    throw operationError({
      operation: 'find interface',
      object: name,
      cause,
      cure: 'give --iface a name that `ip link` lists',
    });
  }
}

/** Key of a map that is an array. */
export function indexKey(index: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, index, true);
  return key;
}

/** Enters a prefix into a longest-prefix map. */
export function addPrefix(map: BpfMap, { prefixBits, address }: Prefix): void {
  const key = new Uint8Array(SIZEOF_prefix_key);
  const value = new Uint8Array(SIZEOF_prefix_value);
  writePrefixKey(new DataView(key.buffer), 0, { prefixBits, address });
  writePrefixValue(new DataView(value.buffer), 0, { selected: 1 });
  map.set(key, value);
}

/** The counters of a per-CPU array by their public names; `constants` is the enum that indexes it. */
export function countersOf(map: BpfMap, constants: Readonly<Record<string, number>>): Record<string, number> {
  return readCounters(counterNames(constants), (index) => map.get(indexKey(index)));
}

/** The kernel refused for lack of rights. */
export function isDenied(error: unknown): boolean {
  return error instanceof BpfError && (error.code === 'EPERM' || error.code === 'EACCES');
}

/** Another program holds the place. */
export function isTaken(error: unknown): boolean {
  return error instanceof BpfError && (error.code === 'EBUSY' || error.code === 'EEXIST');
}

/** What to show as the cause: of the addon's errors the message, unless rights are missing, where libbpf only guesses. */
export function causeOf(error: unknown): unknown {
  if (isDenied(error)) return 'operation not permitted';
  return error instanceof BpfError ? error.message : error;
}
