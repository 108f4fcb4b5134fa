/**
 * Public names of a counting enum's constants, indexed by value: without their common prefix, in lower case
 * (SINK_MD_VERSION → "md_version"). The enum counts from 0 and ends with a `…_COUNT` constant, which gets no name.
 * Throws RangeError for any other enum: its values would not be indexes of a map.
 */
export function counterNames(constants: Readonly<Record<string, number>>): readonly string[] {
  const ordered = Object.entries(constants).sort(([, a], [, b]) => a - b);
  const all = ordered.map(([name]) => name);
  if (!ordered.every(([, value], index) => value === index) || all.at(-1)?.endsWith('_COUNT') !== true)
    throw new RangeError(`${all.join(', ')}: not a list of counters`);
  const prefix = commonPrefix(all);
  return all.slice(0, -1).map((name) => name.slice(prefix.length).toLowerCase());
}

/**
 * Counters by name, each summed over CPUs. `valuesOf` returns a map's per-CPU u64 values (little-endian, one after
 * another) of one index; an index that the map does not hold is left out.
 */
export function readCounters(
  names: readonly string[],
  valuesOf: (index: number) => Uint8Array | undefined,
): Record<string, number> {
  const sums = names.flatMap((name, index) => {
    const values = valuesOf(index);
    return values === undefined ? [] : [[name, sumPerCpu(values)] as const];
  });
  return Object.fromEntries(sums);
}

/** Exact up to 2^53. */
export function sumPerCpu(values: Uint8Array): number {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let sum = 0n;
  for (let offset = 0; offset < values.byteLength; offset += 8) sum += view.getBigUint64(offset, true);
  return Number(sum);
}

/** Whole words only: the prefix ends with an underscore. */
function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, first.lastIndexOf('_', length - 1) + 1);
}
