import { describe, expect, it, test } from 'vitest';
import { counterNames, readCounters, sumPerCpu } from './counters.ts';

describe('counter names', () => {
  test.each([
    [{ SINK_STRIPPED: 0, SINK_MD_VERSION: 1, SINK_OUTCOME_COUNT: 2 }, ['stripped', 'md_version']],
    [{ SINK_EVENT_RECORDS: 0, SINK_EVENT_RECORDS_LOST: 1, SINK_EVENT_COUNT: 2 }, ['records', 'records_lost']],
    [{ SOURCE_EVENT_FLOWS_CREATED: 0, SOURCE_EVENT_COUNT: 1 }, ['flows_created']],
    [{ A_CONGESTION: 0, A_COUNT: 1 }, ['congestion']],
    [{ A_COUNT: 2, A_TWO: 1, A_ONE: 0 }, ['one', 'two']],
  ])('of %o are %o', (constants, names) => {
    expect(counterNames(constants)).toEqual(names);
  });

  test.each([
    ['a hole', { A_ONE: 0, A_THREE: 2, A_COUNT: 3 }],
    ['flags', { A_ONE: 1, A_TWO: 2, A_FOUR: 4 }],
    ['no count', { A_ONE: 0, A_TWO: 1 }],
    ['nothing', {}],
  ])('refuse an enum with %s', (_, constants) => {
    expect(() => counterNames(constants)).toThrow(RangeError);
  });
});

describe('per-CPU values', () => {
  const perCpu = (...counts: bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(counts).buffer);

  it('are summed over CPUs', () => {
    expect(sumPerCpu(perCpu(1n, 2n, 2n ** 40n))).toBe(2 ** 40 + 3);
  });

  it('are read at the place of a view in a larger buffer', () => {
    expect(sumPerCpu(perCpu(7n, 1n, 2n).subarray(8))).toBe(3);
  });

  it('get their names, without the indexes that the map lacks', () => {
    const map = [perCpu(1n, 1n), undefined, perCpu(0n, 0n)];
    expect(readCounters(['first', 'second', 'third'], (index) => map[index])).toEqual({ first: 2, third: 0 });
  });
});
