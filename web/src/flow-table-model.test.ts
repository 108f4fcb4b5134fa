import { describe, expect, test } from 'vitest';
import { filterFlows, flowColumns, holdOrder, nextSort, sortFlows, type ColumnKey } from './flow-table-model.ts';
import { flow, windowAt } from './window.fixture.ts';

const T0 = 1_700_000_000;
const PER_SECOND = flowColumns('second');

function textOf(key: ColumnKey, subject = flow(), basis: 'second' | 'start' = 'second'): string | undefined {
  return flowColumns(basis)
    .find((column) => column.key === key)
    ?.text(subject);
}

function ids(flows: readonly { readonly id: string }[]): string {
  return flows.map((row) => row.id).join('');
}

describe('columns', () => {
  test('take figures from the last second or from the whole flow', () => {
    const subject = flow({ packets: 5_000_000, window: windowAt(T0, { packets: 1234, bytes: 125_000 }) });
    expect(textOf('packets', subject)).toBe('1.23 k');
    expect(textOf('bytes', subject)).toBe('1.00 Mbit/s');
    expect(textOf('packets', subject, 'start')).toBe('5,000,000');
    expect(textOf('bytes', subject, 'start')).toBe('1.00 kB');
  });

  test('show no figure for a flow whose first second has not ended', () => {
    expect(textOf('p99', flow({ window: null }))).toBe('–');
    expect(textOf('lost', flow({ window: null }))).toBe('–');
  });

  test('show lost packets with their share', () => {
    expect(textOf('lost', flow({ window: windowAt(T0, { packets: 99, lost: 1 }) }))).toBe('1 (1 %)');
    expect(textOf('lost', flow())).toBe('0');
  });
});

describe('filter', () => {
  const flows = [
    flow({ id: 'a', source: '10.0.0.1', destinationPort: 443, protocol: 'tcp' }),
    flow({ id: 'b', source: 'fd00::1', destinationPort: 53, protocol: 'udp', interface: 'Eth1' }),
    flow({ id: 'c', source: '10.0.0.7', destinationPort: 53, protocol: 'udp', sourceNodeId: 9 }),
  ];

  test.each([
    ['', 'abc'],
    ['   ', 'abc'],
    ['udp', 'bc'],
    ['UDP :53 10.0.0.7', 'c'],
    ['fd00::1', 'b'],
    ['eth1', 'b'],
    ['node 9', 'c'],
    ['nowhere', ''],
  ])('%j leaves %j', (filter, expected) => {
    expect(ids(filterFlows(flows, filter))).toBe(expected);
  });
});

describe('sort', () => {
  test('puts the largest figure first and unknown ones last, both ways', () => {
    const flows = [
      flow({ id: 'a', window: null }),
      flow({ id: 'b', window: windowAt(T0, { packets: 5 }) }),
      flow({ id: 'c', window: windowAt(T0, { packets: 50 }) }),
    ];
    expect(ids(sortFlows(flows, { key: 'packets', descending: true }, PER_SECOND))).toBe('cba');
    expect(ids(sortFlows(flows, { key: 'packets', descending: false }, PER_SECOND))).toBe('bca');
  });

  test('orders addresses as people count', () => {
    const flows = [flow({ id: 'a', source: '10.0.0.10' }), flow({ id: 'b', source: '10.0.0.9' })];
    expect(ids(sortFlows(flows, { key: 'source', descending: false }, PER_SECOND))).toBe('ba');
  });

  test('orders negative latency below zero', () => {
    const latencyNs = { min: -9, mean: -5, p50: -5, p90: -2, p99: -1, p999: 0, max: 0 };
    const flows = [flow({ id: 'a' }), flow({ id: 'b', window: windowAt(T0, { latencyNs }) })];
    expect(ids(sortFlows(flows, { key: 'p50', descending: false }, PER_SECOND))).toBe('ba');
  });

  test('keeps equal rows in one order, however they arrive', () => {
    const [a, b] = [flow({ id: 'a' }), flow({ id: 'b' })];
    const sort = { key: 'lost', descending: true } as const;
    expect(ids(sortFlows([b, a], sort, PER_SECOND))).toBe(ids(sortFlows([a, b], sort, PER_SECOND)));
  });

  test('begins with the largest for figures and with A for text, and turns round on the second click', () => {
    const column = (key: ColumnKey) => {
      const found = PER_SECOND.find((candidate) => candidate.key === key);
      if (found === undefined) throw new Error(`no column ${key}`);
      return found;
    };
    const byP99 = nextSort({ key: 'packets', descending: true }, column('p99'));
    expect(byP99).toEqual({ key: 'p99', descending: true });
    expect(nextSort(byP99, column('p99'))).toEqual({ key: 'p99', descending: false });
    expect(nextSort(byP99, column('source'))).toEqual({ key: 'source', descending: false });
  });
});

test('a held order keeps rows in place and puts new ones after them', () => {
  const flows = [flow({ id: 'n' }), flow({ id: 'a' }), flow({ id: 'b' })];
  expect(ids(holdOrder(flows, ['b', 'gone', 'a']))).toBe('ban');
});

test('a narrow table names a flow in two lines, followed by its figures', () => {
  const columns = flowColumns('second', true);
  expect(columns.slice(0, 2).map((column) => column.key)).toEqual(['source', 'packets']);
  expect(columns[0]?.text(flow())).toBe('10.0.0.1:40000\n→ 10.0.0.2:443');
  expect(columns.map((column) => column.key).toSorted()).toEqual(
    flowColumns('second')
      .map((column) => column.key)
      .filter((key) => key !== 'destination')
      .toSorted(),
  );
});
