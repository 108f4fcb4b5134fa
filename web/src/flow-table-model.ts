import type { Flow, Measures } from '../../src/sink/messages.ts';
import {
  formatBitsPerSecond,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatMetric,
  formatPercent,
  lossPercent,
} from './format.ts';

/** Over which time the figures of a row are taken. */
export type Basis = 'second' | 'start';

export const COLUMN_KEYS = [
  'source',
  'destination',
  'protocol',
  'packets',
  'bytes',
  'lost',
  'p50',
  'p99',
  'max',
  'jitter',
  'reordered',
  'duplicates',
  'interface',
] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];

export interface Sort {
  readonly key: ColumnKey;
  readonly descending: boolean;
}

export const DEFAULT_SORT: Sort = { key: 'packets', descending: true };

export interface Column {
  readonly key: ColumnKey;
  readonly label: string;
  /** Figures stand right-aligned and sort first by their largest. */
  readonly numeric: boolean;
  /** What rows are sorted by; null sorts last in both directions. */
  readonly value: (flow: Flow) => number | string | null;
  readonly text: (flow: Flow) => string;
}

/**
 * The columns of the table, their figures taken over `basis`. `narrow` joins what names a flow in one column of two
 * lines, so that a phone shows figures beside it.
 */
export function flowColumns(basis: Basis, narrow = false): readonly Column[] {
  const perSecond = basis === 'second';
  const figures = (flow: Flow): Measures | null => (perSecond ? flow.window : flow);
  const figure = (
    key: ColumnKey,
    label: string,
    value: (measures: Measures) => number | null,
    format: (value: number | null) => string,
  ): Column => {
    const valueOf = (flow: Flow): number | null => {
      const measures = figures(flow);
      return measures === null ? null : value(measures);
    };
    return { key, label, numeric: true, value: valueOf, text: (flow) => format(valueOf(flow)) };
  };
  const text = (key: ColumnKey, label: string, value: (flow: Flow) => string): Column => ({
    key,
    label,
    numeric: false,
    value,
    text: value,
  });
  const source = (flow: Flow): string => formatEndpoint(flow.source, flow.sourcePort);
  const destination = (flow: Flow): string => formatEndpoint(flow.destination, flow.destinationPort);
  const protocol = text('protocol', 'Protocol', (flow) => flow.protocol);
  const values: Column[] = [
    figure('packets', perSecond ? 'Packets/s' : 'Packets', (m) => m.packets, perSecond ? formatMetric : formatCount),
    figure(
      'bytes',
      perSecond ? 'Bit/s' : 'Bytes',
      (m) => m.bytes,
      perSecond ? formatBitsPerSecond : (bytes) => formatMetric(bytes, 'B'),
    ),
    { ...figure('lost', 'Lost', (m) => m.lost, formatCount), text: (flow) => lostText(figures(flow)) },
    figure('p50', 'p50', (m) => m.latencyNs?.p50 ?? null, formatDuration),
    figure('p99', 'p99', (m) => m.latencyNs?.p99 ?? null, formatDuration),
    figure('max', 'Max', (m) => m.latencyNs?.max ?? null, formatDuration),
    figure('jitter', 'Jitter', (m) => m.jitterNs, formatDuration),
    figure('reordered', 'Reordered', (m) => m.reordered, formatMetric),
    figure('duplicates', 'Duplicates', (m) => m.duplicates, formatMetric),
  ];
  const where = text('interface', 'Interface, node', (flow) => `${flow.interface}, node ${flow.sourceNodeId}`);
  if (narrow)
    return [
      text('source', 'Source → destination', (flow) => `${source(flow)}\n→ ${destination(flow)}`),
      ...values,
      protocol,
      where,
    ];
  return [
    text('source', 'Source', source),
    text('destination', 'Destination', destination),
    protocol,
    ...values,
    where,
  ];
}

function lostText(measures: Measures | null): string {
  if (measures === null) return formatCount(null);
  if (measures.lost === 0) return '0';
  return `${formatCount(measures.lost)} (${formatPercent(lossPercent(measures.lost, measures.packets))})`;
}

/** What a click on a header leads to: figures begin with the largest, texts with A; a second click turns round. */
export function nextSort(sort: Sort, column: Column): Sort {
  if (sort.key !== column.key) return { key: column.key, descending: column.numeric };
  return { key: sort.key, descending: !sort.descending };
}

/** Flows that contain every word of the filter in what identifies them, whatever the case. */
export function filterFlows(flows: readonly Flow[], filter: string): readonly Flow[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return flows;
  return flows.filter((flow) => {
    const text = identity(flow);
    return words.every((word) => text.includes(word));
  });
}

function identity(flow: Flow): string {
  const source = formatEndpoint(flow.source, flow.sourcePort);
  const destination = formatEndpoint(flow.destination, flow.destinationPort);
  return `${source} ${destination} ${flow.protocol} ${flow.interface} node ${flow.sourceNodeId}`.toLowerCase();
}

/** Sorted copy; rows that compare equal stay in the order of their ids, so that they do not swap places every second. */
export function sortFlows(flows: readonly Flow[], sort: Sort, columns: readonly Column[]): readonly Flow[] {
  const column = columns.find((candidate) => candidate.key === sort.key);
  if (column === undefined) return flows;
  const rows = flows.map((flow) => ({ flow, value: column.value(flow) }));
  const direction = sort.descending ? -1 : 1;
  rows.sort((a, b) => {
    if (a.value === null || b.value === null) return rank(a.value) - rank(b.value) || compare(a.flow.id, b.flow.id);
    return direction * compare(a.value, b.value) || compare(a.flow.id, b.flow.id);
  });
  return rows.map((row) => row.flow);
}

function rank(value: number | string | null): number {
  return value === null ? 1 : 0;
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  // Addresses sort as people count: 10.0.0.9 before 10.0.0.10.
  return NATURAL_ORDER.compare(String(a), String(b));
}

const NATURAL_ORDER = new Intl.Collator('en', { numeric: true });

/** The same flows in the order of `heldIds`, new ones after it: rows must not move under the pointer. */
export function holdOrder(flows: readonly Flow[], heldIds: readonly string[]): readonly Flow[] {
  const place = new Map(heldIds.map((id, index) => [id, index]));
  const placeOf = (flow: Flow): number => place.get(flow.id) ?? heldIds.length;
  return [...flows].sort((a, b) => placeOf(a) - placeOf(b));
}
